"""The limits of one conversation: its longest answer, and what happens where it is too long."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, RadioSet

from studybuddy.domain.limits import Overflow
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.tick import Choice

OVERFLOWS = {
    Overflow.REFUSE: "it is not sent",
    Overflow.DROP: "the oldest turns are left out",
    Overflow.SUMMARISE: "the oldest turns are summed up",
}
"""What happens to what is too long."""


@dataclass(frozen=True, slots=True)
class ConversationLimits:
    """What one conversation has of its own."""

    max_completion_tokens: int | None = None
    """`None` for the model's own limit."""
    overflow: Overflow | None = None
    """`None` for what is set for all."""


class LimitsScreen(Dialog[ConversationLimits | None]):
    """Edits the limits of a conversation; returns them, or `None` where they stay."""

    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

    def __init__(
        self,
        limits: ConversationLimits,
        default: Overflow,
        *,
        longest: int | None = None,
        usual: int | None = None,
        server_fits: bool = False,
    ) -> None:
        """Take the limits as they are, and what holds where they say nothing.

        Args:
            limits: as they are.
            default: what happens to all conversations that do not fit.
            longest: tokens of the longest answer that the model gives; `None` where nobody knows.
            usual: tokens of the longest answer that is set for all; `None` for the model's own.
            server_fits: whether the server decides what of it the model sees.
        """
        super().__init__()
        self._limits = limits
        self._default = default
        self._longest = longest
        self._usual = usual
        self._server_fits = server_fits

    def compose(self) -> ComposeResult:
        tokens = self._limits.max_completion_tokens
        with Vertical(classes="dialog limits"):
            yield Label("Limits of this conversation", classes="title")
            yield Label("Longest answer, in tokens")
            yield Input(
                f"{tokens}" if tokens else "",
                placeholder=self._left_empty(),
                compact=True,
                id="longest",
            )
            yield Label("Where it does not fit the context window", classes="field")
            if self._server_fits:
                yield Label("The server decides what fits: nothing is to be chosen here.")
            else:
                yield from self._choices()
            pins = "" if self._server_fits else "Pinned messages always stay. "
            yield Label(f"{pins}F9 saves, Esc leaves all as it was.", id="note")
            yield Label("", id="error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Cancel", id="cancel")

    def _choices(self) -> ComposeResult:
        chosen = self._limits.overflow
        with RadioSet(compact=True):
            yield Choice(f"as set for all: {OVERFLOWS[self._default]}", value=chosen is None)
            for overflow, does in OVERFLOWS.items():
                yield Choice(does, value=chosen is overflow)

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        """Use what is chosen."""
        text = self.query_one("#longest", Input).value
        if wrong := self._wrong(text):
            self.query_one("#error", Label).update(wrong)
            self.query_one("#longest").focus()
            return
        overflow = self._limits.overflow
        if not self._server_fits:
            pressed = self.query_one(RadioSet).pressed_index
            overflow = list(OVERFLOWS)[pressed - 1] if pressed > 0 else None
        self.dismiss(ConversationLimits(_tokens(text), overflow))

    @on(Input.Changed, "#longest")
    def _typed(self, event: Input.Changed) -> None:
        """Say at once what can't be used of it."""
        self.query_one("#error", Label).update(self._wrong(event.value))

    def _left_empty(self) -> str:
        """What holds where nothing is written."""
        if self._usual:
            return f"empty: {self._usual:,}, as set for all"
        longest = f", {self._longest:,}" if self._longest else ""
        return f"empty: as long as the model's longest{longest}"

    def _wrong(self, text: str) -> str:
        """What is wrong with a number; empty where it can be used, as for none."""
        if not text.strip():
            return ""
        tokens = _tokens(text)
        if tokens is None:
            return f"“{text.strip()}” is not a whole number. Write one such as 2000, or nothing."
        if not tokens:
            return "The longest answer is a number above 0."
        if self._longest and tokens > self._longest:
            return f"This model's answers have at most {self._longest:,} tokens."
        return ""

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave them as they were."""
        self.dismiss(None)


def _tokens(text: str) -> int | None:
    """The number that is written, such as "2000" or "2,000"; `None` where it is none."""
    plain = text.strip().replace(",", "").removeprefix("+")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 12 else None
