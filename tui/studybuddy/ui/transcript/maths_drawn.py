"""The tree of a formula -> a box of text: in one line, or in as many as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from studybuddy.ui.transcript.maths_boxes import (
    ATOM,
    EMPTY,
    FRACTION,
    PRODUCT,
    SUM,
    Box,
    beside,
    fence,
    line,
    stacked,
)
from studybuddy.ui.transcript.maths_elements import (
    flattened,
    letters_of,
    mark_of,
    space_of,
)
from studybuddy.ui.transcript.maths_letters import (
    BIG,
    INTEGRALS,
    STRUCK,
    kind_of,
    over_each,
)
from studybuddy.ui.transcript.maths_rows import (
    Piece,
    Shape,
    apart,
    is_thousands,
    negated,
    stretched,
    touches,
)
from studybuddy.ui.transcript.maths_scripts import accented, hung, integral
from studybuddy.ui.transcript.maths_tables import enclosed, matrix, matrix_in_line, root

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LIMITS = frozenset({
    "lim", "max", "min", "sup", "inf", "limsup", "liminf", "argmax", "argmin", "det", "gcd", "Pr",
    "projlim", "injlim",
})  # fmt: skip
"""Functions under which, and not beside which, their subscript stands."""
_ARROWS = {"→": ("─", "→"), "←": ("←", "─"), "↔": ("←", "→"), "⇒": ("═", "⇒"), "⇌": ("⇌", "⇌")}


class Drawer:
    """Draws the elements of a tree."""

    def __init__(self, *, tall: bool, tight: bool = False) -> None:
        """`tall` may use more than one line; `tight` leaves out the space around operators, as in
        an exponent."""
        self._tall = tall
        self._tight = tight
        self._methods: dict[str, Callable[[Element], Box]] = {
            "mfrac": self._fraction, "msqrt": self._root, "mroot": self._root,
            "msup": self._scripts, "msub": self._scripts, "msubsup": self._scripts,
            "munder": self._limits, "mover": self._limits, "munderover": self._limits,
            "mtable": self._table, "menclose": self._enclosed, "mphantom": self._phantom,
        }  # fmt: skip

    def draw(self, element: Element) -> Box:
        """Return the box of an element."""
        tag = element.tag
        method = self._methods.get(tag)
        if method is not None:
            return method(element)
        if tag in ("mi", "mn", "mo", "mtext") and not len(element):
            return line(letters_of(element))
        if tag == "mspace":
            return line(" " * space_of(element.get("width", "")))
        return self.row(list(element))

    def lines(self, elements: Sequence[Element]) -> list[list[Element]]:
        """Divide elements where a new line was asked for."""
        lines: list[list[Element]] = [[]]
        for element in elements:
            if element.tag == "mspace" and element.get("linebreak"):
                lines.append([])
            else:
                lines[-1].append(element)
        return [found for found in lines if found]

    def row(self, elements: Sequence[Element]) -> Box:
        """Return elements next to one another, with the distances that mathematics keeps."""
        lines = self.lines(elements)
        if len(lines) > 1:
            if self._tall:
                return stacked([self.row(found) for found in lines], 0, "left", SUM)
            return line("; ".join([self.row(found).text for found in lines]), SUM)
        return self.joined(self.pieces(lines[0] if lines else []))

    def pieces(self, elements: Sequence[Element]) -> list[Piece]:
        """Return the pieces of a row, what is only grouped taken apart."""
        pieces: list[Piece] = []
        for element in flattened(elements):
            box = self.draw(element)
            kind = self._kind(element)
            stretch = ""
            if kind in ("open", "close", "bar") and element.get("stretchy") != "false":
                stretch = box.text
                side = element.get("form")
                kind = {"prefix": "open", "postfix": "close"}.get(side or "", kind)
            elif element.tag == "mo" and not box.width and element.get("form"):
                kind = "open" if element.get("form") == "prefix" else "close"
            if kind == "ord" and pieces and is_thousands(pieces, element):
                pieces[-1] = Piece(pieces[-1].box, "ord")
            pieces.append(Piece(box, kind, stretch))
        return negated(stretched(pieces) if self._tall else pieces)

    def joined(self, pieces: Sequence[Piece], *, goes_on: bool = False) -> Box:
        """Return pieces next to one another; with `goes_on` there was something before them."""
        boxes: list[Box] = []
        before = "ord" if goes_on else "start"
        shape = Shape()
        pieces = [piece for piece in pieces if piece.box.width or piece.kind in ("open", "close")]
        many = len(pieces) > 1
        for number, (box, kind, _) in enumerate(pieces):
            after = pieces[number + 1].kind if number + 1 < len(pieces) else "end"
            if kind == "bar":  # opens where an operand is still to come
                kind = "open" if before in ("start", "bin", "rel", "open", "punct") else "close"
            alone = before in ("start", "bin", "rel", "open", "punct", "big")
            if kind == "bin" and (alone or after in ("end", "close", "rel", "punct")):
                kind = "sign"
            shape.take(kind, box)
            if many and box.tie == FRACTION and not self._tall and touches(before, after):
                box = line(f"({box.text})")
            if boxes and apart(before, kind) and not (self._tight and kind != "func"):
                boxes.append(line(" "))
            boxes.append(box)
            before = kind
        if not many:
            return boxes[0] if boxes else EMPTY
        return beside(boxes, shape.tie)

    def _kind(self, element: Element) -> str:
        while element.tag in ("msup", "msub", "msubsup", "mover", "munder", "munderover", "mstyle"):
            if not len(element):
                return "ord"
            element = element[0]
            if element.tag == "mrow" and len(element) == 1:
                element = element[0]
        if element.tag == "mtext" or element.tag == "mn":
            return "ord"
        if element.tag == "mspace":
            return "space"
        if element.tag == "mfrac" and self._tall:
            return "frac"
        if element.tag not in ("mi", "mo"):
            return "ord"
        return kind_of(letters_of(element))

    # Fractions, roots, tables

    def _fraction(self, element: Element) -> Box:
        top, bottom = self._both(element)
        stack = element.get("linethickness") == "0"
        if self._tall:
            width = max(top.width, bottom.width) + (0 if stack else 2)
            rule = line((" " if stack else "─") * width)
            return stacked([top, rule, bottom], len(top.rows))
        if stack:
            return line(f"{top.text} choose {bottom.text}", SUM)
        over = f"({top.text})" if top.tie >= FRACTION else top.text
        under = bottom.text
        if bottom.tie >= FRACTION or (bottom.tie == PRODUCT and not _holds(under)):
            under = f"({under})"
        return line(f"{over}/{under}", FRACTION)

    def _both(self, element: Element) -> tuple[Box, Box]:
        first, second = self._of(element, 0), self._of(element, 1)
        return first, second

    def _of(self, element: Element, number: int) -> Box:
        return self.draw(element[number]) if number < len(element) else EMPTY

    def _root(self, element: Element) -> Box:
        inside = self._of(element, 0) if element.tag == "mroot" else self.row(list(element))
        degree = self._in_line(element[1]) if element.tag == "mroot" and len(element) > 1 else ""
        return root(inside, degree, tall=self._tall)

    def _table(self, element: Element) -> Box:
        rows = [[(self.row(list(cell)), cell.get("columnalign", "")) for cell in row]
                for row in element]  # fmt: skip
        if self._tall:
            return matrix(rows, element)
        return matrix_in_line([[(cell.text, align) for cell, align in row] for row in rows])

    def _enclosed(self, element: Element) -> Box:
        inside = self.row(list(element))
        if "strike" in element.get("notation", ""):
            rows = tuple([over_each(row, STRUCK) for row in inside.rows])
            return Box(rows, inside.base, inside.width, inside.tie)
        return enclosed(inside, tall=self._tall)

    def _phantom(self, element: Element) -> Box:
        return line(" " * self.row(list(element)).width)

    # What stands above, below and beside

    def _scripts(self, element: Element) -> Box:
        base = element[0]
        below = element[1] if element.tag != "msup" and len(element) > 1 else None
        above = element[-1] if element.tag != "msub" and len(element) > 1 else None
        name = "".join(base.itertext()).replace("\u2006", "")
        if self._tall and (name in _LIMITS or name in BIG):
            return self._stacked(base, below, above)
        box = self.draw(base)
        if box.tie > PRODUCT or (box.tie == PRODUCT and not self._tall and not _is_name(box)):
            bracketed = [fence("(", box.base, box.below), box, fence(")", box.base, box.below)]
            box = beside(bracketed)
        over = "" if above is None else self._in_line(above)
        under = "" if below is None else self._in_line(below)
        if self._tall and name in INTEGRALS and name:
            return integral(name, under, over)
        return hung(box, under, over, tall=self._tall)

    def _limits(self, element: Element) -> Box:
        base = element[0] if len(element) else element
        below = element[1] if element.tag != "mover" and len(element) > 1 else None
        above = element[-1] if element.tag != "munder" and len(element) > 1 else None
        mark = mark_of(above if above is not None else below)
        if mark and element.tag != "munderover":
            found = accented(self.draw(base), mark, under=above is None, tall=self._tall)
            if found is not None:
                return found
        if self._tall:
            return self._stacked(base, below, above)
        box = self.draw(base)
        if box.text in _ARROWS:
            said = [self._in_line(part) for part in (above, below) if part is not None]
            left, right = _ARROWS[box.text]
            return line(f"{left}{', '.join(filter(None, said))}{right}")
        if base.tag in ("mover", "munder") or box.tie > ATOM:
            box = line(f"({box.text})")
        over = "" if above is None else self._in_line(above)
        under = "" if below is None else self._in_line(below)
        return hung(box, under, over, tall=self._tall)

    def _stacked(self, base: Element, below: Element | None, above: Element | None) -> Box:
        box = self.draw(base)
        small = Drawer(tall=True, tight=True)
        over = [small.draw(above)] if above is not None else []
        under = [small.draw(below)] if below is not None else []
        if box.rows[0] in _ARROWS:
            left, right = _ARROWS[box.rows[0]]
            width = max([1, *[part.width for part in (*over, *under)]])
            box = line((left if left != "⇌" else "") + "─" * width + right) if width > 1 else box
        return stacked([*over, box, *under], box.base + sum([len(part.rows) for part in over]))

    def _in_line(self, element: Element) -> str:
        return Drawer(tall=False, tight=True).draw(element).text.strip()


def _holds(text: str) -> bool:
    """Whether a product in one line needs no brackets below a fraction's line: `dx`, `P(B)`."""
    return text[:1] in "d∂" or (text[1:2] == "(" and text.find(")") == len(text) - 1)


def _is_name(box: Box) -> bool:
    """Whether a product is a word, such as an element's name, and not variables."""
    return len(box.rows) == 1 and box.text.isalpha()
