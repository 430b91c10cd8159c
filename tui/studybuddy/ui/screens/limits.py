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
from studybuddy.ui.widgets.tick import Choice

OVERFLOWS = {
    Overflow.REFUSE: "do not send it, and say by how much",
    Overflow.DROP: "leave the oldest turns out; pinned messages stay",
    Overflow.SUMMARISE: "let the model sum the oldest turns up",
}


@dataclass(frozen=True, slots=True)
class ConversationLimits:
    """What one conversation has of its own."""

    max_completion_tokens: int | None = None
    """`None` for the model's own limit."""
    overflow: Overflow | None = None
    """`None` for what is set for all."""


class LimitsScreen(Dialog[ConversationLimits | None]):
    """Edits the limits of a conversation; returns them, or `None` where they stay."""

    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

    def __init__(
        self, limits: ConversationLimits, default: Overflow, *, longest: int | None = None
    ) -> None:
        """Take the limits as they are, what is set for all, and the model's longest answer."""
        super().__init__()
        self._limits = limits
        self._default = default
        self._longest = longest

    def compose(self) -> ComposeResult:
        tokens = self._limits.max_completion_tokens
        longest = f"{self._longest:,}" if self._longest else "its own limit"
        with Vertical(classes="dialog limits"):
            yield Label("Limits of this conversation", classes="title")
            yield Label(f"Longest answer in tokens (empty: what the model allows, {longest})")
            yield Input(
                f"{tokens}" if tokens else "",
                placeholder="no limit of your own",
                type="integer",
                valid_empty=True,
                compact=True,
                id="longest",
            )
            yield Label("Where it does not fit the context window", classes="field")
            with RadioSet(compact=True):
                chosen = self._limits.overflow
                yield Choice(f"as set for all: {OVERFLOWS[self._default]}", value=chosen is None)
                for overflow, does in OVERFLOWS.items():
                    yield Choice(does, value=chosen is overflow)
            yield Label("F9 saves, Esc leaves all as it was.", id="note")
            yield Label("", id="error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Cancel", id="cancel")

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        """Use what is chosen."""
        text = self.query_one("#longest", Input).value.strip()
        tokens = int(text) if text.lstrip("+").isdecimal() else None
        if text and not tokens:
            self.query_one("#error", Label).update("The longest answer is a number above 0.")
            self.query_one("#longest").focus()
            return
        pressed = self.query_one(RadioSet).pressed_index
        overflow = list(OVERFLOWS)[pressed - 1] if pressed > 0 else None
        self.dismiss(ConversationLimits(tokens, overflow))

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave them as they were."""
        self.dismiss(None)
