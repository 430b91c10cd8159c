"""A conversation in completion mode: send, stop, retry."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.limits import Limits
from studybuddy.chat.sending import as_sent
from studybuddy.chat.stored import StoredConversation, failed, not_begun
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import MessageState, OpenConversation
from studybuddy.domain.problems import Problem
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.answer import Answering
    from studybuddy.chat.asked import Asked
    from studybuddy.chat.clearing import Cleared, Clearing
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.metering import ContextReport
    from studybuddy.domain.ports import Connector, ConversationStore
    from studybuddy.domain.variations import Variation


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
        self,
        endpoint: Endpoint,
        allow: Allowance = NOTHING_ALLOWED,
        *,
        message_id: str = "",
        variation: Variation | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question again, and afresh; the answer before stays as a branch.

        For a variation, the model is shown the answer that it is to differ from.

        Raises:
            ValueError: where there is no such question.
        """
        return self._turn_anew(lambda: self.ask_again(message_id, variation), endpoint, allow)

    def go_on(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Go on with the last answer, which was cut, in a new one beside it.

        Raises:
            ValueError: where the last answer was not cut.
        """
        return self._turn_anew(self.ask_on, endpoint, allow)

    def edit(
        self, message_id: str, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question in other words; the old one stays beside the new one.

        Raises:
            ValueError: where there is no such question, or the text is blank.
        """

        def wanted() -> Asked:
            return self.ask_otherwise(message_id, as_sent(text, self._limits.settings))

        wanted()
        return self._turn(wanted, endpoint, allow)

    def _turn_anew(
        self, wanted: Callable[[], Asked], endpoint: Endpoint, allow: Allowance
    ) -> AsyncGenerator[TurnEvent]:
        wanted()
        return self._turn(wanted, endpoint, replace(allow, afresh=True), again=True)

    async def _turn(
        self,
        wanted: Callable[[], Asked],
        endpoint: Endpoint,
        allow: Allowance,
        *,
        again: bool = False,
    ) -> AsyncGenerator[TurnEvent]:
        from studybuddy.chat.answer import Answering  # nothing of this before the first frame
        from studybuddy.chat.asked import place_for, seam_of, with_variation
        from studybuddy.chat.clearing import Cleared, Clearing
        from studybuddy.domain.events import TurnFinished, TurnRefused

        if self.busy:
            raise RuntimeError("a turn is under way")
        asked = await self.agreed(wanted, again=again)
        if isinstance(asked, Problem):
            yield not_begun(asked)
            return
        answer = place_for(asked, self._limits.accounts.names.of(endpoint))
        seam = seam_of(asked) if asked.goes_on else None
        answering = Answering(answer, endpoint, self._store, self._connector, random.random, seam)
        clearing = Clearing(self._limits, endpoint, allow)
        branch = with_variation(self.branch(asked), asked)
        self._answering, self._clearing = answering, clearing
        try:
            async with aclosing(clearing.events(self.head, branch)) as statuses:
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
        from studybuddy.chat.turn_notes import cut, told
        from studybuddy.domain.events import TurnFailed, TurnFinished

        begun = await self.begin(asked, answering.message, endpoint)
        if isinstance(begun, TurnFailed):
            yield begun
            return
        fitted, request = cleared.fitted, cleared.request

        def overflowed(problem: Problem) -> Problem:
            return self._limits.fitter.overflowed(endpoint, fitted, problem)

        try:
            yield begun
            for event in told(cleared):
                yield event
            turn = answering.events(request, overflowed, cleared.watch)
            async with aclosing(turn) as events:
                async for event in events:
                    if isinstance(event, TurnFinished):
                        reason = event.finish_reason
                        if not asked.goes_on:  # else it is no answer to what was asked alone
                            kept = self._limits.kept
                            await kept.keep(endpoint, cleared.asked, event.answer, reason)
                        if reason == "length" and request.max_completion_tokens:
                            event = replace(event, remark=cut(cleared))
                    if isinstance(event, TurnFinished | TurnFailed):
                        event = replace(event, back=await self._ended(asked, answering))
                    yield event
        finally:
            await answering.give_up()
            await self._ended(asked, answering)

    async def _ended(self, asked: Asked, answering: Answering) -> bool:
        """Take over the answer as it is in the end; whether the branch before is shown again."""
        answer = self._messages[-1] if self._messages else None
        if answer is None or answer.id != answering.message.id:
            return False  # it was taken over, and the branch may be another one since
        self._messages[-1] = replace(answering.message, pinned=answer.pinned)
        return await self.come_back(asked, answering.message)

    async def _answered_again(
        self, asked: Asked, answering: Answering, cleared: Cleared, endpoint: Endpoint
    ) -> AsyncGenerator[TurnEvent]:
        """The turn with an answer that was kept; it is whole on disk at once."""
        from studybuddy.chat.turn_notes import kept_on, told
        from studybuddy.domain.accounts import Origin, Outcome
        from studybuddy.domain.events import TextDelta, TurnFailed, TurnFinished

        kept = cleared.kept
        assert kept is not None
        place = replace(answering.message, kept=True, model=kept.model, finish_reason="stop")
        answer = replace(place, text=kept.text, usage=kept.usage, state=MessageState.COMPLETE)
        begun = await self.begin(asked, answer, endpoint)
        if isinstance(begun, TurnFailed):
            yield begun
            return
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
        for event in told(cleared):
            yield event
        yield TextDelta(kept.text)
        yield TurnFinished(answer, remark=kept_on(kept))

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
