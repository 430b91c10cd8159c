"""Blocks -> lines of a width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.blocks import (
    Block,
    Code,
    Figure,
    Heading,
    Item,
    Maths,
    Paragraph,
    Plain,
    Quote,
    Rule,
    Table,
)
from studybuddy.ui.transcript.code import CodeLayout
from studybuddy.ui.transcript.lines import NOT_COPIED, Layout, Line, Pen, blank, cut
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.spans import ADDRESS, MATHS, PICTURE, Span, Spans
from studybuddy.ui.transcript.tables import TableLayout
from studybuddy.ui.transcript.wrap import cells, measurable, wrap

NARROWEST = 12
"""Cells below which nested blocks are no longer indented."""
_RULE_LENGTH = 24
_SPOKEN_MARKERS = {**dict.fromkeys("•◦▪", "-"), "☐": "[ ]", "☑": "[x]"}
"""What a screen reader says for the marks of items."""


def lay_out(
    blocks: Iterable[Block],
    width: int,
    palette: Palette,
    *,
    user: bool = False,
    wrap_code: bool = False,
    flat: bool = False,
) -> Layout:
    """Return the lines of a section, none but code wider than `width` cells (at least 4).

    `user` draws in the student's own style; with `wrap_code` no line of code is wider either;
    `flat` draws no pictures, and formulas in one line.
    """
    pen = Pen(palette, wrap_code=wrap_code, flat=flat)
    painter = Painter(pen, user=user)
    lines = [line for block in blocks for line in painter.block(block, width)]
    return Layout(lines, pen.copy(), pen.codes)


class Painter:
    """Draws blocks with a pen."""

    def __init__(self, pen: Pen, *, user: bool = False) -> None:
        self._pen = pen
        self._palette = pen.palette
        self._base = pen.palette.user if user else pen.palette.text

    def block(self, block: Block, width: int) -> list[Line]:
        """Return the lines of `block`, with a blank one before it where it wants a gap."""
        return self._flow([block], width, self._base)

    def without_gap(self, block: Block, width: int) -> list[Line]:
        """Return the lines of `block` alone."""
        return self._drawn(block, width, self._base)

    def _drawn(self, block: Block, width: int, base: Style) -> list[Line]:
        match block:
            case Paragraph():
                return self._spans(block.spans, width, base)
            case Plain():
                return self._plain(block.text, width, base)
            case Heading():
                return self._heading(block, width)
            case Code():
                return self._code(block, width)
            case Table():
                return self._table(block, width, base)
            case Item():
                return self._item(block, width, base)
            case Quote():
                return self._quote(block, width)
            case Maths():
                return self._maths(block, width, base)
            case Figure():
                return self._figure(block, width, base)
            case Rule():
                return [self._rule(width)]

    def _flow(self, blocks: Iterable[Block], width: int, base: Style) -> list[Line]:
        lines: list[Line] = []
        for block in blocks:
            if block.gap:
                lines.append(blank(self._pen.note("\n")))
            lines.extend(self._drawn(block, width, base))
        return lines

    def _spans(self, spans: Spans, width: int, base: Style) -> list[Line]:
        pieces = [measurable(span.text) for span in spans]
        styles = [self._palette.marked(base, span.marks, span.url) for span in spans]
        return self._wrapped(pieces, styles, width)

    def _plain(self, text: str, width: int, base: Style) -> list[Line]:
        return self._wrapped([measurable(text.expandtabs(4))], [base], width)

    def _wrapped(self, pieces: list[str], styles: list[Style], width: int) -> list[Line]:
        pen = self._pen
        if not pieces:
            return [blank(pen.note(pen.indent + "\n"))]
        pen.note(pen.indent)
        at = pen.length
        pen.note("".join(pieces))
        pen.note("\n")
        return [cut(pieces, styles, found, at) for found in wrap(pieces, width)]

    def _heading(self, heading: Heading, width: int) -> list[Line]:
        palette = self._palette
        return self._spans(
            heading.spans, width, palette.heading if heading.level < 3 else palette.subheading
        )

    def _code(self, block: Code, width: int) -> list[Line]:
        pen = self._pen
        at, number, wraps = pen.length, len(pen.codes), pen.wrap_code
        code = CodeLayout(block.language, self._palette, width, at, number, wrap_all=wraps)
        lines = code.update(block.text)
        pen.codes.append(block.text)
        pen.note(code.copy)
        pen.note("\n")
        return lines

    def _table(self, block: Table, width: int, base: Style) -> list[Line]:
        pen = self._pen
        table = TableLayout(self._palette, base, width, pen.length)
        lines = table.update(block)
        pen.note(table.copy)
        pen.note("\n")
        return lines

    def _maths(self, block: Maths, width: int, base: Style) -> list[Line]:
        if not block.source:  # still being written
            return self._plain(block.markup, width, self._palette.marked(base, MATHS, ""))
        from studybuddy.ui.transcript.maths_layout import MathsLayout

        found = MathsLayout(block.source, self._pen, base, width)
        if found.lines:
            return found.lines
        if block.language:
            return self._code(Code(block.language, block.markup), width)
        return self._plain(block.markup, width, base)

    def _figure(self, block: Figure, width: int, base: Style) -> list[Line]:
        found = None
        if not self._pen.flat:
            from studybuddy.ui.transcript.pictures import drawn

            found = drawn(block.source, width)
        if found is None:
            return self._spans(block.label, width, base)
        at = self._pen.length
        lines = [Line(list(row), [NOT_COPIED] * len(row), _width(row), at) for row in found.rows]
        told = f"{block.alt}: {found.caption}" if block.alt else found.caption
        return [*lines, *self._spans((Span(told, ADDRESS, PICTURE + block.source),), width, base)]

    def _item(self, item: Item, width: int, base: Style) -> list[Line]:
        pen = self._pen
        marker = item.marker + " "
        if self._palette.spoken:
            marker = _SPOKEN_MARKERS.get(item.marker, item.marker) + " "
        room = cells(marker)
        outer = pen.indent
        at = pen.note(outer) + len(outer)
        pen.note(marker)
        if width - room < NARROWEST:
            room = 0
        # The first line of the first block follows the marker, so it brings no indent of its own.
        pen.indent = ""
        lines = self._flow(item.blocks[:1], width - room, base)
        pen.indent = outer + " " * len(marker)
        if item.blocks:
            lines.extend(self._flow(item.blocks[1:], width - room, base))
        else:
            pen.note("\n")
            lines.append(blank(pen.length - 1))
        pen.indent = outer
        first = Segment(marker, self._palette.marker)
        if not room:
            return [Line([first], [at], cells(marker), at), *lines]
        rest = Segment(" " * room, base)
        return [lines[0].behind(first, at), *[line.behind(rest) for line in lines[1:]]]

    def _quote(self, quote: Quote, width: int) -> list[Line]:
        narrow = width - 2 < NARROWEST
        lines = self._flow(quote.blocks, width if narrow else width - 2, self._palette.quote)
        if not lines:
            lines = [blank(self._pen.note("\n"))]
        if narrow:
            return lines
        bar = Segment("> " if self._palette.spoken else "▌ ", self._palette.quote_bar)
        return [line.behind(bar) for line in lines]

    def _rule(self, width: int) -> Line:
        text = "---" if self._palette.spoken else "─" * min(width, _RULE_LENGTH)
        at = self._pen.note("───\n")
        return Line([Segment(text, self._palette.rule)], [-1], len(text), at)


def _width(row: Sequence[Segment]) -> int:
    return sum([len(segment.text) for segment in row])
