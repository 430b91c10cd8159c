"""Boxes of text with a baseline, put beside and above one another: what formulas are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.ui.transcript.wrap import cells

ATOM, PRODUCT, FRACTION, SUM = range(4)
"""How tightly a box in one line holds together: a letter, `2x`, `a/b`, `a + b`."""


@dataclass(frozen=True, slots=True)
class Box:
    """Rows of equal width; the one on the baseline stands beside the text before and after."""

    rows: tuple[str, ...]
    base: int
    """Which row is on the baseline, from 0."""
    width: int
    """In cells."""
    tie: int = ATOM

    @property
    def below(self) -> int:
        """How many rows there are below the baseline."""
        return len(self.rows) - 1 - self.base

    @property
    def text(self) -> str:
        """What a box of one row says."""
        return self.rows[0]


def line(text: str, tie: int = ATOM) -> Box:
    """Return a box of one row."""
    return Box((text,), 0, cells(text), tie)


EMPTY = line("")


def beside(boxes: Sequence[Box], tie: int = ATOM) -> Box:
    """Put boxes next to one another, on one baseline."""
    boxes = [box for box in boxes if box.width or len(box.rows) > 1]
    if len(boxes) == 1 and boxes[0].tie == tie:
        return boxes[0]
    above = max((box.base for box in boxes), default=0)
    below = max((box.below for box in boxes), default=0)
    rows: list[str] = []
    for row in range(-above, below + 1):
        parts = []
        for box in boxes:
            inside = 0 <= row + box.base < len(box.rows)
            parts.append(box.rows[row + box.base] if inside else " " * box.width)
        rows.append("".join(parts))
    return Box(tuple(rows), above, sum([box.width for box in boxes]), tie)


def stacked(boxes: Sequence[Box], base: int, align: str = "center", tie: int = ATOM) -> Box:
    """Put boxes below one another; row `base` of the whole is the baseline."""
    width = max([box.width for box in boxes])
    rows = [row for box in boxes for row in aligned(box, width, align).rows]
    return Box(tuple(rows), base, width, tie)


def aligned(box: Box, width: int, align: str) -> Box:
    """Return the box filled up to `width` cells."""
    free = width - box.width
    if free <= 0:
        return box
    left = free if align == "right" else free // 2 if align == "center" else 0
    fill, rest = " " * left, " " * (free - left)
    return Box(tuple([fill + row + rest for row in box.rows]), box.base, width, box.tie)


def raised_by(box: Box, rows: int) -> Box:
    """Return the box with its baseline so many rows lower: it stands higher."""
    if rows <= box.below:
        return Box(box.rows, box.base + rows, box.width, box.tie)
    fill = (" " * box.width,) * (rows - box.below)
    return Box(box.rows + fill, box.base + rows, box.width, box.tie)


def lowered_by(box: Box, rows: int) -> Box:
    """Return the box with its baseline so many rows higher: it stands lower."""
    if rows <= box.base:
        return Box(box.rows, box.base - rows, box.width, box.tie)
    fill = (" " * box.width,) * (rows - box.base)
    return Box(fill + box.rows, 0, box.width, box.tie)


_TALL = {
    "(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "⌈": "⎡⎢⎢", "⌉": "⎤⎥⎥", "⌊": "⎢⎢⎣",
    "⌋": "⎥⎥⎦", "|": "│││", "∣": "│││", "‖": "║║║", "∥": "║║║",
}  # fmt: skip


def fence(mark: str, above: int, below: int) -> Box:
    """Return a bracket that reaches so many rows above and below the baseline."""
    height = above + below + 1
    if height == 1 or not mark:
        return line(mark)
    if mark in "{}":
        return _brace(mark, above, below)
    if mark in _TALL:
        top, middle, bottom = tuple(_TALL[mark])
        return Box((top, *[middle] * (height - 2), bottom), above, 1)
    return Box((*[" "] * above, mark, *[" "] * below), above, cells(mark))


def _brace(mark: str, above: int, below: int) -> Box:
    top, tip, bottom = tuple("⎧⎨⎩" if mark == "{" else "⎫⎬⎭")
    height = above + below + 1
    if height == 2:
        return Box(("⎰⎱"[mark == "}"], "⎱⎰"[mark == "}"]), above, 1)
    rows = ["⎪"] * height
    rows[0], rows[-1] = top, bottom
    rows[min(max(above, 1), height - 2)] = tip
    return Box(tuple(rows), above, 1)
