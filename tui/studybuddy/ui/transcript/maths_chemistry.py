"""Chemical formulas, as mhchem's \\ce writes them, in plain LaTeX."""

from __future__ import annotations

import re

_ARROWS = {
    "<=>>": r"\rightleftharpoons", "<<=>": r"\rightleftharpoons", "<=>": r"\rightleftharpoons",
    "<->": r"\leftrightarrow", "<-->": r"\leftrightarrow", "->": r"\rightarrow",
    "<-": r"\leftarrow",
}  # fmt: skip
_ARROW = re.compile(r"(<=>>|<<=>|<=>|<-->|<->|->|<-)(?:\[([^\[\]]*)\])?(?:\[([^\[\]]*)\])?")
_PART = re.compile(
    r"\\[A-Za-z]+|\$[^$]*\$"  # LaTeX in it
    r"|\^\{([^{}]*)\}|\^(\d*[+\-]|\w+)"  # a charge, an isotope
    r"|_\{([^{}]*)\}|_(\w+)"
    r"|(?<=[A-Za-z)\]])(\d+)"  # how many
    r"|(?<=[A-Za-z)\]\d])([+\-])(?=$|[\s,()\]\[])"  # a charge at the end
    r"|[A-Za-z]+"
)


def latex_of(source: str) -> str:
    """Return what \\ce{source} says, without \\ce."""
    pieces: list[str] = []
    position = 0
    for arrow in _ARROW.finditer(source):
        pieces.append(_side(source[position : arrow.start()]))
        sign = _ARROWS[arrow[1]]
        if arrow[2]:
            under = f"[{_side(arrow[3])}]" if arrow[3] else ""
            sign = rf"\xrightarrow{under}{{{_side(arrow[2])}}}" if "=" not in arrow[1] else sign
        pieces.append(f" {sign} ")
        position = arrow.end()
    pieces.append(_side(source[position:]))
    return "".join(pieces)


def _side(source: str) -> str:
    words = []
    for word in source.split():
        if word in ("^", "v"):
            words.append(r"\uparrow" if word == "^" else r"\downarrow")
        elif word in ("+", "-"):
            words.append(word)
        else:
            words.append(_PART.sub(_part, word.replace("*", r"\cdot ").replace("#", r"\equiv ")))
    return r"\ ".join(words).replace(r"\ +\ ", " + ").replace(r"\ -\ ", " - ")


def _part(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("\\"):
        return text + " "
    if text.startswith("$"):
        return text[1:-1]
    charge = found[1] or found[2] or found[6]
    if charge:
        return f"^{{{charge}}}"
    count = found[3] or found[4] or found[5]
    if count:
        return f"_{{{count}}}"
    return rf"\mathrm{{{text}}}"
