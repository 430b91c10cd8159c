"""A conversation in completion mode: send, stop, retry."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from studybuddy.chat.answer import Answering
from studybuddy.chat.limits import Limits
from studybuddy.chat.sessions import NOTHING_ALLOWED
from studybuddy.chat.stored import (
    ELSEWHERE,
    TITLE_LENGTH,
    Asked,
    StoredConversation,
    answer_to,
    failed,
    new_conversation,
    title_from,
)
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnEvent, TurnFailed
from studybuddy.domain.limits import Allowance
from studybuddy.domain.messages import OpenConversation
from studybuddy.domain.ports import Connector, ConversationStore

if TYPE_CHECKING:
    from studybuddy.domain.metering import ContextReport

__all__ = ["TITLE_LENGTH", "ChatSession", "new_conversation", "title_from"]


class ChatSession(StoredConversation):
    """A `Session` in completion mode: the history is kept here and sent again each turn."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        connector: Connector,
        limits: Limits | None = None,
        *,
        new: bool,
    ) -> None:
        super().__init__(opened, store, new=new)
        self._connector = connector
        self._limits = limits or Limits.none()
        self._answering: Answering | None = None

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._answering is not None and not self._answering.over

    def send(
        self, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        The question is on disk before the request leaves. A turn before it that asked the same
        and came to nothing is replaced by this one.
        """
        return self._turn(lambda: self.ask(text), endpoint)

    def retry(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again; the answer before stays in the store as a branch.

        Raises:
            ValueError: where there is no question yet.
        """
        self.ask_again()
        return self._turn(self.ask_again, endpoint, again=True)

    async def _turn(
        self, wanted: Callable[[], Asked], endpoint: Endpoint, *, again: bool = False
    ) -> AsyncGenerator[TurnEvent]:
        if self.busy:
            raise RuntimeError("a turn is under way")
        if await self.taken(again=again):
            yield failed(answer_to(self._messages[-1]), ELSEWHERE)
            return
        asked = wanted()
        answer = answer_to(asked.question, endpoint.model)
        answering = Answering(answer, endpoint, self._store, self._connector, random.random)
        self._answering = answering
        try:
            branch = self.branch(asked)
            yield (begun := await self.begin(asked, answer, endpoint))
            if isinstance(begun, TurnFailed):
                return
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

    async def stop(self) -> None:
        """Stop the answer, keep what came, and return when that is on disk."""
        if self._answering is not None:
            await self._answering.stop()

    async def leave(self) -> None:
        """Stop, for nobody else would take the answer in."""
        await self.stop()

    async def report(self, draft: str, endpoint: Endpoint) -> ContextReport:
        """What the next request would be made of, with a draft that may be empty."""
        from studybuddy.domain.metering import ContextReport

        return ContextReport()
