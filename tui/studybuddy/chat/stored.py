"""A conversation's shown branch and its copy on disk: what every kind of session shares."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.context import request_messages
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnFailed, TurnStarted
from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    OpenConversation,
    Role,
    new_id,
)
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow

_log = logging.getLogger(__name__)

TITLE_LENGTH = 60
"""Characters of a title taken from the first question."""

ELSEWHERE = Problem(
    ProblemKind.BAD_REQUEST,
    "This is being answered in another window of StudyBuddy.",
    "Wait until it has ended there, or go on there.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that is about to begin."""

    question: Message
    replaced: tuple[Message, ...] = ()
    """The end of the shown branch that leaves it for this turn."""
    anew: bool = False
    """Whether the question is one that is in the branch already."""


class StoredConversation:
    """A conversation that is stored with its first message or draft."""

    def __init__(self, opened: OpenConversation, store: ConversationStore, *, new: bool) -> None:
        self.head = opened.head
        self._messages = list(opened.messages)
        self._store = store
        self._unsaved = new

    @property
    def messages(self) -> Sequence[Message]:
        """The shown branch, oldest first."""
        return self._messages

    @property
    def busy(self) -> bool:
        """Whether a turn is under way here."""
        raise NotImplementedError

    @property
    def elsewhere(self) -> bool:
        """Whether its last answer is being written by another window of the app."""
        last = self._messages[-1] if self._messages else None
        return last is not None and last.state is MessageState.STREAMING and not self.busy

    async def taken(self, *, again: bool) -> bool:
        """Whether another window is answering, or has just done so where it is asked `again`.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        if not self.elsewhere:
            return False
        await self.refresh()
        done = bool(self._messages) and self._messages[-1].state is MessageState.COMPLETE
        return self.elsewhere or (again and done)

    async def refresh(self) -> bool:
        """Take over what other windows did; `False` where it was deleted.

        Does nothing while a turn is under way here.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        before = self.head
        opened = await self._store.load(before.id)
        if opened is None:
            return self._unsaved
        if not self.busy and self.head is before:
            self.head = opened.head
            self._messages = list(opened.messages)
            self._unsaved = False
        return True

    def last_question(self) -> Message | None:
        """The student's latest message of the shown branch."""
        return next((m for m in reversed(self._messages) if m.role is Role.USER), None)

    def context(self) -> tuple[tuple[Role, str], ...]:
        """Role and text of what the next question is asked with."""
        return request_messages(self.head.system_prompt, self._messages)

    def ask(self, text: str) -> Asked:
        """A turn that asks `text`.

        A turn before it that asked the same and came to nothing is replaced by this one.
        """
        parent = self._messages[-1].id if self._messages else None
        replaced: tuple[Message, ...] = ()
        asked = self.last_question()
        if asked and asked.text.strip() == text.strip() and _came_to_nothing(self._messages[-1]):
            replaced = tuple(self._messages[-2:])
            parent = replaced[0].parent_id
        return Asked(Message(new_id(), Role.USER, text, time.time(), parent), replaced)

    def ask_again(self) -> Asked:
        """A turn that asks the last question again; the answer before stays as a branch.

        Raises:
            ValueError: where there is no question yet.
        """
        question = self.last_question()
        if question is None:
            raise ValueError("there is no question to ask again")
        replaced = tuple(self._messages[self._messages.index(question) + 1 :])
        return Asked(question, replaced, anew=True)

    def branch(self, asked: Asked) -> list[Message]:
        """The shown branch as the turn will leave it, up to its question."""
        branch = self._messages[: len(self._messages) - len(asked.replaced)]
        return branch if asked.anew else [*branch, asked.question]

    async def begin(
        self, asked: Asked, answer: Message, endpoint: Endpoint
    ) -> TurnStarted | TurnFailed:
        """Bring question and answer's place to disk and into the branch, and say so."""
        branch = self.branch(asked)
        try:
            await self.store_turn(asked, answer, endpoint)
        except StudyBuddyError as error:
            return failed(answer, error.problem)
        self._messages = [*branch, answer]
        return TurnStarted(asked.question, answer, tuple(m.id for m in asked.replaced))

    async def store_turn(self, asked: Asked, answer: Message, endpoint: Endpoint) -> None:
        """Write the head, the question where it is new, and the answer's place.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        self.head = replace(
            self.head,
            title=self.head.title or title_from(asked.question.text),
            updated_at=time.time(),
            endpoint=endpoint.name,
            model=endpoint.model,
            draft="",
        )
        await self.save()
        if asked.anew:
            await self._store.add(self.head.id, answer)
        else:
            await self._store.add(self.head.id, asked.question, answer)
        try:
            # By now something new may have been typed.
            await self._store.save_draft(self.head.id, self.head.draft)
        except StudyBuddyError as error:
            _log.warning("the draft of %s was not cleared: %s", self.head.id, error)

    async def save(self) -> None:
        """Write the conversation's head."""
        await self._store.save(self.head)
        if self._unsaved:
            await self._store.mark_opened(self.head.id)
            self._unsaved = False

    async def save_draft(self, draft: str) -> None:
        """Keep what is typed; a conversation that is new begins to exist with its first word."""
        if draft == self.head.draft or (self._unsaved and not draft):
            return
        if self._unsaved:
            await self.save()
        await self._store.save_draft(self.head.id, draft)
        self.head = replace(self.head, draft=draft)

    async def pin(self, message_id: str, pinned: bool) -> None:
        """Let a message stay in the context where older ones are dropped, or no longer.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self._store.pin(message_id, pinned)
        for place, message in enumerate(self._messages):
            if message.id == message_id:
                self._messages[place] = replace(message, pinned=pinned)

    async def set_limits(
        self, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        """Set this conversation's own limits from the next turn on; `None` for what is set for all.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        self.head = replace(
            self.head, max_completion_tokens=max_completion_tokens, overflow=overflow
        )
        if not self._unsaved:
            await self._store.set_limits(self.head.id, max_completion_tokens, overflow)

    async def set_system_prompt(self, prompt: str) -> None:
        """Change the system prompt from the next turn on."""
        self.head = replace(self.head, system_prompt=prompt)
        if not self._unsaved:
            await self.save()


def failed(answer: Message, problem: Problem) -> TurnFailed:
    """The end of a turn that came to nothing."""
    return TurnFailed(replace(answer, state=MessageState.FAILED, error=str(problem)), problem)


def answer_to(question: Message, model: str = "") -> Message:
    """The place of an answer that is about to come."""
    now = time.time()
    return Message(new_id(), Role.ASSISTANT, "", now, question.id, MessageState.STREAMING, model)


def new_conversation(system_prompt: str = "", mode: Mode = Mode.COMPLETION) -> Conversation:
    """A conversation that nothing was said in yet."""
    now = time.time()
    return Conversation(new_id(), "", now, now, mode, system_prompt)


def title_from(question: str) -> str:
    """The first line with words in it, cut at a word where it is long."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"


def _came_to_nothing(answer: Message) -> bool:
    return (
        answer.role is Role.ASSISTANT
        and answer.state is not MessageState.COMPLETE
        and not answer.text
    )
