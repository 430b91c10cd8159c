"""What is to be exported."""

from __future__ import annotations

from enum import Enum

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.ui.screens.dialog import Dialog


class Choice(Enum):
    """What is exported, and how."""

    MARKDOWN = "This conversation as Markdown"
    JSON = "This conversation as JSON, with all its versions"
    MESSAGE = "The chosen or the last answer as Markdown"
    SELECTION = "The selected text"
    ALL_JSON = "Everything as JSON, to be kept or imported elsewhere"
    ALL_MARKDOWN = "Everything as Markdown, a file for each conversation"


class ExportScreen(Dialog[Choice | None]):
    """Offers what can be exported right now; returns the choice."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [
        Binding("escape,q", "leave", "Back", show=False),
        *(Binding(str(n), f"choose({n - 1})", show=False) for n in range(1, len(Choice) + 1)),
    ]

    def __init__(self, *, conversation: bool, selection: bool, message: bool) -> None:
        """Take whether there is something said, something selected, and a message to export."""
        super().__init__()
        there = {
            Choice.MARKDOWN: conversation,
            Choice.JSON: conversation,
            Choice.MESSAGE: message,
            Choice.SELECTION: selection,
        }
        self._choices = [choice for choice in Choice if there.get(choice, True)]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("What shall be exported?", classes="title")
            named = [f"{n}  {choice.value}" for n, choice in enumerate(self._choices, start=1)]
            yield OptionList(*map(Option, named))
            yield Label("Files are readable by you alone; keys are in none of them.", id="note")

    def action_choose(self, number: int) -> None:
        """Choose by number."""
        if number < len(self._choices):
            self.dismiss(self._choices[number])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_choose(event.option_index)

    def action_leave(self) -> None:
        """Export nothing."""
        self.dismiss(None)
