"""Searching all conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from studybuddy.domain.messages import Conversation, Mode, Role


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for."""

    text: str
    """Words, each of which has to occur; the last may be the beginning of one."""
    mode: Mode | None = None
    model: str = ""
    """A part of the model's name: then only what such a model wrote is found, and titles."""
    since: float | None = None
    """Unix time, seconds: messages written then or later."""
    until: float | None = None
    """Unix time, seconds: messages written before."""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where it was found."""

    conversation: Conversation
    message_id: str
    """Empty where the title alone has it."""
    role: Role | None
    created_at: float
    """Unix time, seconds, of the message or the conversation."""
    excerpt: str
    """The text around it, in one line."""
    marks: tuple[tuple[int, int], ...] = ()
    """Where in the excerpt the words are: begin and end."""


class ConversationSearch(Protocol):
    """Full-text search over all conversations that are not deleted, in all their branches."""

    async def search(self, query: Query, limit: int = 50) -> Sequence[Hit]:
        """The best places, best first; at most a few of one conversation; none for no words.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    async def unread(self) -> int:
        """About how many messages can't be found yet, since they are still being read; mostly 0.

        Reading goes on while the app runs, once something was searched for, the newest first.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    async def models(self) -> Sequence[str]:
        """The models that answered, most used first."""
        ...
