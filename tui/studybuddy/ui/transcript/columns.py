"""How wide the columns of a table are."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from studybuddy.ui.transcript.spans import Spans
from studybuddy.ui.transcript.wrap import cells, is_simple, measurable

_LONG_WORD = 12
"""Cells from which on a word may be broken."""
_WIDE_WORD = 6
"""Cells that a word takes which may be broken anywhere, such as a Chinese one."""


def text_of(cell: Spans) -> str:
    """Return what a cell says."""
    return "".join([measurable(span.text) for span in cell])


def natural(cell: Spans) -> int:
    """Return how many cells of the terminal a table's cell takes where there is room."""
    if not cell:
        return 0
    if len(cell) == 1 and "\n" not in cell[0].text:
        return cells(measurable(cell[0].text))
    pieces = [measurable(span.text) for span in cell]
    if not any("\n" in piece for piece in pieces):
        return sum(map(cells, pieces))
    return max(map(cells, "".join(pieces).split("\n")))


def word(cell: Spans) -> int:
    """Return how many it takes so that none of its words is broken but a very long one."""
    widest = 0
    for part in text_of(cell).split():
        length = len(part) if is_simple(part) else min(cells(part), _WIDE_WORD)
        widest = max(widest, length)
    return min(widest, _LONG_WORD)


def fit(naturals: Sequence[int], words: Sequence[int], room: int) -> list[int]:
    """Return widths for columns that together take at most `room` cells.

    The widest columns shrink first, none below its longest word. Empty where there is not even
    room for those.
    """
    if sum(naturals) <= room:
        return list(naturals)
    if sum(words) > room:
        return []

    def at_level(level: int) -> list[int]:
        return [min(n, max(w, level)) for n, w in zip(naturals, words, strict=True)]

    level = bisect(range(max(naturals)), room, key=lambda number: sum(at_level(number))) - 1
    widths = at_level(level)
    left = room - sum(widths)
    for column, width in enumerate(widths):
        if left and level == width < naturals[column]:
            widths[column] += 1
            left -= 1
    return widths


def with_slack(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths with some of the room that is left, for rows that were not measured."""
    left = room - sum(widths)
    if left <= 0 or not widths:
        return list(widths)
    share = left // len(widths)
    return [width + min(share, max(4, width // 2)) for width in widths]
