"""Texts that are kept to save tokens: summaries, and answers to be given again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from studybuddy.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the beginning of a conversation where that does not fit any more."""

    conversation_id: str
    covers_id: str
    """The last message that it sums up; all before it on its branch are summed up too.

    Where some of them were deleted before, what was left of them is in it too.
    """
    text: str
    created_at: float
    """Unix time, seconds."""


class SummaryStore(Protocol):
    """Summaries on disk.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def summaries(self, conversation_id: str) -> Sequence[Summary]:
        """Those of a conversation, the newest first."""
        ...

    async def keep_summary(self, summary: Summary) -> None:
        """Write one; nothing where the conversation is gone."""
        ...


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that may be given again to the same question in the same context."""

    key: str
    """Names question, context, model and endpoint: hexadecimal digits that tell none of them."""
    text: str
    model: str
    usage: Usage
    """What making it used."""
    created_at: float
    """Unix time, seconds."""


class AnswerCache(Protocol):
    """Answers on disk, to be given again.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def find_answer(self, key: str, not_before: float) -> KeptAnswer | None:
        """The answer of that key, unless it was made before that Unix time."""
        ...

    async def keep_answer(self, answer: KeptAnswer) -> None:
        """Write an answer, in place of one of the same key."""
        ...

    async def clear_answers(self, before: float | None = None) -> int:
        """Delete those made before that Unix time, or all, and tell how many."""
        ...
