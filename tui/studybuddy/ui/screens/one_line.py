"""A question that is answered in one line."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.text import one_line
from studybuddy.ui.screens.dialog import Dialog


class OneLineScreen(Dialog[str | None]):
    """Asks for a short text; returns it, or `None` where it stays as it was."""

    AUTO_FOCUS = "Input"
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(
        self,
        question: str,
        text: str,
        note: str,
        *,
        choices: Sequence[str] = (),
        empty: bool = False,
    ) -> None:
        """Take the question, the text as it is, what the keys do, and texts to choose from.

        `empty` says whether no text at all is an answer too.
        """
        super().__init__()
        self._question = question
        self._text = text
        self._note = note
        self._choices = list(choices)
        self._empty = empty

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._question, classes="title", markup=False)
            suggester = SuggestFromList(self._choices, case_sensitive=False)
            yield Input(one_line(self._text), suggester=suggester)
            if self._choices:
                yield OptionList(*map(Option, self._choices), markup=False)
            yield Label(self._note, id="note", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).action_select_all()
        for choices in self.query(OptionList):
            choices.can_focus = False

    def action_move(self, by: int) -> None:
        """Take the choice after, or before."""
        for choices in self.query(OptionList):
            at = choices.highlighted
            place = (at + by) % len(self._choices) if at is not None else min(by, 0)
            choices.highlighted = place % len(self._choices)
            self.query_one(Input).value = self._choices[choices.highlighted]

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[event.option_index])

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = one_line(event.value)
        if text or self._empty:
            self.dismiss(text)

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
