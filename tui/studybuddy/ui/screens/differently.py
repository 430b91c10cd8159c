"""How an answer is to be given again."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.variations import DIFFERENTLY, Variation
from studybuddy.ui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Another:
    """Answer again, varied so; `None` for as before."""

    variation: Variation | None


@dataclass(frozen=True, slots=True)
class OtherModel:
    """Have another model answer, this once."""


Wanted = Another | OtherModel

_CHOICES: tuple[tuple[str, Wanted], ...] = (
    *((variation.label.capitalize(), Another(variation)) for variation in DIFFERENTLY),
    ("The same once more", Another(None)),
    ("By another model…", OtherModel()),
)


class DifferentlyScreen(Dialog[Wanted | None]):
    """Offers ways to have an answer given again; returns the one that was chosen."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        *(Binding(str(n), f"choose({n - 1})", show=False) for n in range(1, len(_CHOICES) + 1)),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("How shall it be answered?", classes="title")
            choices = [f"{number}  {name}" for number, (name, _) in enumerate(_CHOICES, start=1)]
            yield OptionList(*(Option(choice) for choice in choices))
            yield Input(placeholder="Or in your own words: shorter, for a child, in Spanish …")
            yield Label("The answer before stays: Alt+← goes back to it.", id="note")

    def action_choose(self, number: int) -> None:
        """Choose by number."""
        self.dismiss(_CHOICES[number][1])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_choose(event.option_index)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        if wish := " ".join(event.value.split()):
            instruction = f"Explain it again, differently. How: {wish}"
            self.dismiss(Another(Variation(wish[:40], instruction)))

    def action_leave(self) -> None:
        """Leave the answer as it is."""
        self.dismiss(None)
