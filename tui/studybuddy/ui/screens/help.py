"""All commands and their keys."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Label, Static

from studybuddy.ui.commands import COMMANDS, Scope, keys_of
from studybuddy.ui.screens.dialog import Dialog

KEY_COLUMN = 32


class HelpScreen(Dialog[None]):
    """The command table, as it is bound right now."""

    BINDINGS = [Binding("escape,f1,q", "leave", "Back", show=False)]

    def __init__(self, keymap: dict[str, str], places: str) -> None:
        super().__init__()
        self._keymap = keymap
        self._places = places

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog help"):
            yield Label("Keys and commands", classes="title")
            for scope in Scope:
                yield Label(scope.value, classes="heading")
                yield Static(self._section(scope))
            yield Label(self._places, classes="places", markup=False)

    def _section(self, scope: Scope) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, min_width=KEY_COLUMN)
        table.add_column()
        for command in COMMANDS:
            if command.scope is scope:
                keys = keys_of(command.id, self._keymap) or "command palette"
                table.add_row(Text(keys, style="bold"), Text(command.help))
        return table

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()
