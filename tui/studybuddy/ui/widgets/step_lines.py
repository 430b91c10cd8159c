"""Drawing the outline of a run's steps: nodes -> lines of a width."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.code import CodeLayout
from studybuddy.ui.transcript.lines import NOT_COPIED, Line, cut
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.wrap import cells, measurable, wrap
from studybuddy.ui.widgets.step_nodes import Node, Piece

__all__ = ["Line", "body_of", "head_of"]

MOST_LINES = 200
"""Lines of a text that are shown; what is more can be copied."""
_INDENT = 2
_TITLE = 2
"""Which of the pieces of a head is the title."""
_NARROWEST = 8
_BOLD = Style(bold=True)


def head_of(node: Node, folded: bool, palette: Palette, width: int) -> Line:
    """Return the line that stands for a node, cut where it is wider than `width` cells."""
    sign = "  " if not node.folds else "▸ " if folded else "▾ "
    mark_style = {"●": palette.note, "✗": palette.error, "■": palette.note}
    pieces = [
        (" " * (_INDENT * node.depth) + sign, palette.dim),
        (f"{node.mark} " if node.mark else "", mark_style.get(node.mark, palette.dim)),
        (node.title, palette.text if node.depth else palette.text + _BOLD),
        (f"  {node.note}" if node.note else "", palette.dim),
    ]
    segments: list[Segment] = []
    room = width
    for number, (text, style) in enumerate(pieces):
        if palette.spoken and number != _TITLE:
            from studybuddy.ui.plain import plain

            text = plain(text)
        shown = _fitted(measurable(" ".join(text.split("\n"))), room)
        if shown:
            segments.append(Segment(shown, style))
            room -= cells(shown)
    return Line(segments, [NOT_COPIED] * len(segments), width - room, 0)


def body_of(node: Node, palette: Palette, width: int) -> list[Line]:
    """Return the lines that unfold below a node, its children's not among them."""
    indent = _INDENT * (node.depth + 1)
    if width - indent < _NARROWEST:
        indent = 0
    before = Segment(" " * indent, palette.text)
    lines = [line for piece in node.body for line in _piece(piece, palette, width - indent)]
    return [line.behind(before) for line in lines] if indent else lines


def _piece(piece: Piece, palette: Palette, width: int) -> list[Line]:
    source = piece.text.split("\n")
    text = "\n".join(source[:MOST_LINES])
    if piece.kind == "code":
        code = CodeLayout(piece.language, palette, width, 0, 0, wrap_all=True)
        lines = code.update(text)[1:]  # not its label
    else:
        style = palette.error if piece.kind == "error" else palette.text
        lines = _wrapped(text, style, width)
    if (more := len(source) - MOST_LINES) > 0:
        lines += _wrapped(f"… {more:,} more lines", palette.dim, width)
    return lines


def _wrapped(text: str, style: Style, width: int) -> list[Line]:
    pieces = [measurable(text.expandtabs(4))]
    return [cut(pieces, [style], found, 0) for found in wrap(pieces, max(2, width))]


def _fitted(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    while text and cells(text) > room - 1:
        text = text[: min(len(text) - 1, room)]
    return text + "…" if room > 0 else ""
