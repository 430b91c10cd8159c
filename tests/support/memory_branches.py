"""The branches of conversations that are kept in memory, and deleted messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studybuddy.domain.messages import Conversation, Message, MessageState, OpenConversation
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.tree import MessageTree

if TYPE_CHECKING:
    from tests.support.memory_store import MemoryData


class MemoryBranches:
    """The part of a `MemoryConversationStore` that is about single messages of a tree."""

    data: MemoryData
    failing: Problem | None

    def check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)

    def change(self, conversation_id: str, **changes: Any) -> None:
        if old := self.data.conversations.get(conversation_id):
            self.data.conversations[conversation_id] = replace(old, **changes)

    async def tree(self, conversation_id: str) -> Sequence[Message]:
        self.check()
        for message_id, (owner, message) in self.data.messages.items():
            alive = self.data.owners.get(message_id) in self.data.running
            if message.state is MessageState.STREAMING and not alive:
                cut = replace(message, state=MessageState.INTERRUPTED)
                self.data.messages[message_id] = owner, cut
        return [m for owner, m in self.data.messages.values() if owner == conversation_id]

    async def unchanged(
        self, conversation_id: str, shown: Sequence[str], *, alone: bool = False
    ) -> Conversation | None:
        opened = await type(self).load(self, conversation_id)  # not one that a test holds up
        if opened is None or [message.id for message in opened.messages] != list(shown):
            return None
        there = [m for m in await self.tree(conversation_id) if not m.deleted]
        return None if alone and len(there) != len(shown) else opened.head

    async def set_thread(
        self, conversation_id: str, thread_id: str, shown: Sequence[str] = ()
    ) -> bool:
        self.check()
        if thread_id and await self.unchanged(conversation_id, shown) is None:
            return False
        self.change(conversation_id, thread_id=thread_id)
        return True

    async def load(self, conversation_id: str) -> OpenConversation | None:
        messages = await self.tree(conversation_id)
        if (head := self.data.conversations.get(conversation_id)) is None:
            return None
        tree = MessageTree(messages)
        shown = tree.branch(head.leaf_id)
        others = {message.id: tree.alternatives(message.id) for message in shown}
        counts = {
            name: (ids.index(name) + 1, len(ids)) for name, ids in others.items() if len(ids) > 1
        }
        if any(message.id == head.leaf_id for message in messages):
            head = replace(head, leaf_id=shown[-1].id if shown else None)
        return OpenConversation(head, shown, counts)

    async def head(self, conversation_id: str) -> Conversation | None:
        self.check()
        return self.data.conversations.get(conversation_id)

    async def show(self, conversation_id: str, leaf_id: str | None) -> None:
        self.check()
        owner, _ = self.data.messages.get(leaf_id or "", (conversation_id, None))
        if leaf_id is None or (leaf_id in self.data.messages and owner == conversation_id):
            self.change(conversation_id, leaf_id=leaf_id, thread_id="")

    async def set_deleted(
        self, message_ids: Sequence[str], deleted: bool, *, show: str | None = None
    ) -> None:
        self.check()
        for message_id in self.data.messages.keys() & set(message_ids):
            owner, message = self.data.messages[message_id]
            self.data.messages[message_id] = owner, replace(message, deleted=deleted)
            self.change(owner, thread_id="")
        if show in self.data.messages:
            self.change(self.data.messages[show][0], leaf_id=show)

    async def insert(self, conversation: Conversation, messages: Sequence[Message]) -> int:
        self.check()
        names = {m.id: self._name(conversation.id, m.id) for m in messages}
        last = names[messages[-1].id] if messages else None
        leaf = names.get(conversation.leaf_id or "", last)
        head = self.data.conversations.setdefault(
            conversation.id, replace(conversation, leaf_id=leaf)
        )
        self.change(head.id, leaf_id=head.leaf_id or leaf)
        added = 0
        for message in messages:
            if (name := names[message.id]) not in self.data.messages:
                added += 1
                streams = message.state is MessageState.STREAMING
                state = MessageState.INTERRUPTED if streams else message.state
                parent = names.get(message.parent_id or "", message.parent_id)
                new = replace(message, id=name, parent_id=parent, state=state)
                self.data.messages[name] = conversation.id, new
                self.change(conversation.id, thread_id="")
        return added

    def _name(self, conversation_id: str, message_id: str) -> str:
        """The id that an inserted message is stored by: not one that another conversation has."""
        other = f"{conversation_id}-{message_id}"
        if message_id in self.data.messages:
            owner, _ = self.data.messages[message_id]
            return message_id if owner == conversation_id else other
        return other if other in self.data.messages else message_id
