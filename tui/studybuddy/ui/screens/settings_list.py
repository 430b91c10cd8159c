"""The list on the settings screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style

from studybuddy.domain.text import harmless
from studybuddy.ui.setting_lines import Kind, SettingLine, shown
from studybuddy.ui.widgets.row_list import Pieces, RowList, fitted

NAME_CELLS = 30
"""For the names, where there is room for more than them."""


class SettingsList(RowList):
    """Shows settings with their values, in groups whose names the cursor passes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--group"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[SettingLine] = ()

    def show(self, lines: Sequence[SettingLine], at: SettingLine | None = None) -> None:
        """Show lines, with the cursor on the one that has the same place as `at` has."""
        self.lines = lines
        cursor = self.cursor
        if at is not None:
            same = (n for n, line in enumerate(lines) if self._is(line, at))
            cursor = next(same, cursor)
        self.set_count(len(lines), self._on_a_line(cursor, 1))
        self.call_after_refresh(self._reveal)

    @staticmethod
    def _is(line: SettingLine, other: SettingLine) -> bool:
        return (line.kind, line.place) == (other.kind, other.place)

    @property
    def line(self) -> SettingLine | None:
        """The line under the cursor."""
        if not self.lines or self.lines[self.cursor].kind is Kind.GROUP:
            return None
        return self.lines[self.cursor]

    def point(self, row: int) -> None:
        """Put the cursor on a row, or the next one that is no group's name."""
        super().point(self._on_a_line(row, 1 if row > self.cursor else -1))

    def _on_a_line(self, row: int, way: int) -> int:
        if not self.lines:
            return 0
        row = max(0, min(row, len(self.lines) - 1))
        at: int
        down, up = range(row, len(self.lines)), range(row, -1, -1)
        for at in (*down, *up) if way > 0 else (*up, *down):
            if self.lines[at].kind is not Kind.GROUP:
                return at
        return row

    def _reveal(self) -> None:
        """Keep the cursor in view, and the group's name where it is right above."""
        top = self.cursor - 1
        if top >= 0 and self.lines[top].kind is Kind.GROUP and round(self.scroll_y) > top:
            self.scroll_to(y=top, animate=False, force=True)
        else:
            super()._reveal()

    def is_name(self, row: int) -> bool:
        """Whether a row is a group's name."""
        return self.lines[row].kind is Kind.GROUP

    def heading(self, width: int) -> Pieces:
        """Return the line above the rows."""
        style = self.get_component_rich_style("rows--heading")
        name = self._name_cells(width)
        return [
            (f" {fitted('Setting', name)}  ", style),
            (fitted("Value", width - name - 3), style),
        ]

    def row(self, number: int, width: int, base: Style) -> Pieces:
        """Return a row, drawn on `base`."""
        line = self.lines[number]
        if line.kind is Kind.GROUP:
            style = self.get_component_rich_style("rows--group")
            return [(fitted(f" {line.label}", width), style)]
        name, strong = self._name_cells(width), Style(bold=line.differs)
        mark = "*" if line.differs and line.kind is Kind.FIELD else " "
        indent = "  " * (line.kind is Kind.FIELD and len(line.place) > 2)
        label = f"+ {line.label}" if line.kind is Kind.ADD else line.label
        value = shown(line.field, line.value) if line.kind is Kind.FIELD else ""
        pale = base
        if line.kind is Kind.FIELD and not value:
            value = "not set"
            if number != self.cursor or not self.has_focus:
                pale = self.get_component_rich_style("rows--pale")
        return [
            (f" {mark} {indent}", base + strong),
            (fitted(harmless(label), name - 2 - len(indent)), base + strong),
            ("  ", base),
            (fitted(harmless(value), max(0, width - name - 3)), pale),
        ]

    def _name_cells(self, width: int) -> int:
        cells: int = min(NAME_CELLS, width // 2)
        return cells
