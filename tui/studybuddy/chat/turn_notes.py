"""What the student is told about a turn in completion mode, beside its answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from studybuddy.domain.events import BudgetNear, ContextFitted

if TYPE_CHECKING:
    from studybuddy.chat.clearing import Cleared
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.kept_texts import KeptAnswer


def told(cleared: Cleared) -> list[TurnEvent]:
    """What the student is to know of a turn that has begun."""
    fitted = cleared.fitted
    events: list[TurnEvent] = []
    if fitted.dropped or fitted.summarised:
        events.append(ContextFitted(len(fitted.dropped), len(fitted.summarised)))
    return [*events, *(BudgetNear(state) for state in cleared.warnings)]


def cut(cleared: Cleared) -> str:
    """That an answer is as long as it may be."""
    if cleared.ends_at is not None:
        return f"Stopped: {cleared.ends_at.name} is used up."
    tokens = cleared.request.max_completion_tokens or 0
    return f"The answer was cut at {tokens:,} tokens, the longest that is allowed here."


def kept_on(kept: KeptAnswer) -> str:
    """That an answer was given before."""
    day = datetime.fromtimestamp(kept.created_at)
    saved = f", {kept.usage.total:,} tokens saved" if kept.usage.total else ""
    return f"Kept answer of {day.day} {day:%b}: nothing was sent{saved}."
