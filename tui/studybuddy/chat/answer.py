"""One answer: asked, retried, journaled, and brought to an end that is on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.faults import problem_of
from studybuddy.chat.journal import Journal
from studybuddy.chat.mailbox import Mailbox
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import (
    BudgetNear,
    ReasoningDelta,
    StatusChanged,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    UsageReported,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import (
    CompletionFinished,
    CompletionRequest,
    Connector,
    ConversationStore,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.retry import retry_delay

if TYPE_CHECKING:
    from studybuddy.chat.answer_watch import AnswerWatch
    from studybuddy.chat.seam import Seam
    from studybuddy.domain.limits import BudgetState

_log = logging.getLogger(__name__)
_messages_log = logging.getLogger("studybuddy.messages")
"""For the texts themselves; silent unless the setting `log_messages` is on."""


class Answering:
    """The making of one answer; its request runs in a task, so that stopping is cancelling it."""

    def __init__(
        self,
        answer: Message,
        endpoint: Endpoint,
        store: ConversationStore,
        connector: Connector,
        jitter: Callable[[], float],
        seam: Seam | None = None,
    ) -> None:
        """Take the parts.

        Args:
            answer: its place, which may have the beginning of its text.
            endpoint: who answers.
            store: where it is written.
            connector: connects.
            jitter: random numbers from 0 to 1 for the time between attempts.
            seam: joins what comes to the beginning; `None` where there is none.
        """
        self.message = answer
        self._endpoint = endpoint
        self._store = store
        self._connector = connector
        self._jitter = jitter
        self._journal = Journal(store, answer.id, answer.text)
        self._seam = seam
        self._came = False
        self._mailbox = Mailbox()
        self._request: asyncio.Task[str] | None = None
        self._overflowed: Callable[[Problem], Problem] = lambda problem: problem
        self._watch: AnswerWatch | None = None
        self._stopped = False
        self._ended = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether the end is on disk."""
        return self._ended.is_set()

    async def events(
        self,
        request: CompletionRequest,
        overflowed: Callable[[Problem], Problem] = lambda problem: problem,
        watch: AnswerWatch | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        """Make the request, whose last message is the question, and yield its events.

        The last event is TurnFinished or TurnFailed, and what it says is on disk by then.

        Args:
            request: what was found to fit, and to be within the budgets.
            overflowed: called where the server found it too long all the same; gives what is told.
            watch: holds the answer against the budgets; where it is over one, the answer is
                stopped, and left as it is.
        """
        self._overflowed, self._watch = overflowed, watch
        _messages_log.info("asked: %s", request.messages[-1][1])
        self._request = asyncio.create_task(self._ask(request))
        if self._stopped:  # before there was a request to cancel
            self._request.cancel()
        ending = asyncio.create_task(self._end(self._request))
        try:
            async for event in self._mailbox:
                yield event
        finally:
            self._request.cancel()
            await asyncio.shield(ending)

    async def stop(self) -> None:
        """Cancel the request and wait until what came is on disk."""
        self._stopped = True
        if self._request is not None:
            self._request.cancel()
        await self._ended.wait()

    async def give_up(self) -> None:
        """Bring it to an end where no request was made, and none will be."""
        if self._request is not None or self.over:
            return
        self._became(MessageState.STOPPED)
        try:
            await self._store.finish(self.message)
        except StudyBuddyError as error:
            _log.warning("the end of %s was not written: %s", self.message.id, error)
        self.release()

    def release(self) -> None:
        """Let go of who waits for the end, where no request was ever made."""
        self._ended.set()

    async def _end(self, request: asyncio.Task[str]) -> None:
        """Bring the answer to its end, whichever way the request went."""
        await asyncio.wait({request})
        self._add(self._seam.end() if self._seam is not None else "")
        event: TurnFinished | TurnFailed
        if request.cancelled():
            event = self._finished(MessageState.STOPPED, "stopped")
        elif (error := request.exception()) is None and (remark := self._used_up()):
            event = self._finished(MessageState.STOPPED, "stopped", remark)
        elif error is None:
            event = self._finished(MessageState.COMPLETE, request.result())
        else:
            problem = problem_of(error)
            if problem.kind is ProblemKind.CONTEXT_OVERFLOW:
                problem = self._overflowed(problem)
            event = self._failed(problem)
        _messages_log.info("answered (%s): %s", self.message.state, self.message.text)
        try:
            await self._store.finish(self.message)
        except StudyBuddyError as error:
            event = self._failed(error.problem)
        finally:
            self._mailbox.put(event)
            self._mailbox.close()
            self._ended.set()

    def _finished(self, state: MessageState, reason: str, remark: str = "") -> TurnFinished:
        told = reason if state is MessageState.COMPLETE else ""
        self._became(state, finish_reason=told)
        return TurnFinished(self.message, reason, remark)

    def _failed(self, problem: Problem) -> TurnFailed:
        self._became(MessageState.FAILED, error=str(problem))
        return TurnFailed(self.message, problem)

    def _became(self, state: MessageState, error: str = "", finish_reason: str = "") -> None:
        """Take what came; where nothing did, the beginning is not an answer of its own."""
        self.message = replace(
            self.message,
            text=self._journal.text if self._came or state is MessageState.COMPLETE else "",
            reasoning=self._journal.reasoning,
            state=state,
            error=error,
            finish_reason=finish_reason,
        )

    def _used_up(self) -> str:
        """What is to be said where a budget stopped it; empty where none did."""
        over = self._watch.over if self._watch is not None else None
        return f"Stopped: {over.name} is used up." if over is not None else ""

    async def _ask(self, request: CompletionRequest) -> str:
        """Ask until it works or is given up, and return the finish reason."""
        attempts = 0
        async with self._journal.running(), self._held():
            while True:
                try:
                    attempts += 1
                    return await self._attempt(request)
                except StudyBuddyError as error:
                    delay = retry_delay(error.problem, attempts, self._jitter())
                    if self._came or delay is None:
                        raise
                    _log.info("attempt %d failed (%s)", attempts, error.problem.kind)
                    self._mailbox.put(StatusChanged(Phase.RETRYING, error.problem.sentence, delay))
                    await asyncio.sleep(delay)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        """Leave the budgets as the request ends: its record is on its way then."""
        try:
            yield
        finally:
            if self._watch is not None:
                self._watch.leave()

    async def _attempt(self, request: CompletionRequest) -> str:
        self._journal.think_anew()
        self._mailbox.put(StatusChanged(Phase.THINKING))
        provider = await self._connector.connect(self._endpoint)
        async with aclosing(provider.stream(request)) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        self._came = self._came or bool(text)
                        self._add(self._seam.add(text) if self._seam is not None else text)
                        if self._is_over(text):
                            return "stopped"
                    case ReasoningDelta(text):
                        self._journal.add_reasoning(text)
                        self._mailbox.put(event)
                        if self._is_over(text):  # it is billed like the answer
                            return "stopped"
                    case UsageReported(usage):
                        self.message = replace(self.message, usage=usage)
                        self._mailbox.put(event)
                        if self._watch is not None:
                            self._near(self._watch.reported(usage))
                    case StatusChanged():
                        self._mailbox.put(event)
                    case CompletionFinished(finish_reason, model):
                        self.message = replace(self.message, model=model or self.message.model)
                        return finish_reason
        raise StudyBuddyError(
            Problem(
                ProblemKind.CUT_OFF,
                "The answer broke off before its end.",
                "Press the retry key to ask again.",
                transient=True,
            )
        )

    def _add(self, text: str) -> None:
        if text:
            self._journal.add(text)
            self._mailbox.put(TextDelta(text))

    def _is_over(self, written: str) -> bool:
        """Whether a budget is used up with what was written by now."""
        if self._watch is None:
            return False
        self._near(self._watch.wrote(written))
        return self._watch.over is not None

    def _near(self, states: Sequence[BudgetState]) -> None:
        for state in states:
            self._mailbox.put(BudgetNear(state))
