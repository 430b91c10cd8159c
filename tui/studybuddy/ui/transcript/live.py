"""The body of an answer while it is being written: parsed and laid out piece by piece."""

from __future__ import annotations

from typing import NamedTuple

from studybuddy.ui.transcript.blocks import Block, Code, Item, Table
from studybuddy.ui.transcript.code import CodeLayout
from studybuddy.ui.transcript.layout import Painter
from studybuddy.ui.transcript.lines import Layout, Line, Pen, blank
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.sections import Section
from studybuddy.ui.transcript.tables import TableLayout
from studybuddy.ui.transcript.tail import TailParser

SIZE = 8_000
"""Characters after which the finished beginning becomes a section of its own."""


class Sealed(NamedTuple):
    """A part of the answer that is finished."""

    section: Section
    layout: Layout


class Live:
    """Lays out a text that grows; lines that did not change stay the same objects."""

    def __init__(
        self, width: int, palette: Palette, *, wrap_code: bool = False, flat: bool = False
    ) -> None:
        """`wrap_code` says whether long lines of code are wrapped, and not scrolled; `flat`
        whether nothing is drawn that a screen reader could not say."""
        self._wrap_code = wrap_code
        self._flat = flat
        self._parser = TailParser()
        self._first = 0  # the first closed block of the part that is being written
        self._parts = 0  # finished before
        self._restart(width, palette)

    @property
    def text(self) -> str:
        """All text so far, harmless."""
        return self._parser.text

    @property
    def section(self) -> Section:
        """The source of what is being written."""
        starts = self._parser.starts
        start = starts[self._first] if self._first < len(starts) else 0
        return Section(self._parser.text[start:], self.lead, True)

    @property
    def lead(self) -> bool:
        """Whether a blank line stands before what is being written."""
        return self._parts > 0

    def relay(
        self, width: int, palette: Palette, *, wrap_code: bool = False, flat: bool = False
    ) -> None:
        """Begin the layout anew for another width or palette; what is sealed is left alone."""
        self._wrap_code = wrap_code
        self._flat = flat
        self._restart(width, palette)
        self._draw_closed()
        self._draw_open()

    def feed(self, raw: str) -> list[Sealed]:
        """Take more text, and return the parts that are finished with it."""
        self._parser.feed(raw)
        return self._draw()

    def close(self) -> list[Sealed]:
        """Take the end of the text; the last part stays in `section` and `layout`."""
        self._parser.close()
        return self._draw()

    def lines(self) -> list[Line]:
        """Return the lines of the part that is being written, as they look now."""
        return self._closed_lines + self._open_lines

    def layout(self) -> Layout:
        """Return the part that is being written, as it looks now."""
        return Layout(self.lines(), self._pen.copy(), list(self._pen.codes))

    def _restart(self, width: int, palette: Palette) -> None:
        self._width = width
        self._palette = palette
        self._pen = Pen(palette, wrap_code=self._wrap_code, flat=self._flat)
        self._painter = Painter(self._pen)
        self._mark = self._pen.mark()
        self._drawn = self._first
        self._closed_lines: list[Line] = [blank(0)] if self.lead else []
        self._open_lines: list[Line] = []
        self._code: CodeLayout | None = None
        self._table: TableLayout | None = None

    def _draw(self) -> list[Sealed]:
        before = self._open_lines
        count = len(self._closed_lines)
        sealed = self._draw_closed()
        self._draw_open()
        if not sealed:
            self._reuse(before, count)
        return sealed

    def _draw_closed(self) -> list[Sealed]:
        self._pen.back_to(self._mark)
        sealed: list[Sealed] = []
        closed = self._parser.closed
        while self._drawn < len(closed):
            block = closed[self._drawn]
            start = self._parser.starts[self._first]
            here = self._parser.starts[self._drawn]
            if block.gap and not isinstance(block, Item) and here - start >= SIZE:
                source = self._parser.text[start:here]
                section = Section(source, self.lead, True)
                layout = Layout(self._closed_lines, self._pen.copy(), self._pen.codes)
                sealed.append(Sealed(section, layout))
                self._parts += 1
                self._first = self._drawn
                self._restart(self._width, self._palette)
            self._closed_lines.extend(self._block(block, self._drawn, growing=False))
            self._code = self._table = None
            self._drawn += 1
        self._mark = self._pen.mark()
        return sealed

    def _draw_open(self) -> None:
        self._open_lines = []
        for number, block in enumerate(self._parser.open, self._drawn):
            growing = self._parser.code_grows
            self._open_lines.extend(self._block(block, number, growing=growing))

    def _block(self, block: Block, number: int, *, growing: bool) -> list[Line]:
        pen = self._pen
        lines: list[Line] = []
        if block.gap and number > self._first:
            lines.append(blank(pen.note("\n")))
        if isinstance(block, Code) and (growing or self._code):
            code = self._code
            if code is None or code.at != pen.length or code.language != block.language:
                width, codes, wraps = self._width, len(pen.codes), self._wrap_code
                code = CodeLayout(
                    block.language, self._palette, width, pen.length, codes, wrap_all=wraps
                )
            self._code = code
            lines.extend(code.update(block.text, growing=growing))
            pen.codes.append(block.text)
            pen.note(code.copy)
            pen.note("\n")
            return lines
        if isinstance(block, Table):
            table = self._table
            if table is None or table.at != pen.length:
                table = TableLayout(self._palette, self._palette.text, self._width, pen.length)
            self._table = table
            lines.extend(table.update(block))
            pen.note(table.copy)
            pen.note("\n")
            return lines
        lines.extend(self._painter.without_gap(block, self._width))
        return lines

    def _reuse(self, before: list[Line], count: int) -> None:
        """Put the lines that were there before in the place of equal ones."""
        new = len(self._closed_lines) - count
        for position, old in enumerate(before):
            if position < new:
                lines, index = self._closed_lines, count + position
            else:
                lines, index = self._open_lines, position - new
            if index >= len(lines):
                return
            line = lines[index]
            if line is not old and line.looks_like(old):
                lines[index] = old
