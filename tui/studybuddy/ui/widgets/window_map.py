"""The context window as one line, stacked by what it is filled with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from studybuddy.domain.metering import ContextReport, PartKind, Place

ORDER = (
    PartKind.SYSTEM, PartKind.EXAMPLES, PartKind.TOOLS, PartKind.NOTES, PartKind.SUMMARY,
    PartKind.MESSAGE, PartKind.OVERHEAD, PartKind.DRAFT,
)  # fmt: skip
NAMES = {
    PartKind.SYSTEM: "system",
    PartKind.EXAMPLES: "examples",
    PartKind.TOOLS: "tools",
    PartKind.NOTES: "notes",
    PartKind.SUMMARY: "summary",
    PartKind.MESSAGE: "messages",
    PartKind.OVERHEAD: "overhead",
    PartKind.DRAFT: "draft",
}
SIGNS = {
    PartKind.SYSTEM: "▓",
    PartKind.EXAMPLES: "▒",
    PartKind.TOOLS: "▚",
    PartKind.NOTES: "▞",
    PartKind.SUMMARY: "▤",
    PartKind.MESSAGE: "█",
    PartKind.OVERHEAD: "░",
    PartKind.DRAFT: "▟",
}
"""Where there are no colours, each kind has a pattern of its own."""
FREE, ANSWER = "·", "▒"
_BETWEEN = "  "


def tokens_by_kind(report: ContextReport) -> dict[PartKind, int]:
    """Tokens of what the next request has in it, in the order in which it is drawn."""
    sums = dict.fromkeys(ORDER, 0)
    for part in report.parts:
        if part.place in (Place.INSIDE, Place.SERVER):
            sums[part.kind] += part.count.tokens
    return {kind: tokens for kind, tokens in sums.items() if tokens}


def shares(amounts: Sequence[int], width: int) -> list[int]:
    """Divide `width` cells in proportion; each that is more than 0 has one, if there is room."""
    total = sum(amounts)
    if not total or width <= 0:
        return [0] * len(amounts)
    exact = [amount * width / total for amount in amounts]
    given = [max(int(share), 1 if share else 0) for share in exact]
    while sum(given) > width:  # the small ones took from the large ones
        largest = max(range(len(given)), key=lambda at: given[at])
        given[largest] -= 1
    while sum(given) < width:
        owed = max(range(len(given)), key=lambda at: exact[at] - given[at])
        given[owed] += 1
    return given


class WindowMap(Widget):
    """Draws the map, and below it what its colours stand for, with their tokens."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "map--free", "map--answer", "map--over", "map--pale",
        *(f"map--{kind.value}" for kind in PartKind),
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[tuple[str, str, str, int]] = []  # style, sign, name, tokens
        self._over = 0

    def show(self, report: ContextReport) -> None:
        """Draw a report; where the window is not known, the request alone."""
        plain, room = self.app.no_color, report.room
        self._parts = [
            (kind.value, SIGNS[kind] if plain else "█", NAMES[kind], tokens)
            for kind, tokens in tokens_by_kind(report).items()
        ]
        self._over = 0
        if room.window:
            open_ = room.window - room.reserved - report.request.tokens
            free = open_ - report.kept_back
            self._over = max(0, -free)
            self._parts.append(("free", FREE, "free", max(0, free)))
            kept_back = max(0, min(report.kept_back, open_))
            self._parts.append(("answer", FREE, "kept back", kept_back))
            self._parts.append(("answer", ANSWER, "kept for the answer", room.reserved))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines map and legend take."""
        return 1 + len(self._legend(width))

    def render_line(self, y: int) -> Strip:
        """Return a line: the map, or one of the legend."""
        width = self.size.width
        if y == 0:
            given = shares([tokens for *_, tokens in self._parts], width)
            segments = [
                Segment(sign * cells, self.get_component_rich_style(f"map--{style}"))
                for (style, sign, _, _), cells in zip(self._parts, given, strict=True)
                if cells
            ]
        else:
            lines = self._legend(width)
            segments = lines[y - 1] if y <= len(lines) else []
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _legend(self, width: int) -> list[list[Segment]]:
        """Return the legend's lines; none breaks inside an entry."""
        look, base = self.get_component_rich_style, self.rich_style
        entries = [
            [
                Segment(sign, look(f"map--{style}")),
                Segment(f" {name} ", base),
                Segment(f"{tokens:,}", look("map--pale")),
            ]
            for style, sign, name, tokens in self._parts
            if tokens
        ]
        if self._over:
            entries.append([Segment(f"{self._over:,} too many", look("map--over"))])
        lines: list[list[Segment]] = []
        used = width
        for entry in entries:
            size = sum(len(segment.text) for segment in entry)
            if used + len(_BETWEEN) + size > width:
                lines.append(entry)
                used = size
            else:
                lines[-1] = [*lines[-1], Segment(_BETWEEN, base), *entry]
                used += len(_BETWEEN) + size
        return lines
