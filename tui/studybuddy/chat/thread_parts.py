"""What a run has to read beside the messages, in the words in which it is counted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.runs import SearchCall

if TYPE_CHECKING:
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.messages import Message


def functions_of(assistant: Assistant | None) -> list[tuple[str, str]]:
    """Name and description of each function that the assistant may ask for.

    The server's own tools are described in words of its own, which nobody knows.
    """
    if assistant is None:
        return []
    return [
        (function.name, f"{function.name}\n{function.description}\n{function.parameters}")
        for function in assistant.spec.functions
    ]


def passages_of(messages: Sequence[Message]) -> list[str]:
    """Passages that the last answer's searches found: the next one's may be as long."""
    last = next((m for m in reversed(messages) if m.details and m.details.run_id), None)
    if last is None or last.details is None:
        return []
    calls = [call for step in last.details.steps for call in step.calls]
    hits = [hit for call in calls if isinstance(call, SearchCall) for hit in call.hits]
    return [hit.text for hit in hits if hit.text]
