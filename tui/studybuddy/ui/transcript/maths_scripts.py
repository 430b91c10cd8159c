"""What stands above, below and beside a part of a formula."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.ui.transcript.maths_boxes import (
    EMPTY,
    FRACTION,
    Box,
    beside,
    line,
    lowered_by,
    raised_by,
    stacked,
)
from studybuddy.ui.transcript.maths_letters import (
    UNDERLINE,
    accent_of,
    lowered,
    over_each,
    raised,
)

_SPREAD = {"⏟": "╰┬╯", "⏞": "╭┴╮", "⎵": "└┬┘", "⎴": "┌┴┐"}


def hung(box: Box, under: str, over: str, *, tall: bool) -> Box:
    """Return the box with what stands low and high behind it."""
    high, low = raised(over), lowered(under)
    if not tall:
        text = box.text
        text += low if low is not None else f"_{_grouped(under)}"
        text += high if high is not None else f"^{_grouped(over)}"
        return line(text)
    if len(box.rows) == 1 and high is not None and low is not None:
        return line(box.text + low + high)
    height, depth = box.base, box.below
    scripts: list[Box] = []
    if over:
        up = line(high) if high is not None else line(over)
        rise = height if high is not None and height else height + 1
        scripts.append(raised_by(up, rise))
    if under:
        down = line(low) if low is not None else line(under)
        drop = depth if low is not None and depth else depth + 1
        scripts.append(lowered_by(down, 0 if low is not None and not depth else drop))
    return beside([box, _overlaid(scripts)])


def accented(box: Box, mark: str, *, under: bool, tall: bool) -> Box | None:
    """Return the box with a mark above or below it; `None` where that is no mark."""
    if mark in _SPREAD:
        if not tall:
            return line(box.text, box.tie)
        left, tip, right = tuple(_SPREAD[mark])
        width = max(3, box.width)
        half = (width - 3) // 2
        brace = line(left + "─" * half + tip + "─" * (width - 3 - half) + right)
        boxes = [box, brace] if under else [brace, box]
        return stacked(boxes, box.base if under else box.base + 1)
    combining = UNDERLINE if under and mark in "―‾_" else accent_of(mark)
    if combining is None or (under and combining != UNDERLINE):
        return None
    if box.width == 1 or (len(box.rows) == 1 and box.tie < FRACTION and mark in "―‾¯_"):
        return line(over_each(box.text, combining), box.tie)
    if tall:
        rule = "‾" if under else "_" if mark in "―‾¯_" else mark
        shown = "─" * (box.width - 1) + "→" if mark == "→" else rule * box.width
        boxes = [box, line(shown)] if under else [line(shown if rule in "_‾→" else mark), box]
        return stacked(boxes, box.base if under else box.base + 1)
    return line(over_each(box.text.replace(" ", ""), combining), box.tie)


def integral(sign: str, under: str, over: str) -> Box:
    """Return an integral of three rows with its limits behind it."""
    column = stacked([line(part) for part in ("⌠⎮⌡" if sign == "∫" else f" {sign} ")], 1)
    if not under and not over:
        return line(sign)
    limits = stacked([line(over), line(""), line(under)], 1, "left")
    return beside([column, limits])


def _overlaid(scripts: Sequence[Box]) -> Box:
    """Put what is raised and what is lowered into one column."""
    if len(scripts) < 2:
        return scripts[0] if scripts else EMPTY
    high, low = scripts
    above, below = max(high.base, low.base), max(high.below, low.below)
    width = max(high.width, low.width)
    rows: list[str] = []
    for row in range(-above, below + 1):
        shown = ""
        for box in (high, low):
            inside = 0 <= row + box.base < len(box.rows)
            text = box.rows[row + box.base] if inside else ""
            shown = text if text.strip() else shown
        rows.append(shown + " " * (width - line(shown).width))
    return Box(tuple(rows), above, width)


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.isdigit() else f"({text})"
