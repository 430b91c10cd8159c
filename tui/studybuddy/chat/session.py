"""A conversation in completion mode: send, stop, retry."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from studybuddy.chat.answer import Answering
from studybuddy.chat.limits import Limits
from studybuddy.chat.sending import as_sent
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
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import (
    BudgetNear,
    ContextFitted,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
)
from studybuddy.domain.messages import MessageState, OpenConversation
from studybuddy.domain.ports import Connector, ConversationStore
from studybuddy.domain.problems import Problem
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.clearing import Cleared, Clearing
    from studybuddy.domain.kept_texts import KeptAnswer
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
        self._clearing: Clearing | None = None

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._answering is not None and not self._answering.over

    def send(
        self, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        The question is on disk before the request leaves. A turn before it that asked the same
        and came to nothing is replaced by this one. Where words that say nothing are left out,
        the question is stored as it is sent.
        """
        return self._turn(lambda: self.ask(as_sent(text, self._limits.settings)), endpoint, allow)

    def retry(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again, and afresh; the answer before stays as a branch.

        Raises:
            ValueError: where there is no question yet.
        """
        self.ask_again()
        return self._turn(self.ask_again, endpoint, replace(allow, afresh=True), again=True)

    async def _turn(
        self,
        wanted: Callable[[], Asked],
        endpoint: Endpoint,
        allow: Allowance,
        *,
        again: bool = False,
    ) -> AsyncGenerator[TurnEvent]:
        from studybuddy.chat.clearing import Cleared, Clearing  # not before the first frame

        if self.busy:
            raise RuntimeError("a turn is under way")
        if await self.taken(again=again):
            yield failed(answer_to(self._messages[-1]), ELSEWHERE)
            return
        asked = wanted()
        answer = answer_to(asked.question, endpoint.model)
        answering = Answering(answer, endpoint, self._store, self._connector, random.random)
        clearing = Clearing(self._limits, endpoint, allow)
        self._answering, self._clearing = answering, clearing
        try:
            async with aclosing(clearing.events(self.head, self.branch(asked))) as statuses:
                async for status in statuses:
                    yield status
            match clearing.outcome:
                case Cleared(kept=None) as cleared:
                    events = self._answered(asked, answering, cleared, endpoint)
                case Cleared() as cleared:
                    events = self._answered_again(asked, answering, cleared, endpoint)
                case None:
                    yield TurnFinished(replace(answer, state=MessageState.STOPPED), "stopped")
                    return
                case Problem() as problem:
                    yield failed(answer, problem)
                    return
                case obstacle:
                    yield TurnRefused(obstacle)
                    return
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            answering.release()
            clearing.release()
            if self._answering is answering:
                self._answering = self._clearing = None

    async def _answered(
        self, asked: Asked, answering: Answering, cleared: Cleared, endpoint: Endpoint
    ) -> AsyncGenerator[TurnEvent]:
        """The turn from its question on disk to its answer on disk."""
        yield (begun := await self.begin(asked, answering.message, endpoint))
        if isinstance(begun, TurnFailed):
            return
        for told in _told(cleared):
            yield told
        fitted, request = cleared.fitted, cleared.request

        def overflowed(problem: Problem) -> Problem:
            return self._limits.fitter.overflowed(endpoint, fitted, problem)

        try:
            turn = answering.events(request, overflowed, cleared.watch)
            async with aclosing(turn) as events:
                async for event in events:
                    if isinstance(event, TurnFinished):
                        reason = event.finish_reason
                        await self._limits.kept.keep(endpoint, cleared.asked, event.answer, reason)
                        if reason == "length" and request.max_completion_tokens:
                            event = replace(event, remark=_cut(cleared))
                    yield event
        finally:
            pinned = self._messages[-1].pinned
            self._messages[-1] = replace(answering.message, pinned=pinned)

    async def _answered_again(
        self, asked: Asked, answering: Answering, cleared: Cleared, endpoint: Endpoint
    ) -> AsyncGenerator[TurnEvent]:
        """The turn with an answer that was kept; it is whole on disk at once."""
        kept = cleared.kept
        assert kept is not None
        place = replace(answering.message, kept=True, model=kept.model)
        answer = replace(place, text=kept.text, usage=kept.usage, state=MessageState.COMPLETE)
        begun = await self.begin(asked, answer, endpoint)
        if isinstance(begun, TurnFailed):
            yield begun
            return
        from studybuddy.domain.accounts import Origin, Outcome

        await self._limits.accounts.record_usage(
            cleared.request.origin or Origin(conversation_id=self.head.id),
            endpoint,
            # As it was asked for, like all others: servers answer with names of snapshots.
            self._limits.accounts.names.of(endpoint, cleared.request.model) or kept.model,
            kept.usage if kept.usage.total else None,
            counted=Usage(prompt=cleared.fitted.count.tokens),
            at=time.time(),
            first_token=None,
            duration=0.0,
            outcome=Outcome.COMPLETE,
            kept=True,
        )
        yield replace(begun, answer=place)
        for told in _told(cleared):
            yield told
        yield TextDelta(kept.text)
        yield TurnFinished(answer, remark=_kept_on(kept))

    async def stop(self) -> None:
        """Stop the answer, keep what came, and return when that is on disk."""
        if self._clearing is not None:
            self._clearing.stop()
        if self._answering is not None:
            await self._answering.stop()

    async def leave(self) -> None:
        """Stop, for nobody else would take the answer in."""
        await self.stop()

    async def report(self, draft: str, endpoint: Endpoint, coming: str = "") -> ContextReport:
        """What the next request would be made of, with a draft that may be empty.

        `coming` is what there is by now of an answer under way, which counts as if it ended so.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        from studybuddy.chat.context_report import report_on

        text, fitter = as_sent(draft, self._limits.settings), self._limits.fitter
        return await report_on(fitter, self.head, self._messages, text, endpoint, coming)


def _told(cleared: Cleared) -> list[TurnEvent]:
    """What the student is to know of a turn that has begun."""
    fitted = cleared.fitted
    told: list[TurnEvent] = []
    if fitted.dropped or fitted.summarised:
        told.append(ContextFitted(len(fitted.dropped), len(fitted.summarised)))
    return [*told, *(BudgetNear(state) for state in cleared.warnings)]


def _cut(cleared: Cleared) -> str:
    if cleared.ends_at is not None:
        return f"Stopped: {cleared.ends_at.name} is used up."
    tokens = cleared.request.max_completion_tokens or 0
    return f"The answer was cut at {tokens:,} tokens, the longest that is allowed here."


def _kept_on(kept: KeptAnswer) -> str:
    day = datetime.fromtimestamp(kept.created_at)
    saved = f", {kept.usage.total:,} tokens saved" if kept.usage.total else ""
    return f"Kept answer of {day.day} {day:%b}: nothing was sent{saved}."
