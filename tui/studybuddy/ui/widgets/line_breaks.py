"""Where a line of a text breaks on the screen, as Textual breaks it; after a change, only there.

A word (with the blanks behind it) goes to the next line of the screen where it does not fit, and
one that is wider than the screen is folded. So a break depends on what follows it only up to the
end of the word there, and inside a folded word on nothing that follows; and from one break on,
the same text breaks the same way.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

NARROWEST = 8
"""Cells from which on a screen is wide enough: less than a tab or one character may not fit."""
_CHUNK = re.compile(r"\S+\s*|\s+")
NARROW = (
    "!-~¡-¬®-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f\u05d0-\u05ea\u0620-\u064a"
    "\u2010-\u2027\u20ac\u2190-\u21ff\u2200-\u22ff\u2500-\u25fc"
)
"""Characters of one cell that are no blanks, as in a set of a regular expression."""
WIDE = (
    "\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff60"
)
"""Characters of two cells."""


# Expressions that are slow to be compiled, each when it is first needed: a key waits for it.


@cache
def _runs() -> re.Pattern[str]:
    """Runs of one width."""
    return re.compile(f"([ {NARROW}]+)|([{WIDE}]+)|([^ {NARROW}{WIDE}]+)")


@cache
def _narrow() -> re.Pattern[str]:
    """Texts of one cell a character."""
    return re.compile(f"[ {NARROW}]+")


@cache
def _parts() -> re.Pattern[str]:
    """Parts of a word."""
    return re.compile(
        rf"([{NARROW}]{{1,4096}})|([{WIDE}]{{1,4096}})|([^\s{NARROW}{WIDE}]{{1,4096}})|(\s)"
    )


class Known(NamedTuple):
    """The breaks of a line that was, and how much of it is in the one that is."""

    breaks: Sequence[int]
    same: int
    """Characters that are the same, at its beginning or at its end."""
    length: int


class LineBreaks:
    """Breaks lines for a screen of a width, in cells; a tab goes to the next multiple of its own.

    In one thing it is not as Textual: a tab in a folded word is as wide as it is drawn, where
    Textual takes the width of another tab.
    """

    def __init__(self, width: int, tab_width: int) -> None:
        self._width = width
        self._tab_width = tab_width

    def of(self, line: str) -> list[int]:
        """Where a line breaks."""
        return [place for group in self._from(line, 0) for place in group]

    def changed(self, line: str, before: Known, after: Known) -> list[int]:
        """Where a line breaks that begins as one line did, and ends as one (the same or another).

        The two parts must not overlap in the line.
        """
        new_end = len(line) - after.same
        found = self._again(line, before.breaks, before.same, after, new_end)
        tab = line.find("\t", new_end)
        if tab < 0:
            return found
        # The first tab behind a change has another width now; those behind it have not.
        behind = Known(found, len(line) - tab - 1, len(line))
        return self._again(line, found, tab, behind, tab + 1)

    def _again(
        self, line: str, before: Sequence[int], start: int, after: Known, new_end: int
    ) -> list[int]:
        shift = len(line) - after.length
        kept = self._kept(line, before, start)
        found = list(before[:kept])
        for group in self._from(line, found[-1] if found else 0):
            found.extend(group)
            if found[-1] <= new_end:
                continue
            same = bisect_left(after.breaks, found[-1] - shift)
            if same < len(after.breaks) and after.breaks[same] == found[-1] - shift:
                behind = after.breaks[same + 1 :]
                found.extend([place + shift for place in behind] if shift else behind)
                return found
        return found

    def _kept(self, line: str, breaks: Sequence[int], start: int) -> int:
        """How many breaks stay if what changed begins at `start`: the last one is to go on from."""
        kept = bisect_left(breaks, start)
        if not kept:
            return 0
        first = kept - 1
        while first >= 0 and not _begins_word(line, breaks[first]):
            first -= 1
        if first == kept - 1:
            return first  # the word there may be what changed, and fit in front of the break
        word = breaks[first] if first >= 0 else 0
        stays_wide = self._cells(line, word, self._some(line, word)) > self._width
        return kept if stays_wide else max(0, first)

    def _some(self, line: str, word: int) -> int:
        """A place in a word, or its end, so far behind its beginning that it is too wide."""
        most = 4 * self._width
        at = word
        end = min(len(line), word + most)
        blank = line[at].isspace() if at < len(line) else False
        while at < end:
            now = line[at].isspace()
            if blank and not now:
                break
            blank = now
            at += 1
        return at

    def _from(self, line: str, base: int) -> Iterator[Sequence[int]]:
        """Yield the breaks behind one, or behind the beginning, in groups that are not empty."""
        width = self._width
        at, used = base, 0
        begin = at  # of the line on the screen
        if base and not _begins_word(line, base):
            at, used = yield from self._fold(line, base)
        while at < len(line):
            if at == begin:
                ahead = line[at : at + width + 1]
                if _is_narrow(ahead):
                    if len(ahead) <= width:
                        return
                    if place := _last_word(ahead):
                        at = begin = at + place
                        yield (at,)
                        continue
            chunk = _CHUNK.match(line, at)
            assert chunk is not None
            text = chunk[0]
            if len(text) <= width and "\t" not in text:
                wide = cell_len(text)
            else:
                wide = self._chunk_cells(line, at, chunk.end())
            if used + wide <= width:
                used += wide
                at = chunk.end()
                continue
            if at > begin:
                yield (at,)
                begin = at
                used = 0
            if wide > width:
                at, used = yield from self._fold(line, at)

    def _fold(self, line: str, at: int) -> Generator[Sequence[int], None, tuple[int, int]]:
        """Yield the breaks in a word from one on; return its end and the cells of its last line."""
        width = self._width
        total, last = 0, at
        blank = at > 0 and line[at - 1].isspace() and not _begins_word(line, at)
        end = len(line)
        for run in _parts().finditer(line, at):
            start, stop = run.span()
            kind = run.lastindex
            if kind == 4:
                blank = True
                tab = line[start] == "\t"
                cells = self._tab(line, start) if tab else get_character_cell_size(line[start])
                total += cells
                if total > width:
                    yield (start,)
                    last, total = start, cells
                continue
            if blank:
                end = start
                break
            places: Sequence[int]
            if kind == 3:
                places, total = _divided(run[0], start, total, width)
            else:
                cells = kind or 1
                places = range(start + (width - total) // cells, stop, width // cells)
                total = (stop - places[-1]) * cells if places else total + (stop - start) * cells
            if places:
                yield places
                last = places[-1]
        return end, self._cells(line, last, end)

    def _chunk_cells(self, line: str, start: int, end: int) -> int:
        """Cells of a word; of one that is too wide, some number that is too."""
        if end - start > 4 * self._width:  # Rich never measures less if there is more
            cells = cell_len(line[start : start + 4 * self._width])
            if cells > self._width:
                return cells
        return self._cells(line, start, end)

    def _cells(self, line: str, start: int, end: int) -> int:
        cells = _length(line[start:end])
        tab = line.find("\t", start, end)
        while tab >= 0:
            cells += self._tab(line, tab)
            tab = line.find("\t", tab + 1, end)
        return cells

    def _tab(self, line: str, place: int) -> int:
        return tab_cells(line, place, self._tab_width)


def _is_narrow(text: str) -> bool:
    """Whether each character of a text that is not empty has one cell, and none is a tab."""
    if text.isascii():
        return text.isprintable()
    return _narrow().fullmatch(text) is not None


def _length(text: str) -> int:
    """Cells of a text as Rich measures it, sooner where it is long."""
    if len(text) < 512 or "\u200d" in text or "\ufe0f" in text:
        return cell_len(text)
    cells = 0
    for run in _runs().finditer(text):
        if run.lastindex in (1, 2):
            cells += (run.end() - run.start()) * run.lastindex
        else:
            cells += sum(map(get_character_cell_size, run[0]))
    return cells


def _divided(text: str, start: int, total: int, width: int) -> tuple[list[int], int]:
    """Divide characters of any width; return the places and the cells of the last part.

    They begin at `start`, and behind `total` cells.
    """
    sums = list(accumulate(map(get_character_cell_size, text), initial=0))
    places = []
    base = -total
    while (over := bisect_right(sums, base + width)) < len(sums):
        places.append(start + over - 1)
        base = sums[over - 1]
    return places, sums[-1] - base


def tab_cells(line: str, place: int, tab_width: int) -> int:
    """How wide the tab at a place of a line is: it depends on what is behind the one before."""
    text = line[line.rfind("\t", 0, place) + 1 : place]
    return tab_width - _length(text) % tab_width


def _last_word(ahead: str) -> int:
    """Where the last word begins in a text that is one character too long; 0 for only one."""
    return (ahead if ahead[-1] != " " else ahead.rstrip(" ")).rfind(" ") + 1


def _begins_word(line: str, place: int) -> bool:
    return not line[place].isspace() and line[place - 1].isspace()
