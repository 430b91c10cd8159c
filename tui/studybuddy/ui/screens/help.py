"""All commands and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Label, Static

from studybuddy.ui.commands import COMMANDS, Scope, keys_of
from studybuddy.ui.screens.dialog import Dialog

KEY_COLUMN = 20
"""Cells; what is longer goes on below."""


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
                yield Static(_section(self._of_scope(scope)))
            yield Label(f"By name, after {keys_of('palette', self._keymap)}", classes="heading")
            yield Static(_section(self._by_name()))
            yield Label(self._places, classes="places", markup=False)

    def _of_scope(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for command in COMMANDS:
            keys = keys_of(command.id, self._keymap)
            if command.scope is scope and keys:
                yield keys, command.help

    def _by_name(self) -> Iterator[tuple[str, str]]:
        for command in COMMANDS:
            if not keys_of(command.id, self._keymap):
                yield command.title, command.help

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()


def _section(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=KEY_COLUMN)
    table.add_column()
    for name, text in rows:
        table.add_row(Text(name, style="bold"), Text(text))
    return table
