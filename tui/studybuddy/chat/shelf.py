"""The order of conversations: titles, pins, folders, and what is out of the way or deleted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Conversation, OpenConversation, Titled
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.shelves import kept_heads

if TYPE_CHECKING:
    from studybuddy.chat.thread_forgetting import ThreadForgetter

KEPT_DAYS = 30
"""Days for which a deleted conversation can be brought back."""


class ConversationShelf:
    """Puts conversations in order; each method writes at once.

    Raises:
        StudyBuddyError: (any method) where the disk fails.
    """

    def __init__(
        self,
        store: ConversationStore,
        now: Callable[[], float] = time.time,
        forgetter: ThreadForgetter | None = None,
    ) -> None:
        """Take the store, the clock (Unix time, seconds), and who deletes threads on servers."""
        self._store = store
        self._now = now
        self._forgetter = forgetter

    async def rename(self, head: Conversation, title: str, titled: Titled) -> Conversation:
        """The conversation with that title; as it was where someone who goes before gave it one."""
        if not await self._store.rename(head.id, title, titled):
            return head
        return replace(head, title=title, titled=titled)

    async def arrange(
        self,
        head: Conversation,
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> Conversation:
        """The conversation as it stands in lists now; what is `None` stays as it is on disk."""
        folder = None if folder is None else " ".join(folder.split())
        await self._store.arrange(head.id, pinned=pinned, archived=archived, folder=folder)
        return replace(
            head,
            pinned=head.pinned if pinned is None else pinned,
            archived=head.archived if archived is None else archived,
            folder=head.folder if folder is None else folder,
        )

    async def head(self, conversation_id: str) -> Conversation | None:
        """The head of a stored conversation; `None` where there is none of that id."""
        return await self._store.head(conversation_id)

    async def all(self) -> AsyncIterator[OpenConversation]:
        """Every conversation that is not deleted, the archived ones too, one after another."""
        async for head in kept_heads(self._store):
            if (opened := await self._store.load(head.id)) is not None:
                yield opened

    async def folders(self) -> Sequence[str]:
        """The folders that there are, by name."""
        return await self._store.folders()

    async def discard(self, conversation_id: str) -> None:
        """Delete a conversation; `restore` brings it back for some weeks."""
        await self._store.discard(conversation_id)

    async def restore(self, conversation_id: str) -> None:
        """Bring back a deleted conversation."""
        await self._store.restore(conversation_id)

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation for good, its threads too where their server can be reached."""
        head = await self._store.head(conversation_id)
        asked = head is not None and bool(head.assistant_id)
        messages = await self._store.tree(conversation_id) if asked else ()
        await self._store.delete(conversation_id)
        if head is not None and self._forgetter is not None:
            self._forgetter.forget_all_of(head, messages)

    async def purge(self) -> int:
        """Delete for good what was deleted weeks ago; returns how many.

        No server is asked for that: threads of theirs stay there.
        """
        return await self._store.purge(self._now() - KEPT_DAYS * 86_400)
