"""One of several values."""

from __future__ import annotations

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.text import harmless
from studybuddy.ui.screens.dialog import Dialog


class ChoiceScreen(Dialog[str | None]):
    """Has a value chosen; returns it, or `None` where it stays."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, title: str, said: str, choices: Mapping[str, str], now: str) -> None:
        """Take a title, an explanation, the values with their names, and the one that holds."""
        super().__init__()
        self._title = title
        self._said = said
        self._choices = choices
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label(self._said, markup=False)
            options = [Option(harmless(name)) for name in self._choices.values()]
            yield OptionList(*options, markup=False)
            yield Label("Enter chooses, Esc leaves it as it was.", id="note")

    def on_mount(self) -> None:
        values = list(self._choices)
        at = values.index(self._now) if self._now in values else 0
        self.query_one(OptionList).highlighted = at

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(list(self._choices)[event.option_index])

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
