"""LaTeX formulas as text: in one line, or in several where they are shown by themselves.

The parser is a library's; the layout is ours, as none draws fractions, sums and matrices for a
terminal in a width.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from studybuddy.ui.transcript.maths_boxes import Box, beside, line, stacked
from studybuddy.ui.transcript.maths_drawn import Drawer
from studybuddy.ui.transcript.maths_rows import Piece
from studybuddy.ui.transcript.maths_source import tree_of
from studybuddy.ui.transcript.wrap import measurable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_INDENT = "  "
_TALLEST = 40
"""Lines above which a formula is not drawn but written in lines."""


@lru_cache(maxsize=1024)
def in_line(source: str) -> str | None:
    """Return a formula, given without its dollars, in one line; `None` where it can't be read."""
    tree = tree_of(source)
    if tree is None:
        return None
    try:
        text = Drawer(tall=False).draw(tree).text
    except RecursionError:
        return None
    return measurable(" ".join(text.split())) or None


@lru_cache(maxsize=256)
def drawing(source: str, width: int) -> tuple[str, ...] | None:
    """Return the lines of a formula that stands by itself, none wider than `width` cells.

    `None` where it can't be read, or does not fit: then `in_line` may be wrapped.
    """
    tree = tree_of(source)
    if tree is None:
        return None
    drawer = Drawer(tall=True)
    try:
        box = drawer.draw(tree)
        if box.width > width:
            boxes = [
                part
                for number, elements in enumerate(_lines(drawer, tree))
                for part in _broken(drawer, drawer.pieces(elements), width, goes_on=number > 0)
            ]
            box = stacked(_spaced(boxes), 0, "left")
    except RecursionError:
        return None
    if box.width > width or len(box.rows) > _TALLEST:
        return None
    rows = [measurable(row.rstrip()) for row in box.rows]
    while rows and not rows[0]:
        del rows[0]
    while rows and not rows[-1]:
        del rows[-1]
    return tuple(rows) or None


def _lines(drawer: Drawer, tree: Element) -> list[list[Element]]:
    """Return the lines of a formula: those of an alignment, or where new ones were asked for."""
    elements = _top(tree)
    if len(elements) == 1 and elements[0].tag == "mtable":
        return [[part for cell in row for part in cell] for row in elements[0]]
    return drawer.lines(elements)


def _top(tree: Element) -> list[Element]:
    elements = list(tree)
    while len(elements) == 1 and elements[0].tag in ("mrow", "mstyle"):
        elements = list(elements[0])
    return elements


def _broken(drawer: Drawer, pieces: Sequence[Piece], width: int, *, goes_on: bool) -> list[Box]:
    """Break a row before relations, and where that is not enough before operators.

    With `goes_on` it belongs to the row above it, and is indented where it begins so.
    """
    found: list[Box] = []
    held: list[Piece] = []
    depth = 0
    chances: list[int] = []  # where the held pieces may be broken

    def box(pieces: Sequence[Piece]) -> Box:
        first = next((piece.kind for piece in pieces if piece.box.width), "")
        later = bool(found) or (goes_on and first == "rel")
        joined = drawer.joined(pieces, goes_on=later)
        return beside([line(_INDENT), joined]) if later else joined

    for piece in pieces:
        depth += {"open": 1, "close": -1}.get(piece.kind, 0)
        if held and depth <= 0 and piece.kind in ("rel", "bin"):
            chances.append(len(held))
        held.append(piece)
        if not chances or box(held).width <= width:
            continue
        fitting = [place for place in chances if box(held[:place]).width <= width] or chances[:1]
        relations = [
            place
            for place in fitting
            if held[place].kind == "rel" and box(held[:place]).width > width // 3
        ]
        place = max(relations or fitting)
        found.append(box(held[:place]))
        held = held[place:]
        chances = [at - place for at in chances if at > place]
    found.append(box(held))
    return found


def _spaced(boxes: Sequence[Box]) -> list[Box]:
    spaced: list[Box] = []
    for box in boxes:
        if spaced and (len(box.rows) > 1 or len(spaced[-1].rows) > 1):
            spaced.append(line(""))
        spaced.append(box)
    return spaced
