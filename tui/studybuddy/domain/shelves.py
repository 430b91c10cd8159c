"""Which conversations a list shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.messages import Conversation
    from studybuddy.domain.ports import ConversationStore


class Shelf(StrEnum):
    """Where a conversation is."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Place:
    """What a list is about."""

    shelf: Shelf = Shelf.ACTIVE
    folder: str | None = None
    """Only what is in this folder; empty for what is in none, `None` for all."""


EVERYTHING_ACTIVE = Place()
_MORE_THAN_THERE_ARE = 1_000_000_000


async def kept_heads(store: ConversationStore) -> AsyncIterator[Conversation]:
    """The heads of all conversations that are not deleted, the archived ones last."""
    for shelf in (Shelf.ACTIVE, Shelf.ARCHIVED):
        # At once: from one page to the next, one that is used moves to the front.
        for head in await store.recent(_MORE_THAN_THERE_ARE, place=Place(shelf)):
            yield head
