"""Which commands matter most by what the conversation on screen is at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.ui.steps_keeper import steps_of

if TYPE_CHECKING:
    from studybuddy.ui.turns import Turn


def urgent(
    turn: Turn | None, messages: Sequence[Message], *, anything_waits: bool
) -> tuple[str, ...]:
    """The ids of these commands, most urgent first.

    Args:
        turn: the latest turn of the conversation.
        messages: of the conversation, oldest first.
        anything_waits: whether a run waits for the student, here or in another thread.
    """
    commands = ["answer"] if anything_waits else []
    if turn is not None and not turn.over:
        commands.append("stop")
    elif _unanswered(messages):
        commands.append("retry")
    else:
        return tuple(commands)
    if steps_of(turn, messages, None):
        commands.append("steps")
    return tuple(commands)


def _unanswered(messages: Sequence[Message]) -> bool:
    last = messages[-1] if messages else None
    return last is not None and (
        last.role is Role.USER or last.state not in (MessageState.COMPLETE, MessageState.STREAMING)
    )
