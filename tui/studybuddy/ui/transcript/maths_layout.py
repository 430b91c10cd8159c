"""Laying out formulas that stand by themselves."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.lines import NOT_COPIED, Line, Pen, cut
from studybuddy.ui.transcript.maths import drawing, in_line
from studybuddy.ui.transcript.maths_found import URL
from studybuddy.ui.transcript.spans import MATHS
from studybuddy.ui.transcript.wrap import cells, wrap

_INDENT = 2


class MathsLayout:
    """The lines of one formula; none where it can't be read."""

    def __init__(self, source: str, pen: Pen, base: Style, width: int) -> None:
        """Note it in one line, which is how it is copied; draw it in as many as it takes."""
        self.lines: list[Line] = []
        text = in_line(source)
        if text is None:
            return
        pen.note(pen.indent)
        at = pen.note(text)
        pen.note("\n")
        style = pen.palette.marked(base, MATHS, URL + source)
        room = max(4, width - _INDENT)
        indent = Segment(" " * (width - room), base)
        rows = None if pen.flat else drawing(source, room)
        if rows is None or rows == (text,):
            lines = [cut([text], [style], found, at) for found in wrap([text], room)]
        else:
            wide = max(map(cells, rows))
            padded = [row + " " * (wide - cells(row)) for row in rows]  # marked as one block
            lines = [Line([Segment(row, style)], [NOT_COPIED], wide, at) for row in padded]
        self.lines = [line.behind(indent) for line in lines]
