"""Lines that are wider than the pane, such as code: the part of one that is seen, and scrolling."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.book import Book, Position
from studybuddy.ui.transcript.lines import NOT_COPIED, Line
from studybuddy.ui.transcript.wrap import cells, is_simple

MORE_LEFT, MORE_RIGHT = "‹", "›"
"""Stand at the edges where a line goes on."""
STEP = 12
"""Cells that a key scrolls by; the wheel does a third of it."""


class Slide(NamedTuple):
    """What is scrolled sideways together: the code blocks are one by one."""

    message_id: str
    part: int
    code: int
    """Its number in the part; -1 for what is no code."""


class Slides:
    """How far each block is scrolled sideways, in cells; those at rest are not in it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._shifts: dict[Slide, int] = {}

    def of(self, position: Position, line: Line) -> int:
        """Return how far the block of a line is scrolled."""
        if line.slide < 0 or not self._shifts:
            return 0
        return self._shifts.get(self._slide(position, line), 0)

    def move(self, places: list[tuple[Position, Line]], by: int) -> bool:
        """Scroll the blocks of these lines; return whether any is somewhere else now."""
        moved = False
        for slide, position in {self._slide(at, line): at for at, line in places}.items():
            before = self._shifts.get(slide, 0)
            after = min(max(before + by, 0), self._most(slide, position))
            if after:
                self._shifts[slide] = after
            else:
                self._shifts.pop(slide, None)
            moved = moved or after != before
        return moved

    def clear(self) -> None:
        """Go back to the beginning everywhere: the width is another one now."""
        self._shifts.clear()

    def _slide(self, position: Position, line: Line) -> Slide:
        return Slide(self._book.messages[position.item].id, position.part, line.code)

    def _most(self, slide: Slide, position: Position) -> int:
        lines = self._book.layout(position.item, position.part).lines
        widths = [line.width for line in lines if line.slide >= 0 and line.code == slide.code]
        return max(0, max(widths, default=0) - self._book.look.width)


def slid(line: Line, width: int, shift: int, mark: Style) -> Line:
    """Return what is seen of a line in `width` cells where it is scrolled by `shift`.

    Its edges are marked where it goes on behind them.
    """
    if line.slide < 0 or (not shift and line.width <= width):
        return line
    fixed = line.slide
    # What fills the line up is no text that one could scroll to.
    end = line.width - cells(line.segments[-1].text)
    left = shift > 0 and end > fixed
    right = end - shift > width - 1
    begin = fixed + shift
    stop = width - right + shift
    segments: list[Segment] = []
    offsets: list[int] = []

    def add(text: str, style: Style | None, offset: int = NOT_COPIED) -> None:
        if text:
            segments.append(Segment(text, style))
            offsets.append(offset)

    at = 0
    for segment, offset in zip(line.segments, line.offsets, strict=True):
        text, style, _ = segment
        size = cells(text)
        if at < fixed:
            marked = left and at + size == fixed
            add(text[:-1] + MORE_LEFT if marked else text, mark if marked else style)
        elif at + size > begin and at < stop:
            pad, skipped, part, rest = _part(text, begin - at, stop - at)
            add(" " * pad, style)
            add(part, style, offset if offset < 0 else offset + skipped)
            add(" " * rest, style)
        at += size
    if right:
        add(MORE_RIGHT, mark)
    used = sum([cells(segment.text) for segment in segments])
    if used < width:
        add(" " * (width - used), line.segments[-1].style)
    return Line(segments, offsets, width, line.at, line.code, line.slide)


def _part(text: str, begin: int, stop: int) -> tuple[int, int, str, int]:
    """Return what of `text` lies between two cells: blanks for half a character before it, the
    characters left out, the characters, and blanks for half of one behind it."""
    begin = max(0, begin)
    if is_simple(text):
        return 0, begin, text[begin:stop], 0
    found, total = split_graphemes(text)
    stop = min(stop, total)
    at = 0
    first: int | None = None
    start = last = begin
    end = 0
    for start_at, end_at, size in found:
        if at >= begin and at + size <= stop:
            if first is None:
                first, start = start_at, at
            end, last = end_at, at + size
        at += size
    if first is None:
        return stop - begin, 0, "", 0
    return start - begin, first, text[first:end], stop - last
