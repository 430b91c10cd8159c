"""Sums of usage as rows: by model, by mode, by conversation, by day."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from studybuddy.domain.accounts import Group
from studybuddy.ui.widgets.row_list import Pieces, RowList, fitted

_WIDE = 110
"""Columns from which on the kinds of tokens have columns of their own."""
_MARK = 2
_NARROW = 70
"""Columns below which there is room for the least of them."""
_NARROWEST_COLUMNS = (("in", 11), ("out", 10), ("cost", 19))
_NARROW_COLUMNS = (("requests", 9), ("in", 12), ("out", 11), ("cost", 20))
_WIDE_COLUMNS = (
    ("requests", 10), ("in", 13), ("cached", 13), ("out", 12), ("reasoning", 12), ("kept", 7),
    ("cost", 20),
)  # fmt: skip


class UsageTable(RowList):
    """Shows groups; each row is made when it comes into view."""

    def __init__(self) -> None:
        super().__init__(id="table")
        self._groups: Sequence[Group] = ()
        self._what = ""
        self._longest_cost = 0

    def show(self, groups: Sequence[Group], what: str) -> None:
        """Show sums by what `what` names, from the first one."""
        self._groups, self._what = groups, what
        self._longest_cost = max((len(_values(group)["cost"]) for group in groups), default=0)
        self.set_count(len(groups), 0)

    def heading(self, width: int) -> Pieces:
        """Name the columns."""
        columns = self._columns(width)
        names = "".join(f"{name:>{size}}" for name, size in columns)
        text = f"{'':{_MARK}}{fitted(self._what, _room(width, columns))}{names}"
        return [(text, self.get_component_rich_style("rows--heading"))]

    def row(self, number: int, width: int, base: Style) -> Pieces:
        """Return a row."""
        group = self._groups[number]
        pale = base if self._is_pointed(number) else self.get_component_rich_style("rows--pale")
        values, columns = _values(group), self._columns(width)
        pieces = [
            ("▸ " if number == self.cursor else "  ", base),
            (fitted(group.label or group.key or "without a name", _room(width, columns)), base),
        ]
        for name, size in columns:
            value = values[name]
            style = pale if name in ("requests", "cached", "reasoning", "kept") else base
            pieces.append((f" {value:>{size - 1}}", style))
        return pieces

    def _columns(self, width: int) -> Sequence[tuple[str, int]]:
        """The columns that have room; amounts of money are never cut."""
        *others, (name, usual) = _columns(width)
        return [*others, (name, max(usual, self._longest_cost + 1))]

    def _is_pointed(self, number: int) -> bool:
        return number == self.cursor and self.has_focus


def _columns(width: int) -> Sequence[tuple[str, int]]:
    if width >= _WIDE:
        return _WIDE_COLUMNS
    return _NARROW_COLUMNS if width >= _NARROW else _NARROWEST_COLUMNS


def _room(width: int, columns: Sequence[tuple[str, int]]) -> int:
    return max(8, width - _MARK - sum(size for _, size in columns) - 1)


def _values(group: Group) -> dict[str, str]:
    total = group.total
    usage = total.usage
    return {
        "requests": f"{total.requests:,}" if total.requests or not total.kept else "kept",
        "in": f"{usage.prompt:,}",
        "cached": f"{usage.cached:,}" if usage.cached else "–",
        "out": f"{usage.completion:,}",
        "reasoning": f"{usage.reasoning:,}" if usage.reasoning else "–",
        "kept": f"{total.kept:,}" if total.kept else "–",
        "cost": "–" if total.money is None else str(total.money),
    }
