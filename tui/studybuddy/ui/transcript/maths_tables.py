"""Matrices, roots and frames of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.ui.transcript.maths_boxes import (
    ATOM,
    EMPTY,
    PRODUCT,
    SUM,
    Box,
    aligned,
    beside,
    line,
    stacked,
)
from studybuddy.ui.transcript.maths_letters import raised

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Cell = tuple[Box, str]
"""What stands in it, and how it is aligned: "left", "right" or anything else for centred."""


def matrix(rows: Sequence[Sequence[Cell]], element: Element) -> Box:
    """Return the rows of a table below one another, its baseline in the middle."""
    columns = max([len(row) for row in rows], default=0)
    if not columns:
        return EMPTY
    filled = [[*row, *[(EMPTY, "")] * (columns - len(row))] for row in rows]
    widths = [max([row[column][0].width for row in filled]) for column in range(columns)]
    solid = (element.get("columnlines") or "").split()
    gaps = [_gap(filled, element, column, solid) for column in range(1, columns)]
    lines: list[Box] = []
    ruled = (element.get("rowlines") or "").split()
    for number, row in enumerate(filled):
        boxes: list[Box] = []
        for column, (box, align) in enumerate(row):
            if column:
                boxes.append(line(gaps[column - 1]))
            boxes.append(aligned(box, widths[column], align or "center"))
        lines.append(_with_bars(beside(boxes), widths, gaps))
        if number + 1 < len(filled):
            if number < len(ruled) and ruled[number] in ("solid", "dashed"):
                lines.append(line(_rule(widths, gaps)))
            elif any(len(box.rows) > 1 for r in (row, filled[number + 1]) for box, _ in r):
                lines.append(_with_bars(line(" " * lines[-1].width), widths, gaps))
    height = sum([len(box.rows) for box in lines])
    # With one row its own baseline, with more the middle of all of them.
    base = lines[0].base if len(lines) == 1 else (height - 1) // 2
    return stacked(lines, base, "left")


def _gap(rows: Sequence[Sequence[Cell]], element: Element, column: int, solid: list[str]) -> str:
    if column <= len(solid) and solid[column - 1] in ("solid", "dashed"):
        return " │ "
    if "0em" not in (element.get("columnspacing") or ""):
        return "  "
    # An alignment: its right half begins with the relation.
    left = any(row[column - 1][1] == "right" for row in rows)
    if not left:
        return "    "
    return " " if any(row[column][0].rows[0][:1].strip() for row in rows) else ""


def _with_bars(box: Box, widths: Sequence[int], gaps: Sequence[str]) -> Box:
    if not any("│" in gap for gap in gaps):
        return box
    columns = [line(gap) if "│" in gap else None for gap in gaps]
    if len(box.rows) == 1 and "│" in box.text:
        return box
    rows: list[str] = []
    for row in box.rows:
        position = 0
        shown = row
        for width, bar in zip(widths, columns, strict=False):
            position += width
            if bar is not None and len(shown) == box.width:
                shown = shown[: position + 1] + "│" + shown[position + 2 :]
            position += len(gaps[0]) if bar is None else 3
        rows.append(shown)
    return Box(tuple(rows), box.base, box.width)


def _rule(widths: Sequence[int], gaps: Sequence[str]) -> str:
    pieces = ["─" * widths[0]]
    for gap, width in zip(gaps, widths[1:], strict=True):
        pieces.append("─┼─" if "│" in gap else "─" * len(gap))
        pieces.append("─" * width)
    return "".join(pieces)


def matrix_in_line(rows: Sequence[Sequence[tuple[str, str]]]) -> Box:
    """Return the rows of a table one after the other, semicolons between them."""
    told = ""
    for row in rows:
        cells = [cell.strip() for cell, _ in row]
        cases = all(align == "left" for _, align in row)
        text = (", " if cases else " ").join([cell for cell in cells if cell])
        goes_on = len(row) > 1 and row[0][1] == "right" and not cells[0]  # an equation's next step
        told += (" " if goes_on else "; ") + text if told else text
    return line(told, SUM if len(rows) > 1 else PRODUCT)


def root(inside: Box, degree: str, *, tall: bool) -> Box:
    """Return the root of what is `inside`."""
    sign = {"3": "∛", "4": "∜"}.get(degree, "√")
    before = "" if sign != "√" else (raised(degree) or f"{degree} ") if degree else ""
    if not tall:
        text = inside.text
        return line(before + sign + (text if _is_one(inside) else f"({text})"))
    if len(inside.rows) == 1 and _is_one(inside):
        return line(before + sign + inside.text)
    if len(inside.rows) == 1:
        left = line(before + sign)
        over = line(" " * left.width + "_" * inside.width)
        return stacked([over, beside([left, inside])], 1, "left")
    height = len(inside.rows)
    hook = ["│"] * height
    left_rows = [" "] * (height - 1) + ["╲"]
    if before:
        left_rows[-2] = before.strip()
    width = max([len(row) for row in left_rows])
    rows = [" " * width + "┌" + "─" * inside.width]
    for number, row in enumerate(inside.rows):
        rows.append(left_rows[number].rjust(width) + hook[number] + row)
    return Box(tuple(rows), inside.base + 1, width + 1 + inside.width)


def _is_one(box: Box) -> bool:
    text = box.text
    return box.tie == ATOM and (len(text) == 1 or text.isdigit())


def enclosed(inside: Box, *, tall: bool) -> Box:
    """Return what is `inside` with a frame around it."""
    if not tall:
        return line(f"[{inside.text}]")
    edge = "─" * (inside.width + 2)
    rows = [f"│ {row} │" for row in inside.rows]
    return Box((f"┌{edge}┐", *rows, f"└{edge}┘"), inside.base + 1, inside.width + 4)
