"""A document for long drafts: what a key press does in it does not grow with its length.

Textual's own joins the whole text to see whether it is empty, sums over all lines for its height,
and wraps the whole line anew for each key that is typed into it; a pasted line may have half a
million characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from textual._cells import cell_len
from textual._wrap import compute_wrap_offsets
from textual.document._document import Document, EditResult, Location
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import expand_tabs_inline
from textual.geometry import Offset

LONG = 2_000
"""Characters from which on a line is wrapped only where it changed."""
_LINES_ON = 40
"""Lines of the screen after a change in which breaks are mostly where they were again."""


class LongDocument(Document):
    """A document that keeps its text until it changes."""

    _text: str | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = super().text
        return self._text

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace a part of the text."""
        self._text = None
        return super().replace_range(start, end, text)


class LongWrappedDocument(WrappedDocument):
    """A wrapped document that looks at a change and at what is around it."""

    @property
    def height(self) -> int:
        """Lines on the screen."""
        return len(self._offset_to_line_info)

    def get_sections(self, line_index: int) -> list[str]:
        """The parts of a line that are lines on the screen."""
        line = self.document[line_index]
        offsets = self.get_offsets(line_index)
        return [line[a:b] for a, b in zip([0, *offsets], [*offsets, len(line)], strict=True)]

    def section(self, line_index: int, number: int) -> tuple[int, int]:
        """Where a part of a line that is a line on the screen begins, and where it ends."""
        offsets = self.get_offsets(line_index)
        start = offsets[number - 1] if number else 0
        return start, offsets[number] if number < len(offsets) else len(self.document[line_index])

    def location_to_offset(self, location: Location) -> Offset:
        """Where on the screen a place in the text is."""
        row, column = location
        row = max(0, min(row, len(self._line_index_to_offsets) - 1))
        number = bisect_right(self.get_offsets(row), column)
        start, _ = self.section(row, number)
        before = expand_tabs_inline(self.document[row][start:column], self._tab_width)
        return Offset(cell_len(before), self._line_index_to_offsets[row][number])

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap again what an edit changed."""
        row = start[0]
        long = row == old_end[0] == new_end[0] and row < len(self._wrap_offsets) and self._width
        if long and len(line := self.document[row]) >= LONG and "\t" not in line:
            offsets = self._rewrapped(line, row, start[1], old_end[1], new_end[1])
            self._place(row, offsets)
        else:
            super().wrap_range(start, old_end, new_end)

    def _rewrapped(self, line: str, row: int, start: int, old_end: int, new_end: int) -> list[int]:
        """Where a line breaks, of which [start:old_end] became [start:new_end].

        A break depends on the text behind it only up to the end of the word there. So those before
        the word that was changed stay; and from one behind it on, which is where it was, all are.
        """
        old = self._wrap_offsets[row]
        kept = bisect_left(old, _word_start(line, start)) - 1
        base = old[kept] if kept >= 0 else 0
        head = old[: kept + 1] if kept >= 0 else []
        shift = new_end - old_end
        stop = new_end
        while True:
            stop = min(len(line), max(new_end, stop) + _LINES_ON * self._width)
            piece = compute_wrap_offsets(line[base:stop], self._width, self._tab_width)
            breaks = [base + offset for offset in piece]
            if stop == len(line):
                return head + breaks
            for number, place in enumerate(breaks[:-2]):  # the last ones may be the cut's
                if place <= new_end:
                    continue
                same = bisect_left(old, place - shift)
                if same < len(old) and old[same] == place - shift:
                    return head + breaks[:number] + [offset + shift for offset in old[same:]]
            stop += stop - base  # twice as much, the next time

    def _place(self, row: int, offsets: list[int]) -> None:
        """Take over the breaks of a line, and move the lines below it up or down."""
        before, after = len(self._wrap_offsets[row]) + 1, len(offsets) + 1
        self._wrap_offsets[row] = offsets
        if before == after:
            return
        top = self._line_index_to_offsets[row][0]
        self._offset_to_line_info[top : top + before] = [(row, n) for n in range(after)]
        self._line_index_to_offsets[row] = list(range(top, top + after))
        for below in range(row + 1, len(self._line_index_to_offsets)):
            moved = [offset + after - before for offset in self._line_index_to_offsets[below]]
            self._line_index_to_offsets[below] = moved


def _word_start(line: str, place: int) -> int:
    """Where the word begins that a place is in, or behind."""
    while place > 0 and line[place - 1].isspace():
        place -= 1
    while place > 0 and not line[place - 1].isspace():
        place -= 1
    return place
