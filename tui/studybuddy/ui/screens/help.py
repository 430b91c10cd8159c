"""All commands and their keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from studybuddy.ui.commands import COMMANDS, Scope, keys_of

KEY_COLUMN = 36


class HelpScreen(ModalScreen[None]):
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
                yield Static(self._section(scope))
            yield Static(Content(self._places).stylize("$text-muted"))

    def _section(self, scope: Scope) -> Content:
        lines = [Content(f"\n{scope.value}").stylize("bold $text-primary")]
        for command in COMMANDS:
            if command.scope is scope:
                keys = keys_of(command.id, self._keymap) or "command palette"
                lines.append(Content.assemble((f"{keys:<{KEY_COLUMN}}", "bold"), command.help))
        return Content("\n").join(lines)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()
