"""Laying out tables, also while they are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.blocks import Align, Table
from studybuddy.ui.transcript.columns import fit, natural, text_of, with_slack, word
from studybuddy.ui.transcript.lines import NOT_COPIED, Line, cut
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.spans import Spans
from studybuddy.ui.transcript.wrap import measurable, wrap

MEASURED = 100
"""Rows that decide how wide the columns are, the header not counted. In a longer table the rest
wraps in them: so a long one can be written, and drawn part by part, without measuring it all."""
_BETWEEN, _SPOKEN_BETWEEN = " │ ", " | "
_INDENT = 2
"""Cells before the further lines of a cell where rows are told one cell below the other."""

Row = tuple[Spans, ...]


class TableLayout:
    """The lines of one table; rows that did not change keep their lines."""

    def __init__(self, palette: Palette, base: Style, width: int, at: int) -> None:
        """`at` is where its copy text begins, `width` what it may take in cells."""
        self.at = at
        self._palette = palette
        self._base = base
        self._width = width
        self._rows: list[Row] = []  # the header first, where it is drawn
        self._measured: list[Row] = []
        self._naturals: list[int] = []
        self._words: list[int] = []
        self._widths: list[int] = []
        self._ruled = False
        self._drawn: list[list[Line]] = []
        self._starts: list[int] = []
        self._texts: list[str] = []
        self.copy = ""
        """Its text as it is copied: cells between tabs, rows between line feeds."""

    def update(self, table: Table) -> list[Line]:
        """Return the lines for `table`."""
        rows = list(table.rows) if table.above else [table.header, *table.rows]
        self._measure(table)
        gaps = max(0, len(self._naturals) - 1)
        room = self._width - len(_BETWEEN) * gaps
        widths = fit(self._naturals, self._words, room)
        # Some cell takes more than one line.
        ruled = any(width < wanted for width, wanted in zip(widths, self._naturals, strict=False))
        if table.above or len(table.rows) >= MEASURED:
            widths = with_slack(widths, room)
        same = _same(rows, self._rows)
        del self._texts[same:]
        self._texts.extend(["\t".join([text_of(cell) for cell in row]) for row in rows[same:]])
        if (widths, ruled) != (self._widths, self._ruled):
            same = 0
            self._widths = widths
            self._ruled = ruled
        self._rows = rows
        del self._drawn[same:]
        del self._starts[same:]
        start = self._starts[-1] + len(self._texts[same - 1]) + 1 if same else self.at
        for index in range(same, len(rows)):
            self._starts.append(start)
            self._drawn.append(self._row(index, table, start))
            start += len(self._texts[index]) + 1
        self.copy = "\n".join(self._texts)
        return [line for lines in self._drawn for line in lines]

    def _measure(self, table: Table) -> None:
        measured = measured_rows(table)
        same = _same(measured, self._measured)
        if same < len(self._measured) or not self._measured:
            same = 0
            self._naturals = [1] * len(table.header)
            self._words = [1] * len(table.header)
        for row in measured[same:]:
            for column, cell in enumerate(row):
                self._naturals[column] = max(self._naturals[column], natural(cell))
                self._words[column] = max(self._words[column], word(cell))
        self._measured = measured

    def _row(self, index: int, table: Table, start: int) -> list[Line]:
        row = self._rows[index]
        is_header = index == 0 and not table.above
        if not self._widths:
            return self._told(row, table, start, first=index < 2 and not table.above)
        palette = self._palette
        base = palette.table_header if is_header else self._base
        columns: list[list[Line]] = []
        at = start
        for cell, width in zip(row, self._widths, strict=True):
            columns.append(_cell(palette, base, cell, width, at))
            at += len(text_of(cell)) + 1
        lines: list[Line] = []
        if self._ruled and not is_header and (index > 1 or table.above):
            lines.append(self._rule(start))
        between = Segment(_SPOKEN_BETWEEN if palette.spoken else _BETWEEN, palette.table_border)
        for number in range(max(map(len, columns))):
            line = Line([], [], 0, start)
            for column, (cells_of, width) in enumerate(zip(columns, self._widths, strict=True)):
                if column:
                    _add(line, between)
                last = column == len(columns) - 1
                part = cells_of[number] if number < len(cells_of) else None
                _add_cell(line, part, width, table.aligns[column], base, last)
            lines.append(line)
        if is_header:
            lines.append(self._rule(start))
        return lines

    def _rule(self, at: int) -> Line:
        text = "─┼─".join(["─" * width for width in self._widths])
        if self._palette.spoken:
            text = " " * len(text)
        return Line([Segment(text, self._palette.table_border)], [NOT_COPIED], len(text), at)

    def _told(self, row: Row, table: Table, start: int, *, first: bool) -> list[Line]:
        """Show a row of a table whose columns do not fit: each cell on lines of its own, behind
        the name of its column."""
        is_header = row is table.header
        lines = [] if first else [Line([], [], 0, start)]
        if is_header and table.rows:
            return lines
        at = start
        for name, cell in zip(table.header, row, strict=True):
            if cell:
                label = "" if is_header else f"{text_of(name)}: ".replace("\n", " ").lstrip(": ")
                lines.extend(self._told_cell(label, cell, at))
            at += len(text_of(cell)) + 1
        return lines

    def _told_cell(self, label: str, cell: Spans, at: int) -> list[Line]:
        palette = self._palette
        pieces = [label, *[measurable(span.text) for span in cell]]
        styles = [palette.marked(self._base, span.marks, span.url) for span in cell]
        indent = Segment(" " * _INDENT, self._base)
        lines: list[Line] = []
        for found in wrap(pieces, max(2, self._width - _INDENT)):
            line = cut(pieces, [palette.table_header, *styles], found, at - len(label))
            line.offsets = [offset if offset >= at else NOT_COPIED for offset in line.offsets]
            line.at = max(line.at, at)
            lines.append(line.behind(indent) if lines else line)
        return lines


def _same(new: Sequence[Row], old: Sequence[Row]) -> int:
    """Return how many rows at the beginning are the same."""
    same = 0
    for one, other in zip(new, old, strict=False):
        if one is not other and one != other:
            break
        same += 1
    return same


def measured_rows(table: Table) -> list[Row]:
    """Return the header and the rows by which the columns of a table are measured."""
    first = _first_part(table.above) if table.above else table
    return [first.header, *first.rows[:MEASURED]]


@lru_cache(maxsize=8)
def _first_part(source: str) -> Table:
    from studybuddy.ui.transcript.markdown import parse

    table = parse(source)[0]
    assert isinstance(table, Table)
    return table


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
