"""Laying out tables, also while they are written."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.blocks import Align, Spans, Table
from studybuddy.ui.transcript.lines import NOT_COPIED, Line, cut
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.wrap import cells, measurable, wrap

_BETWEEN = " │ "
_NARROWEST = 3
"""Cells of a column below which the table is told row by row instead."""

Row = tuple[Spans, ...]


class TableLayout:
    """The lines of one table; rows that did not change keep their lines."""

    def __init__(self, palette: Palette, base: Style, width: int, at: int) -> None:
        """`at` is where its copy text begins, `width` what it may take in cells."""
        self.at = at
        self._palette = palette
        self._base = base
        self._width = width
        self._rows: list[Row] = []  # the header first
        self._naturals: list[list[int]] = []
        self._widest: list[int] = []
        self._widths: list[int] = []
        self._ruled = False
        self._drawn: list[list[Line]] = []
        self.copy = ""
        """Its text as it is copied: cells between tabs, rows between line feeds."""

    def update(self, table: Table) -> list[Line]:
        """Return the lines for `table`."""
        rows = [table.header, *table.rows]
        same = 0
        for new, old in zip(rows, self._rows, strict=False):
            if new is not old and new != old:
                break
            same += 1
        self._measure(rows, same)
        widths = fit(self._widest, self._width - len(_BETWEEN) * (len(self._widest) - 1))
        ruled = widths != self._widest  # some cell takes more than one line
        if widths != self._widths or ruled != self._ruled:
            same = 0
            self._widths = widths
            self._ruled = ruled
        self._rows = rows
        del self._drawn[same:]
        texts = ["\t".join([_text_of(cell) for cell in row]) for row in rows]
        start = self.at + sum([len(text) + 1 for text in texts[:same]])
        for index in range(same, len(rows)):
            self._drawn.append(self._row(index, table.aligns, start))
            start += len(texts[index]) + 1
        self.copy = "\n".join(texts)
        return [line for lines in self._drawn for line in lines]

    def _measure(self, rows: Sequence[Row], same: int) -> None:
        del self._naturals[same:]
        for row in rows[same:]:
            self._naturals.append([_natural(cell) for cell in row])
        self._widest = [max(1, *column) for column in zip(*self._naturals, strict=True)]

    def _row(self, index: int, aligns: Sequence[Align], start: int) -> list[Line]:
        row = self._rows[index]
        if not self._widths:
            return self._told(row, start)
        palette = self._palette
        base = palette.table_header if index == 0 else self._base
        columns: list[list[Line]] = []
        at = start
        for cell, width in zip(row, self._widths, strict=True):
            columns.append(_cell(palette, base, cell, width, at))
            at += len(_text_of(cell)) + 1
        lines: list[Line] = []
        between = Segment(_BETWEEN, palette.table_border)
        for number in range(max(map(len, columns))):
            line = Line([], [], 0, start)
            for column, (cells_of, width) in enumerate(zip(columns, self._widths, strict=True)):
                if column:
                    _add(line, between)
                last = column == len(columns) - 1
                part = cells_of[number] if number < len(cells_of) else None
                _add_cell(line, part, width, aligns[column], base, last)
            lines.append(line)
        if index == 0 or (self._ruled and index < len(self._rows) - 1):
            lines.append(self._rule(start))
        return lines

    def _rule(self, at: int) -> Line:
        text = "─┼─".join(["─" * width for width in self._widths])
        return Line([Segment(text, self._palette.table_border)], [NOT_COPIED], len(text), at)

    def _told(self, row: Row, start: int) -> list[Line]:
        """Show a row of a table with too many columns for the width as running text."""
        lines: list[Line] = []
        at = start
        for cell in row:
            lines.extend(_cell(self._palette, self._base, cell, max(2, self._width), at))
            at += len(_text_of(cell)) + 1
        lines.append(Line([], [], 0, start))
        return lines


def fit(naturals: Sequence[int], room: int) -> list[int]:
    """Return widths for columns of `naturals` cells that together take at most `room`.

    The widest columns shrink first. Empty where there is not even room for narrow columns.
    """
    widths = list(naturals)
    if sum(widths) <= room:
        return widths
    if room < sum([min(width, _NARROWEST) for width in widths]):
        return []
    left = room
    for position, column in enumerate(sorted(range(len(widths)), key=widths.__getitem__)):
        share = left // (len(widths) - position)
        widths[column] = min(widths[column], share)
        left -= widths[column]
    return widths


def _text_of(cell: Spans) -> str:
    return "".join([measurable(span.text) for span in cell])


def _natural(cell: Spans) -> int:
    if not cell:
        return 0
    if len(cell) == 1 and "\n" not in cell[0].text:
        return cells(measurable(cell[0].text))
    pieces = [measurable(span.text) for span in cell]
    if not any("\n" in piece for piece in pieces):
        return sum(map(cells, pieces))
    return max(map(cells, "".join(pieces).split("\n")))


def _cell(palette: Palette, base: Style, cell: Spans, width: int, at: int) -> list[Line]:
    pieces = [measurable(span.text) for span in cell]
    styles = [palette.marked(base, span.marks, span.url) for span in cell]
    if not pieces:
        return [Line([], [], 0, at)]
    return [cut(pieces, styles, found, at) for found in wrap(pieces, width)]


def _add(line: Line, segment: Segment) -> None:
    line.segments.append(segment)
    line.offsets.append(NOT_COPIED)
    line.width += len(segment.text)


def _add_cell(
    line: Line, part: Line | None, width: int, align: Align, base: Style, last: bool
) -> None:
    free = width - (part.width if part else 0)
    before = free if align == "right" else free // 2 if align == "center" else 0
    if before:
        _add(line, Segment(" " * before, base))
    if part:
        line.segments.extend(part.segments)
        line.offsets.extend(part.offsets)
        line.width += part.width
    if free > before and not last:
        _add(line, Segment(" " * (free - before), base))
