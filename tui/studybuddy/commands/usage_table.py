"""Sums of usage as a table of plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from studybuddy.chat.usage_export import total_of
from studybuddy.domain.accounts import By, Group, Total
from studybuddy.domain.text import one_line

LABELS = {
    By.DAY: "Day",
    By.MODEL: "Model",
    By.MODE: "Mode",
    By.CONVERSATION: "Conversation",
}
LONGEST_LABEL, SHORTEST_LABEL = 32, 12
"""Terminal cells; a label is cut to the shortest at most, however narrow the terminal is."""

_NUMBERS = ("Requests", "In", "Cached", "Out", "Reasoning", "Cost")
_SAVINGS = ("Kept", "Saved")


def table(by: By, groups: Sequence[Group], width: int | None = None) -> str:
    """A line for each group and one for all, in columns that are aligned.

    What kept answers saved has columns where there were any. Labels are cut so that a line has
    at most `width` terminal cells, where that can be.
    """
    total = total_of(groups)
    saves = total.kept > 0
    head = [LABELS[by], *_NUMBERS, *(_SAVINGS if saves else ())]
    lines = [_line(group.label, group.total, saves=saves) for group in groups]
    last = _line("Total", total, saves=saves)
    widths = [max(map(cells, column)) for column in zip(head, *lines, last, strict=True)]
    longest = LONGEST_LABEL if width is None else width - sum(widths[1:]) - 2 * (len(widths) - 1)
    longest = max(SHORTEST_LABEL, min(longest, LONGEST_LABEL))
    lines = [[_label(line[0], longest), *line[1:]] for line in lines]
    widths[0] = max(cells(line[0]) for line in (head, *lines, last))
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    shown = [_aligned(line, widths) for line in (head, *lines, last)]
    return "\n".join([shown[0], rule, *shown[1:-1], rule, shown[-1]]) + "\n"


def cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _line(label: str, total: Total, *, saves: bool) -> list[str]:
    usage = total.usage
    numbers = (total.requests, usage.prompt, usage.cached, usage.completion, usage.reasoning)
    cost = "-" if total.money is None else str(total.money)
    savings = (total.kept, total.saved.total) if saves else ()
    return [label, *(f"{n:,}" for n in numbers), cost, *(f"{n:,}" for n in savings)]


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    label = line[0] + " " * (widths[0] - cells(line[0]))
    numbers = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join((label, *numbers))


def _label(text: str, longest: int) -> str:
    """A label as one line that is not too long."""
    text = one_line(text) or "(none)"
    if cells(text) <= longest:
        return text
    shown, room = "", longest - 1
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        shown += character
    return f"{shown.rstrip()}…"
