"""The branches of conversations that are kept in memory, and deleted messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studybuddy.domain.messages import Conversation, Message, MessageState
from studybuddy.domain.problems import Problem, StudyBuddyError

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

    async def show(self, conversation_id: str, leaf_id: str | None) -> None:
        self.check()
        owner, _ = self.data.messages.get(leaf_id or "", (conversation_id, None))
        if leaf_id is None or (leaf_id in self.data.messages and owner == conversation_id):
            self.change(conversation_id, leaf_id=leaf_id)

    async def set_deleted(self, message_ids: Sequence[str], deleted: bool) -> None:
        self.check()
        for message_id in self.data.messages.keys() & set(message_ids):
            owner, message = self.data.messages[message_id]
            self.data.messages[message_id] = owner, replace(message, deleted=deleted)

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
        return added

    def _name(self, conversation_id: str, message_id: str) -> str:
        """The id that an inserted message is stored by: not one that another conversation has."""
        owner, _ = self.data.messages.get(message_id, (conversation_id, None))
        return message_id if owner == conversation_id else f"{conversation_id}-{message_id}"
