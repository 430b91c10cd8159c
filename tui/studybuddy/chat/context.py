"""What of a conversation goes into a request."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from studybuddy.domain.messages import Message, MessageState, Role


def request_messages(
    system_prompt: str, messages: Sequence[Message]
) -> tuple[tuple[Role, str], ...]:
    """Role and text of what the model is shown, the system prompt first.

    A question whose answer failed, was stopped or broke off leaves the context with that
    answer; a question that ends `messages` is the one being asked, and stays.
    """
    kept: list[tuple[Role, str]] = []
    if system_prompt:
        kept.append((Role.SYSTEM, system_prompt))
    for message, follower in zip_longest(messages, messages[1:]):
        if message.state is not MessageState.COMPLETE:
            continue
        if (
            message.role is Role.USER
            and follower is not None
            and follower.role is Role.ASSISTANT
            and follower.state is not MessageState.COMPLETE
        ):
            continue
        kept.append((message.role, message.text))
    return tuple(kept)
