"""What stands in the way of a turn, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Label

from studybuddy.domain.limits import BudgetState, DoesNotFit, OverBudget, Overflow, Period
from studybuddy.domain.money import dollars
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.tick import Tick


@dataclass(frozen=True, slots=True)
class Way:
    """What the student chose, so that the turn can go on."""

    overflow: Overflow | None = None
    """What may happen to what does not fit; `None` where that was not the question."""
    always: bool = False
    """Whether that holds for this conversation from now on."""


class RefusalScreen(Dialog[Way | None]):
    """A text that scrolls where there are few lines, above what can be done; `None` for nothing."""

    VERTICAL_BREAKPOINTS = BREAKPOINTS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-usual")]
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def action_leave(self) -> None:
        """Go back to the prompt."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Show more of the text, where there are few lines."""
        self.query_one(".texts").scroll_relative(y=lines, animate=False, immediate=True)


class TooLongScreen(RefusalScreen):
    """Asks what to do with a conversation that the model can't hold; `None` to edit it first."""

    BINDINGS = [
        Binding("d", "make_fit('drop')", "Drop", show=False),
        Binding("s", "make_fit('summarise')", "Sum up", show=False),
        Binding("a", "always", "Always", show=False),
    ]

    def __init__(self, obstacle: DoesNotFit) -> None:
        super().__init__()
        self._obstacle = obstacle

    def compose(self) -> ComposeResult:
        obstacle = self._obstacle
        one = obstacle.droppable == 1
        oldest = "1 message" if one else f"{obstacle.droppable:,} messages"
        summed = "it" if one else "them"
        if obstacle.summing is not None and obstacle.summing.messages != obstacle.droppable:
            messages = obstacle.summing.messages
            summed = "the oldest message" if messages == 1 else f"the oldest {messages:,} messages"
        takes = obstacle.summing or "which takes a request of its own"
        with Vertical(classes="dialog refusal"):
            yield Label("This is too long for the model", classes="title")
            with VerticalScroll(classes="texts", can_focus=False):
                yield Label(f"{too_long(obstacle)} Nothing was sent.", markup=False)
                yield Label(
                    f"Shorten it, or leave the oldest {'message' if one else oldest} out (pinned "
                    f"ones stay), or let the model sum {summed} up, {takes}. "
                    "The conversation itself keeps them all.",
                    id="note",
                )
            yield Tick("Always do that in this conversation (a)", compact=True, id="always")
            with Horizontal(classes="buttons"):
                yield Button(f"Drop {oldest} (d)", id="drop", variant="primary")
                yield Button(f"Sum {_those(obstacle)} up (s)", id="summarise")
                yield Button("Edit (Esc)", id="edit")

    def on_mount(self) -> None:
        self.query_one("#edit").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "edit":
            self.dismiss(None)
        else:
            self.action_make_fit(event.button.id or "")

    def action_make_fit(self, overflow: str) -> None:
        """Send it in that way."""
        always = self.query_one("#always", Tick).value
        self.dismiss(Way(Overflow(overflow), always))

    def action_always(self) -> None:
        """Choose whether it is done from now on, too."""
        self.query_one("#always", Tick).toggle()


class OverBudgetScreen(RefusalScreen):
    """Asks whether to go on beyond a budget; `None` to leave it."""

    BINDINGS = [
        Binding("l", "lift", "Lift", show=False),
    ]

    def __init__(self, obstacle: OverBudget) -> None:
        super().__init__()
        self._obstacle = obstacle

    def compose(self) -> ComposeResult:
        states = self._obstacle.states
        one = len(states) == 1
        with Vertical(classes="dialog refusal"):
            yield Label(
                f"{'A budget stands' if one else 'Budgets stand'} in the way", classes="title"
            )
            with VerticalScroll(classes="texts", can_focus=False):
                yield Label(f"{self._obstacle} Nothing was sent.", markup=False)
                if one:  # of several, what is said of each is enough
                    yield Label(used_of(states[0]), markup=False)
                yield Label(f"{_lifting(states)} Budgets are set in the settings file.", id="note")
            with Horizontal(classes="buttons"):
                yield Button(
                    f"Lift {'it' if one else 'them'} and send (l)", id="lift", variant="warning"
                )
                yield Button("Leave it (Esc)", id="edit")

    def on_mount(self) -> None:
        self.query_one("#edit").focus()

    @on(Button.Pressed, "#lift")
    def action_lift(self) -> None:
        """Go on beyond it."""
        self.dismiss(Way())

    @on(Button.Pressed, "#edit")
    def _left(self) -> None:
        self.action_leave()


_LIFTED = {
    Period.REQUEST: "holds for this one request",
    Period.CONVERSATION: "lets this conversation go on until you leave the app",
    Period.DAY: "lets all go on until midnight",
    Period.MONTH: "lets all go on until the month is over",
}


def _lifting(states: Sequence[BudgetState]) -> str:
    """What lifting them does, in a sentence."""
    if len(states) == 1:
        return f"Lifting it sends this now, and {_LIFTED[states[0].period]}."
    does = "; that of ".join(f"the {s.period.value} {_LIFTED[s.period]}" for s in states)
    return f"Lifting them sends this now. Lifting that of {does}."


def _those(obstacle: DoesNotFit) -> str:
    """What a summary would stand for, on its button."""
    messages = obstacle.summing.messages if obstacle.summing is not None else 0
    if messages in (0, obstacle.droppable):
        return "it" if obstacle.droppable == 1 else "them"
    return "1 message" if messages == 1 else f"{messages:,} messages"


def too_long(obstacle: DoesNotFit) -> str:
    """By how much it is too long, in a sentence."""
    about = "" if obstacle.exact else "about "
    text = f"It takes {about}{obstacle.tokens:,} tokens; the model has room for {obstacle.room:,}"
    if obstacle.tokens <= obstacle.room and obstacle.margin:
        return f"{text}, and {obstacle.margin:,} of them stay free since this is an estimate."
    return f"{text}: {about}{obstacle.tokens - obstacle.room:,} too many."


def used_of(state: BudgetState) -> str:
    """What is used of a budget, and what sending would add."""
    if state.amount.nanodollars is not None:
        used, more = dollars(state.spent.nanodollars), dollars(state.coming.nanodollars)
    else:
        used, more = f"{state.spent.tokens:,}", f"{state.coming.tokens:,}"
    if state.period is Period.REQUEST:
        return f"This request takes at least {more} of {state.amount}."
    more = "what has no known price" if state.blind else f"at least {more}"
    return f"Used: {used} of {state.amount}. This would add {more}."
