"""The conversation store kept in memory: what the tests of the screen and the chat run on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from studybuddy.domain.assistant_ports import FollowedRun
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    Role,
    Titled,
    new_id,
)
from studybuddy.domain.problems import SHOWN_OTHERWISE, Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example
from studybuddy.domain.shelves import EVERYTHING_ACTIVE, Place, Shelf
from tests.support.memory_branches import MemoryBranches
from tests.support.memory_runs import MemoryRunStore


@dataclass
class MemoryData:
    """What several stores can share, as instances of the app share a database."""

    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, tuple[str, Message]] = field(default_factory=dict)
    """Message id to conversation id and message, in the order of writing."""
    owners: dict[str, str] = field(default_factory=dict)
    """Id of a streaming message to the instance that streams it."""
    running: set[str] = field(default_factory=set)
    opened: str | None = None
    runs: dict[str, tuple[str, FollowedRun]] = field(default_factory=dict)
    """Run id to the instance that follows it, and the run."""


class MemoryConversationStore(MemoryBranches):
    """`domain.ports.ConversationStore` without a disk.

    `failing` is raised by every call while it is set: the disk that a test needs broken.
    """

    def __init__(
        self, data: MemoryData | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.data = data or MemoryData()
        self.failing: Problem | None = None
        self._clock = clock
        self._id = new_id()
        self.data.running.add(self._id)
        self.runs = MemoryRunStore(self)

    @property
    def instance(self) -> str:
        """The id of the instance of the app that this is."""
        return self._id

    async def save(self, conversation: Conversation, *, new: bool = True) -> None:
        self.check()
        old = self.data.conversations.get(conversation.id)
        if old is None and not new:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "It no longer exists."))
        if old := self.data.conversations.get(conversation.id):
            conversation = replace(
                old,
                title=old.title or conversation.title,
                titled=old.titled if old.title else conversation.titled,
                endpoint=conversation.endpoint,
                model=conversation.model,
                updated_at=max(old.updated_at, conversation.updated_at),
            )
        self.data.conversations[conversation.id] = conversation

    async def set_prompt(
        self, conversation_id: str, system_prompt: str, persona: str, examples: Sequence[Example]
    ) -> None:
        self.check()
        self.change(
            conversation_id,
            system_prompt=system_prompt,
            persona=persona,
            examples=tuple(examples),
        )

    async def set_assistant(
        self, conversation_id: str, assistant_id: str, assistant_name: str
    ) -> None:
        self.check()
        self.change(conversation_id, assistant_id=assistant_id, assistant_name=assistant_name)

    async def recent(
        self,
        limit: int,
        before: tuple[bool, float, str] | None = None,
        mode: Mode | None = None,
        place: Place = EVERYTHING_ACTIVE,
    ) -> Sequence[Conversation]:
        self.check()
        wanted = [
            head
            for head in self.data.conversations.values()
            if mode in (None, head.mode)
            and _shelf(head) is place.shelf
            and place.folder in (None, head.folder)
        ]
        newest = sorted(wanted, key=_key, reverse=True)
        return [head for head in newest if before is None or _key(head) < before][:limit]

    async def folders(self) -> Sequence[str]:
        self.check()
        heads = self.data.conversations.values()
        return sorted({h.folder for h in heads if h.deleted_at is None} - {""}, key=str.casefold)

    async def rename(self, conversation_id: str, title: str, titled: Titled) -> bool:
        self.check()
        old, order = self.data.conversations.get(conversation_id), list(Titled)
        if old is None or (old.title and order.index(old.titled) > order.index(titled)):
            return False
        self.change(conversation_id, title=title, titled=titled)
        return True

    async def arrange(
        self,
        conversation_id: str,
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> None:
        self.check()
        given = {"pinned": pinned, "archived": archived, "folder": folder}
        self.change(conversation_id, **{k: v for k, v in given.items() if v is not None})

    async def save_scroll(self, conversation_id: str, scroll: str) -> None:
        self.check()
        self.change(conversation_id, scroll=scroll)

    async def discard(self, conversation_id: str) -> None:
        self.check()
        old = self.data.conversations.get(conversation_id)
        if old is not None and old.deleted_at is None:
            self.change(conversation_id, deleted_at=self._clock())

    async def restore(self, conversation_id: str) -> None:
        self.check()
        self.change(conversation_id, deleted_at=None)

    async def purge(self, before: float) -> int:
        self.check()
        heads = self.data.conversations.values()
        gone = [h.id for h in heads if h.deleted_at is not None and h.deleted_at < before]
        for conversation_id in gone:
            await self.delete(conversation_id)
        return len(gone)

    async def last_opened(self) -> str | None:
        self.check()
        head = self.data.conversations.get(self.data.opened or "")
        return head.id if head and head.deleted_at is None else None

    async def mark_opened(self, conversation_id: str) -> None:
        self.check()
        self.data.opened = conversation_id

    async def add(
        self,
        conversation_id: str,
        *messages: Message,
        shown: Sequence[str] | None = None,
        thread_id: str = "",
    ) -> None:
        self.check()
        if not messages:
            return
        known = self.data.messages.keys() & {message.id for message in messages}
        head = self.data.conversations.get(conversation_id)
        if head is None or head.deleted_at is not None or known:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "That can't be added."))
        if shown is not None:
            now = await self.unchanged(conversation_id, shown)
            if now is None or thread_id not in ("", now.thread_id):
                raise StudyBuddyError(SHOWN_OTHERWISE)
        self.change(conversation_id, thread_id=thread_id)
        for message in messages:
            self.data.messages[message.id] = conversation_id, message
            if message.state is MessageState.STREAMING:
                self.data.owners[message.id] = self._id
        self._touch(conversation_id, messages[-1].id)

    async def journal(self, message_id: str, text: str, reasoning: str = "") -> None:
        self.check()
        owner, message = self.data.messages.get(message_id, ("", None))
        if message is not None and message.state is MessageState.STREAMING:
            self.data.messages[message_id] = owner, replace(message, text=text, reasoning=reasoning)

    async def finish(self, message: Message) -> None:
        self.check()
        if message.id not in self.data.messages:
            return
        owner, old = self.data.messages[message.id]
        self.data.messages[message.id] = (
            owner,
            replace(
                old,
                text=message.text,
                state=message.state,
                error=message.error,
                model=message.model,
                usage=message.usage,
                details=message.details,
                kept=message.kept,
                reasoning=message.reasoning,
                variation=message.variation,
                finish_reason=message.finish_reason,
            ),
        )
        self._touch(owner)

    async def pin(self, message_id: str, pinned: bool) -> None:
        self.check()
        if message_id in self.data.messages:
            owner, message = self.data.messages[message_id]
            self.data.messages[message_id] = owner, replace(message, pinned=pinned)

    async def save_draft(self, conversation_id: str, draft: str) -> None:
        self.check()
        self.change(conversation_id, draft=draft)

    async def set_limits(
        self, conversation_id: str, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        self.check()
        self.change(conversation_id, max_completion_tokens=max_completion_tokens, overflow=overflow)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        self.check()
        newest = sorted(
            (m.created_at, number, m.text)
            for number, (owner, m) in enumerate(self.data.messages.values())
            if m.role is Role.USER
            and not m.deleted
            and self.data.conversations[owner].deleted_at is None
        )
        return list(dict.fromkeys(text for _, _, text in reversed(newest)))[:limit]

    async def delete(self, conversation_id: str) -> None:
        self.check()
        self.data.conversations.pop(conversation_id, None)
        self.data.messages = {
            key: value for key, value in self.data.messages.items() if value[0] != conversation_id
        }
        self.data.runs = {
            key: value
            for key, value in self.data.runs.items()
            if value[1].conversation_id != conversation_id
        }

    async def close(self) -> None:
        """As at the end of the program: answers still streaming are interrupted ones."""
        self.data.running.discard(self._id)

    def _touch(self, conversation_id: str, leaf_id: str | None = None) -> None:
        old = self.data.conversations[conversation_id]
        self.data.conversations[conversation_id] = replace(
            old,
            updated_at=max(old.updated_at, self._clock()),
            leaf_id=leaf_id or old.leaf_id,
        )


def _key(head: Conversation) -> tuple[bool, float, str]:
    return head.pinned, head.updated_at, head.id


def _shelf(head: Conversation) -> Shelf:
    if head.deleted_at is not None:
        return Shelf.DELETED
    return Shelf.ARCHIVED if head.archived else Shelf.ACTIVE
