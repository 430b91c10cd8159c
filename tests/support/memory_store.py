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
    runs: dict[str, tuple[str, FollowedRun]] = field(default_factory=dict)
    """Run id to the instance that follows it, and the run."""


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
        self.runs = MemoryRunStore(self)

    @property
    def instance(self) -> str:
        """The id of the instance of the app that this is."""
        return self._id

    def check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)

    async def save(self, conversation: Conversation) -> None:
        self.check()
        if old := self.data.conversations.get(conversation.id):
            conversation = replace(
                old,
                title=conversation.title,
                mode=conversation.mode,
                system_prompt=conversation.system_prompt,
                endpoint=conversation.endpoint,
                model=conversation.model,
                updated_at=max(old.updated_at, conversation.updated_at),
                thread_id=conversation.thread_id,
                assistant_id=conversation.assistant_id,
                assistant_name=conversation.assistant_name,
            )
        self.data.conversations[conversation.id] = conversation

    async def recent(
        self,
        limit: int,
        before: tuple[float, str] | None = None,
        mode: Mode | None = None,
    ) -> Sequence[Conversation]:
        self.check()
        wanted = [h for h in self.data.conversations.values() if mode in (None, h.mode)]
        newest = sorted(wanted, key=_key, reverse=True)
        return [head for head in newest if before is None or _key(head) < before][:limit]

    async def load(self, conversation_id: str) -> OpenConversation | None:
        self.check()
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
        self.check()
        return self.data.opened if self.data.opened in self.data.conversations else None

    async def mark_opened(self, conversation_id: str) -> None:
        self.check()
        self.data.opened = conversation_id

    async def add(self, conversation_id: str, *messages: Message) -> None:
        self.check()
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
        self.check()
        owner, message = self.data.messages.get(message_id, ("", None))
        if message is not None and message.state is MessageState.STREAMING:
            self.data.messages[message_id] = owner, replace(message, text=text)

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
        if old := self.data.conversations.get(conversation_id):
            self.data.conversations[conversation_id] = replace(old, draft=draft)

    async def set_limits(
        self, conversation_id: str, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        self.check()
        if old := self.data.conversations.get(conversation_id):
            self.data.conversations[conversation_id] = replace(
                old, max_completion_tokens=max_completion_tokens, overflow=overflow
            )

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        self.check()
        newest = sorted(
            (m.created_at, number, m.text)
            for number, (_, m) in enumerate(self.data.messages.values())
            if m.role is Role.USER
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


class MemoryRunStore:
    """`domain.assistant_ports.RunStore` on the data of a `MemoryConversationStore`."""

    def __init__(self, store: MemoryConversationStore) -> None:
        self._store = store

    @property
    def _data(self) -> MemoryData:
        return self._store.data

    async def follow(self, run: FollowedRun) -> None:
        self._store.check()
        if self._data.messages.get(run.answer_id, ("",))[0] == run.conversation_id:
            self._data.runs[run.run_id] = self._store.instance, run

    async def run_over(self, run_id: str) -> None:
        self._store.check()
        self._data.runs.pop(run_id, None)

    async def save_action_draft(self, run_id: str, draft: str) -> None:
        self._store.check()
        if run_id in self._data.runs:
            owner, run = self._data.runs[run_id]
            self._data.runs[run_id] = owner, replace(run, action_draft=draft)

    async def claim_runs(self) -> Sequence[FollowedRun]:
        self._store.check()
        claimed = []
        for run_id, (owner, run) in list(self._data.runs.items()):
            if owner in self._data.running:
                continue
            place, answer = self._data.messages[run.answer_id]
            if answer.state not in (MessageState.STREAMING, MessageState.INTERRUPTED):
                del self._data.runs[run_id]
                continue
            self._data.runs[run_id] = self._store.instance, run
            self._data.owners[answer.id] = self._store.instance
            self._data.messages[answer.id] = place, replace(answer, state=MessageState.STREAMING)
            claimed.append(run)
        return claimed


def _key(head: Conversation) -> tuple[float, str]:
    return head.updated_at, head.id
