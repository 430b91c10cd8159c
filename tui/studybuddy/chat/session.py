"""One conversation's life: send, stop, retry."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from studybuddy.chat.answer import Answering
from studybuddy.chat.context import request_messages
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnEvent, TurnFailed, TurnStarted
from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    OpenConversation,
    Role,
    new_id,
)
from studybuddy.domain.ports import Connector, ConversationStore
from studybuddy.domain.problems import StudyBuddyError

_log = logging.getLogger(__name__)

TITLE_LENGTH = 60
"""Characters of a title taken from the first question."""


class ChatSession:
    """A conversation in completion mode: the history is kept here and sent again each turn."""

    def __init__(
        self, opened: OpenConversation, store: ConversationStore, connector: Connector, *, new: bool
    ) -> None:
        self.head = opened.head
        self._messages = list(opened.messages)
        self._store = store
        self._connector = connector
        self._unsaved = new
        self._answering: Answering | None = None

    @property
    def messages(self) -> Sequence[Message]:
        """The shown branch, oldest first."""
        return self._messages

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._answering is not None and not self._answering.over

    def last_question(self) -> Message | None:
        """The student's latest message of the shown branch."""
        return next((m for m in reversed(self._messages) if m.role is Role.USER), None)

    def context(self) -> tuple[tuple[Role, str], ...]:
        """Role and text of what the next question is asked with."""
        return request_messages(self.head.system_prompt, self._messages)

    def send(self, text: str, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        The question is on disk before the request leaves. A turn before it that asked the same
        and came to nothing is replaced by this one.
        """
        parent = self._messages[-1].id if self._messages else None
        replaced: tuple[Message, ...] = ()
        asked = self.last_question()
        if asked and asked.text.strip() == text.strip() and _came_to_nothing(self._messages[-1]):
            replaced = tuple(self._messages[-2:])
            parent = replaced[0].parent_id
        question = Message(new_id(), Role.USER, text, time.time(), parent)
        return self._turn(question, replaced, endpoint, ask_anew=False)

    def retry(self, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again; the answer before stays in the store as a branch.

        Raises:
            ValueError: where there is no question yet.
        """
        question = self.last_question()
        if question is None:
            raise ValueError("there is no question to ask again")
        replaced = tuple(self._messages[self._messages.index(question) + 1 :])
        return self._turn(question, replaced, endpoint, ask_anew=True)

    async def _turn(
        self,
        question: Message,
        replaced: tuple[Message, ...],
        endpoint: Endpoint,
        *,
        ask_anew: bool,
    ) -> AsyncGenerator[TurnEvent]:
        if self.busy:
            raise RuntimeError("a turn is under way")
        answer = Message(
            new_id(),
            Role.ASSISTANT,
            "",
            time.time(),
            question.id,
            MessageState.STREAMING,
            endpoint.model,
        )
        answering = Answering(answer, endpoint, self._store, self._connector, random.random)
        self._answering = answering
        try:
            branch = self._messages[: len(self._messages) - len(replaced)]
            if not ask_anew:
                branch.append(question)
            try:
                await self._store_turn(question, answer, endpoint, ask_anew=ask_anew)
            except StudyBuddyError as error:
                failed = replace(answer, state=MessageState.FAILED, error=str(error))
                yield TurnFailed(failed, error.problem)
                return
            self._messages = [*branch, answer]
            yield TurnStarted(question, answer, tuple(message.id for message in replaced))
            try:
                async with aclosing(answering.events(self.head.system_prompt, branch)) as events:
                    async for event in events:
                        yield event
            finally:
                self._messages[-1] = answering.message
        finally:
            answering.release()
            if self._answering is answering:
                self._answering = None

    async def _store_turn(
        self, question: Message, answer: Message, endpoint: Endpoint, *, ask_anew: bool
    ) -> None:
        now = time.time()
        self.head = replace(
            self.head,
            title=self.head.title or title_from(question.text),
            updated_at=now,
            endpoint=endpoint.name,
            model=endpoint.model,
            draft="",
        )
        await self.save()
        if ask_anew:
            await self._store.add(self.head.id, answer)
        else:
            await self._store.add(self.head.id, question, answer)
        try:
            # By now something new may have been typed.
            await self._store.save_draft(self.head.id, self.head.draft)
        except StudyBuddyError as error:
            _log.warning("the draft of %s was not cleared: %s", self.head.id, error)

    async def stop(self) -> None:
        """Stop the answer, keep what came, and return when that is on disk."""
        if self._answering is not None:
            await self._answering.stop()

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

    async def set_system_prompt(self, prompt: str) -> None:
        """Change the system prompt from the next turn on."""
        self.head = replace(self.head, system_prompt=prompt)
        if not self._unsaved:
            await self.save()


def new_conversation(system_prompt: str) -> Conversation:
    """A conversation that nothing was said in yet."""
    now = time.time()
    return Conversation(new_id(), "", now, now, system_prompt=system_prompt)


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
