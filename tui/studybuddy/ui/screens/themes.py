"""The themes, each seen on the app itself while it is pointed at."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.ui.screens.dialog import Dialog, is_linear


class ThemesScreen(Dialog[str | None]):
    """Shows each theme as the cursor comes to it; returns the one to keep, or `None`."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._before = ""
        self._names: list[str] = []

    def compose(self) -> ComposeResult:
        self._before = self.app.theme
        self._names = sorted(self.app.available_themes)
        if is_linear(self):  # the list begins with the rows that have numbers, and shows them
            self._names.sort(key=lambda name: name != self._before)
        with Vertical(classes="dialog themes"):
            yield Label("Themes", classes="title")
            yield OptionList(*(Option(name) for name in self._names), markup=False)
            yield Label("Enter keeps it, Esc goes back.", id="note")

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = self._names.index(self._before)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._given is None:
            self.app.theme = self._names[event.option_index]

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.app.theme = self._names[event.option_index]
        self.dismiss(self._names[event.option_index])

    def action_leave(self) -> None:
        """Go back to the theme before."""
        self.dismiss(None)
        self.app.theme = self._before
