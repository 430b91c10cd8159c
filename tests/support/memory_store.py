"""The conversation store kept in memory: what the tests of the screen and the chat run on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    OpenConversation,
    Role,
    new_id,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError


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


class MemoryConversationStore:
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

    def _check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)

    async def save(self, conversation: Conversation) -> None:
        self._check()
        if old := self.data.conversations.get(conversation.id):
            conversation = replace(
                old,
                title=conversation.title,
                mode=conversation.mode,
                system_prompt=conversation.system_prompt,
                endpoint=conversation.endpoint,
                model=conversation.model,
                updated_at=max(old.updated_at, conversation.updated_at),
            )
        self.data.conversations[conversation.id] = conversation

    async def recent(
        self, limit: int, before: tuple[float, str] | None = None
    ) -> Sequence[Conversation]:
        self._check()
        newest = sorted(self.data.conversations.values(), key=_key, reverse=True)
        return [head for head in newest if before is None or _key(head) < before][:limit]

    async def load(self, conversation_id: str) -> OpenConversation | None:
        self._check()
        if (head := self.data.conversations.get(conversation_id)) is None:
            return None
        for message_id, (owner, message) in self.data.messages.items():
            alive = self.data.owners.get(message_id) in self.data.running
            if message.state is MessageState.STREAMING and not alive:
                cut = replace(message, state=MessageState.INTERRUPTED)
                self.data.messages[message_id] = owner, cut
        branch: list[Message] = []
        at = head.leaf_id
        while at is not None and at in self.data.messages and len(branch) < len(self.data.messages):
            branch.append(self.data.messages[at][1])
            at = branch[-1].parent_id
        return OpenConversation(head, tuple(reversed(branch)))

    async def last_opened(self) -> str | None:
        self._check()
        return self.data.opened if self.data.opened in self.data.conversations else None

    async def mark_opened(self, conversation_id: str) -> None:
        self._check()
        self.data.opened = conversation_id

    async def add(self, conversation_id: str, *messages: Message) -> None:
        self._check()
        if not messages:
            return
        known = self.data.messages.keys() & {message.id for message in messages}
        if conversation_id not in self.data.conversations or known:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "That can't be added."))
        for message in messages:
            self.data.messages[message.id] = conversation_id, message
            if message.state is MessageState.STREAMING:
                self.data.owners[message.id] = self._id
        self._touch(conversation_id, messages[-1].id)

    async def journal(self, message_id: str, text: str) -> None:
        self._check()
        owner, message = self.data.messages.get(message_id, ("", None))
        if message is not None and message.state is MessageState.STREAMING:
            self.data.messages[message_id] = owner, replace(message, text=text)

    async def finish(self, message: Message) -> None:
        self._check()
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
            ),
        )
        self._touch(owner)

    async def save_draft(self, conversation_id: str, draft: str) -> None:
        self._check()
        if old := self.data.conversations.get(conversation_id):
            self.data.conversations[conversation_id] = replace(old, draft=draft)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        self._check()
        newest = sorted(
            (m.created_at, number, m.text)
            for number, (_, m) in enumerate(self.data.messages.values())
            if m.role is Role.USER
        )
        return list(dict.fromkeys(text for _, _, text in reversed(newest)))[:limit]

    async def delete(self, conversation_id: str) -> None:
        self._check()
        self.data.conversations.pop(conversation_id, None)
        self.data.messages = {
            key: value for key, value in self.data.messages.items() if value[0] != conversation_id
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


def _key(head: Conversation) -> tuple[float, str]:
    return head.updated_at, head.id
