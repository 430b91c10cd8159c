"""A document for long drafts: a key press looks at what it changes, not at the whole text.

Textual's own joins the whole text to see whether it is empty, sums over all lines for its height,
and wraps the whole line anew for each key that is typed into it; a pasted line may have half a
million characters. What still grows with the text, slowly: copying and comparing it, the list of a
line's breaks, and the places of the lines above the screen where they are not known yet. And
behind a change breaks are looked for until they are where they were: in prose for a few lines of
the screen, but to the end of a word that is longer than the screen (Japanese without blanks), and
of a line that has the same sentence over and over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, cast, overload

from rich.cells import cell_len
from textual._cells import cell_width_to_column_index
from textual._wrap import compute_wrap_offsets
from textual.document._document import Document, DocumentBase, EditResult, Location
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import expand_tabs_inline, get_tab_widths
from textual.geometry import Offset

from studybuddy.domain.common_ends import common_end, common_start
from studybuddy.ui.widgets.line_breaks import NARROWEST, Known, LineBreaks

LONG = 500
"""Characters from which on a line is wrapped only where it changed."""
T = TypeVar("T")
_AHEAD = 256
"""Lines whose places are found at once."""


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

    def __init__(self, document: DocumentBase, width: int = 0, tab_width: int = 4) -> None:
        self._seen: list[str] = []  # the lines as they were wrapped
        self._above = [0]  # breaks above each line, as far as known
        self._height = 0
        super().__init__(document, width, tab_width)

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap all of it, for a width in cells; 0 wraps nothing."""
        self._width = width
        self._tab_width = tab_width or self._tab_width
        self._breaks = LineBreaks(width, self._tab_width)
        self._seen = list(self.document.lines)
        self._wrap_offsets = [self._wrapped(line) for line in self._seen]
        self._height = len(self._seen) + sum(map(len, self._wrap_offsets))
        self._above = [0]
        self._offset_to_line_info = cast(
            "list[tuple[int, int]]", _Lazy(lambda: self._height, self._info)
        )
        self._line_index_to_offsets = cast(
            "list[list[int]]", _Lazy(lambda: len(self._wrap_offsets), self._offsets)
        )

    def _wrapped(self, line: str) -> list[int]:
        width = self._width
        if not width or (len(line) <= width and line.isascii() and "\t" not in line):
            return []
        if width >= max(NARROWEST, self._tab_width) and (len(line) >= LONG or "\t" not in line):
            return self._breaks.of(line)
        tabs = get_tab_widths(line, self._tab_width)
        return compute_wrap_offsets(line, width, self._tab_width, precomputed_tab_sections=tabs)

    def _is_long(self, line: str) -> bool:
        return len(line) >= LONG and self._width >= max(NARROWEST, self._tab_width)

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap again what an edit changed, or several in lines of the same number.

        For several, undone or redone at once, Textual gives the largest of the ends that each
        had: the lines themselves tell what is the same in them.
        """
        seen, lines = self._seen, self.document.lines
        more = len(lines) - len(seen)
        top = max(0, min(start[0], old_end[0], len(seen) - 1, len(lines) - 1))
        bottom = max(top, top - more, min(max(old_end[0], new_end[0] - more), len(seen) - 1))
        old, new = seen[top : bottom + 1], lines[top : bottom + 1 + more]
        breaks = self._again(old, self._wrap_offsets[top : bottom + 1], new)
        before = sum(map(len, self._wrap_offsets[top : bottom + 1]))
        self._height += more + sum(map(len, breaks)) - before
        self._wrap_offsets[top : bottom + 1] = breaks
        seen[top : bottom + 1] = new
        del self._above[top + 1 :]

    def _again(self, old: list[str], breaks: list[list[int]], new: list[str]) -> list[list[int]]:
        """Where lines break that were others; what was long helps to find it."""
        result: list[list[int]] = []
        for at, line in enumerate(new):
            before, after = Known((), 0, 0), Known((), 0, 0)
            if self._is_long(line) and at == 0 and self._is_long(old[0]):
                before = Known(breaks[0], common_start(old[0], line), len(old[0]))
            if self._is_long(line) and at == len(new) - 1 and self._is_long(old[-1]):
                most = min(len(line) - before.same, len(old[-1]))
                if len(old) == 1:
                    most = min(most, len(old[0]) - before.same)
                after = Known(breaks[-1], common_end(old[-1], line, most), len(old[-1]))
            if before.same or after.same:
                result.append(self._breaks.changed(line, before, after))
            else:
                result.append(self._wrapped(line))
        return result

    # Places on the screen

    @property
    def height(self) -> int:
        """Lines on the screen."""
        return self._height

    def top(self, row: int) -> int:
        """The line on the screen on which a line of the text begins."""
        self._know(row)
        return self._above[row] + row

    def _know(self, row: int) -> None:
        known = len(self._above) - 1
        if row > known:
            counts = map(len, self._wrap_offsets[known : row + _AHEAD])
            self._above[known:] = accumulate(counts, initial=self._above[known])

    def _info(self, place: int) -> tuple[int, int]:
        """Which line of the text a line on the screen is of, and which part of it."""
        rows = len(self._wrap_offsets)
        while (known := len(self._above) - 1) < rows and self._above[known] + known <= place:
            self._know(min(rows, 2 * known + _AHEAD))
        above = self._above
        row = bisect_right(range(min(len(above), rows)), place, key=lambda r: above[r] + r) - 1
        return row, place - above[row] - row

    def _offsets(self, row: int) -> list[int]:
        top = self.top(row)
        return list(range(top, top + len(self._wrap_offsets[row]) + 1))

    def line_at(self, place: int) -> tuple[int, int]:
        """Which line of the text a line on the screen is of, and which part of it."""
        return self._offset_to_line_info[place]

    def get_sections(self, line_index: int) -> list[str]:
        """The parts of a line that are lines on the screen."""
        line = self.document[line_index]
        offsets = self._wrap_offsets[line_index]
        return [line[a:b] for a, b in zip([0, *offsets], [*offsets, len(line)], strict=True)]

    def section(self, line_index: int, number: int) -> tuple[int, int]:
        """Where a part of a line that is a line on the screen begins, and where it ends."""
        offsets = self._wrap_offsets[line_index]
        start = offsets[number - 1] if number else 0
        return start, offsets[number] if number < len(offsets) else len(self.document[line_index])

    def get_tab_widths(self, line_index: int) -> list[int]:
        """The widths of a line's tabs, and 0 for what is behind the last."""
        return [width for _, width in get_tab_widths(self.document[line_index], self._tab_width)]

    def location_to_offset(self, location: Location) -> Offset:
        """Where on the screen a place in the text is."""
        row, column = location
        row = max(0, min(row, len(self._wrap_offsets) - 1))
        number = bisect_right(self._wrap_offsets[row], column)
        start, _ = self.section(row, number)
        before = expand_tabs_inline(self.document[row][start:column], self._tab_width)
        return Offset(cell_len(before), self.top(row) + number)

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        """Which character of a line is at a cell of one of its parts."""
        last = len(self._wrap_offsets[line_index])
        number = y_offset if y_offset >= 0 else last + 1 + y_offset
        start, end = self.section(line_index, number)
        part = self.document[line_index][start:end]
        column = start + cell_width_to_column_index(part, x_offset, self._tab_width)
        return column if number == last else min(column, end - 1)


class _Lazy(Sequence[T]):
    """A list whose items are made when they are asked for."""

    def __init__(self, length: Callable[[], int], item: Callable[[int], T]) -> None:
        self._length = length
        self._item = item

    def __len__(self) -> int:
        return self._length()

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._item(at) for at in range(*index.indices(len(self)))]
        at = index if index >= 0 else len(self) + index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._item(at)

    def __iter__(self) -> Iterator[T]:
        return map(self._item, range(len(self)))
