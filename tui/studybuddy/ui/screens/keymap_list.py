"""The list on the screen of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.style import Style

from studybuddy.ui.commands import COMMANDS, Command, Scope, key_names, keys_of
from studybuddy.ui.widgets.row_list import Pieces, RowList, fitted

KEY_CELLS = 28

Line = Command | Scope
"""A command, or the name of the scope that those below it have."""


def lines_of(query: str, keymap: Mapping[str, str]) -> list[Line]:
    """The commands with every word of a query, or a key that is called so, by their scopes."""
    words = query.casefold().split()
    lines: list[Line] = []
    for scope in Scope:
        found = [
            command
            for command in COMMANDS
            if command.scope is scope and _matches(command, words, keymap)
        ]
        lines += [scope, *found] if found else []
    return lines


def _matches(command: Command, words: list[str], keymap: Mapping[str, str]) -> bool:
    text = f"{command.title} {command.help} {command.id} {keys_of(command.id, keymap)}".casefold()
    return all(word in text for word in words)


class KeymapList(RowList):
    """Shows commands with their keys, by scope; the cursor passes the names of scopes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--group"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[Line] = []
        self._keymap: Mapping[str, str] = {}

    def show(self, lines: list[Line], keymap: Mapping[str, str]) -> None:
        """Show commands, with the cursor on the one that had it before, where it is still there."""
        before = self.command
        self.lines, self._keymap = lines, keymap
        row = lines.index(before) if before in lines else self.cursor
        self.set_count(len(lines), self._on_a_command(row, 1))
        self.call_after_refresh(self._reveal)

    @property
    def command(self) -> Command | None:
        """The command under the cursor."""
        line = self.lines[self.cursor] if self.cursor < len(self.lines) else None
        return line if isinstance(line, Command) else None

    def point(self, row: int) -> None:
        """Put the cursor on a row, or the next one that is a command."""
        super().point(self._on_a_command(row, 1 if row > self.cursor else -1))

    def _on_a_command(self, row: int, way: int) -> int:
        if not self.lines:
            return 0
        row = max(0, min(row, len(self.lines) - 1))
        at: int
        down, up = range(row, len(self.lines)), range(row, -1, -1)
        for at in (*down, *up) if way > 0 else (*up, *down):
            if isinstance(self.lines[at], Command):
                return at
        return row

    def _reveal(self) -> None:
        """Keep the cursor in view, and the scope's name where it is right above."""
        top = self.cursor - 1
        if top >= 0 and isinstance(self.lines[top], Scope) and round(self.scroll_y) > top:
            self.scroll_to(y=top, animate=False, force=True)
        else:
            super()._reveal()

    def is_name(self, row: int) -> bool:
        """Whether a row is a scope's name."""
        return isinstance(self.lines[row], Scope)

    def heading(self, width: int) -> Pieces:
        """Return the line above the rows."""
        style = self.get_component_rich_style("rows--heading")
        return [(f"   {fitted('Keys', KEY_CELLS)}  ", style), ("Command", style)]

    def row(self, number: int, width: int, base: Style) -> Pieces:
        """Return a row, drawn on `base`."""
        line = self.lines[number]
        if isinstance(line, Scope):
            style = self.get_component_rich_style("rows--group")
            return [(fitted(f" {line.value}", width), style)]
        changed = line.id in self._keymap
        keys = key_names(self._keymap.get(line.id, line.keys)) or "command palette"
        name = (
            f"{line.title}: {line.help}" if line.title.rstrip(".") not in line.help else line.help
        )
        return [
            (" * " if changed else "   ", base + Style(bold=True)),
            (fitted(keys, KEY_CELLS), base + Style(bold=True)),
            ("  ", base),
            (fitted(name, max(0, width - KEY_CELLS - 5)), base),
        ]
