"""What a run is told beyond its assistant's own instructions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.messages import Conversation
    from studybuddy.domain.prompts import Example
    from studybuddy.domain.variations import Variation

_EXAMPLES = "Examples of how to answer; they are no part of this conversation."


def beyond_assistants(head: Conversation, variation: Variation | None = None) -> str:
    """The conversation's system prompt and examples, and how this one answer is to differ.

    Examples are told here, and not as messages: a thread has only what was said in it.
    """
    parts = (
        head.system_prompt,
        _told(head.examples),
        variation.instruction if variation else "",
    )
    return "\n\n".join(part for part in parts if part.strip())


def _told(examples: Sequence[Example]) -> str:
    shots = [f"Question: {shot.question}\nAnswer: {shot.answer}" for shot in examples]
    return "\n\n".join((_EXAMPLES, *shots)) if shots else ""
