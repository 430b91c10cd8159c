"""Rows of a formula: which distances are kept, how high brackets are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from studybuddy.ui.transcript.maths_boxes import ATOM, EMPTY, FRACTION, PRODUCT, SUM, Box, fence
from studybuddy.ui.transcript.maths_letters import (
    BARS,
    CLOSING,
    NEGATED,
    OPENING,
    over_each,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Piece(NamedTuple):
    """A box in a row, and how it keeps its distance."""

    box: Box
    kind: str
    stretch: str = ""
    """The bracket that grows with what stands beside it; empty for none."""


class Shape:
    """Watches the pieces of a row, and tells how tightly it holds together."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        self._depth = 0
        self._tie = PRODUCT
        self._closed = 0  # how many pieces there were when the first bracket was closed

    @property
    def tie(self) -> int:
        kinds = self._kinds
        if kinds[0] == "open" and kinds[-1] == "close" and self._closed == len(kinds):
            return ATOM
        return self._tie

    def take(self, kind: str, box: Box) -> None:
        self._kinds.append(kind)
        self._depth += (kind == "open") - (kind == "close")
        if kind == "close" and self._depth <= 0 and not self._closed:
            self._closed = len(self._kinds)
        if self._depth:
            return
        if kind in ("bin", "rel", "sign"):
            self._tie = SUM
        elif kind in ("func", "big") or (len(box.rows) == 1 and "/" in box.text):
            self._tie = max(self._tie, FRACTION)


def is_thousands(pieces: Sequence[Piece], element: Element) -> bool:
    """Whether three digits follow a comma that follows a number."""
    if element.tag != "mn" or len(element.text or "") != 3 or len(pieces) < 2:
        return False
    return pieces[-1].box.rows == (",",) and pieces[-2].box.rows[-1][-1:].isdigit()


def touches(before: str, after: str) -> bool:
    """Whether something stands so close that a fraction in one line wants brackets."""
    near = ("ord", "func", "big", "open", "close", "bar")
    return (before in near and before not in ("open", "func", "big")) or after in (
        "ord", "func", "big", "open", "bar"
    )  # fmt: skip


def apart(before: str, kind: str) -> bool:
    """Whether there is a space between two neighbours."""
    if "space" in (before, kind):
        return False
    if kind in ("bin", "rel") or before in ("bin", "rel", "punct"):
        return kind not in ("punct", "close") or before in ("bin", "rel")
    if "frac" in (before, kind):
        return before not in ("start", "open") and kind not in ("close", "punct")
    if before == "big" or (before == "func" and kind != "open"):
        return kind not in ("close", "punct")
    return kind in ("func", "big") and before in ("ord", "close")


def stretched(pieces: list[Piece]) -> list[Piece]:
    """Make brackets as high as what they hold."""
    opened: list[int] = []
    result = list(pieces)
    for number, piece in enumerate(pieces):
        if not piece.stretch and not (piece.kind in ("open", "close") and not piece.box.width):
            continue
        closes = piece.kind == "close" or (
            piece.kind == "bar" and bool(opened) and pieces[opened[-1]].stretch == piece.stretch
        )
        if not closes:
            opened.append(number)
            continue
        start = opened.pop() if opened else number - 1
        _grow(result, start, number)
    for start in opened:
        _grow(result, start, min(start + 2, len(result)))
    return result


def _grow(pieces: list[Piece], start: int, stop: int) -> None:
    held = [piece.box for piece in pieces[max(start, 0) + 1 : stop]] or [EMPTY]
    above = max([box.base for box in held])
    below = max([box.below for box in held])
    for number in (start, stop):
        if 0 <= number < len(pieces) and pieces[number].stretch:
            piece = pieces[number]
            mark = piece.stretch
            side = "open" if number == start else "close"
            if mark in OPENING or mark in CLOSING or mark in BARS:
                pieces[number] = Piece(fence(mark, above, below), side)


def negated(pieces: list[Piece]) -> list[Piece]:
    """Strike through what follows \\not where there is no letter for it."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1].box.rows == ("⧸",):
            box = piece.box
            text = over_each(box.rows[0][:1], NEGATED) + box.rows[0][1:]
            result[-1] = Piece(Box((text, *box.rows[1:]), box.base, box.width, box.tie), piece.kind)
        else:
            result.append(piece)
    return result
