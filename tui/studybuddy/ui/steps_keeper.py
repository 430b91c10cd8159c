"""The panel of a run's steps: beside the transcript or below it, made when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from studybuddy.domain.messages import Message

if TYPE_CHECKING:
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.runs import RunStep
    from studybuddy.ui.turns import Turn
    from studybuddy.ui.widgets.steps import StepsPanel


class StepsKeeper:
    """Shows the steps that `current` gives, and what changes in them."""

    def __init__(self, above: Widget, current: Callable[[], Sequence[RunStep] | None]) -> None:
        """Take the widget below which the panel goes, and where the steps are to be had.

        `current` gives `None` where a conversation can have none.
        """
        self._above = above
        self._current = current
        self._panel: StepsPanel | None = None
        self._open = False

    @property
    def panel(self) -> StepsPanel | None:
        """The panel, where it is open."""
        return self._panel if self._panel is not None and self._panel.display else None

    def toggle(self) -> None:
        """Open the panel, or fold it away."""
        self._open = not self._open
        if self._panel is None:
            from studybuddy.ui.widgets.steps import StepsPanel

            self._panel = StepsPanel(id="steps")
            parent = self._above.parent
            assert isinstance(parent, Widget)
            parent.mount(self._panel, after=self._above)
            self._panel.call_after_refresh(self.refresh)
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show the steps of what is on screen now."""
        if self._panel is None or not self._panel.is_mounted:
            return
        steps = self._current()
        self._panel.display = self._open and steps is not None
        if self._panel.display and steps is not None:
            self._panel.set_steps(steps)

    def take(self, event: TurnEvent) -> None:
        """Show a step that changed in the turn on screen."""
        from studybuddy.domain.events import StepChanged

        panel = self.panel
        if panel is not None and panel.is_mounted and isinstance(event, StepChanged):
            panel.update_step(event.step)


def steps_of(
    turn: Turn | None, messages: Sequence[Message], chosen: Message | None
) -> Sequence[RunStep]:
    """The steps of the chosen answer, of the turn under way, or of the last answer of a run."""
    if chosen is not None and chosen.details is not None:
        return chosen.details.steps
    if turn is not None and (turn.steps or not turn.over):
        return tuple(turn.steps.values())
    return next((m.details.steps for m in reversed(messages) if m.details), ())


def hint_of(
    turn: Turn | None, steps: Sequence[RunStep], keys: Mapping[str, str], *, chooses: bool = False
) -> str:
    """What the status line says that can be pressed.

    Args:
        turn: the latest of the conversation.
        steps: those that can be shown.
        keys: by the ids of their commands.
        chooses: whether something can be chosen about what stands in the turn's way.
    """
    if turn is not None and turn.required is not None:
        return f"{keys['answer']} answers"
    if turn is not None and not turn.over and turn.changed:
        return turn.changed
    if chooses:
        return f"{keys['answer']} chooses"
    if turn is not None and turn.answer is not None and turn.answer.kept:
        return f"{keys['retry']} asks afresh"
    count = sum(len(step.calls) or 1 for step in steps)  # as the panel counts its lines
    return f"{count} step{'s' * (count > 1)}: {keys['steps']}" if count else ""
