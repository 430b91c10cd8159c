"""Follows one run to its end: by its stream of events, with polling as the safety net."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from studybuddy.chat.run_requests import Answered, Broken, Cancelled, Looked, Requests, Stop
from studybuddy.chat.run_state import RunState
from studybuddy.chat.run_text import RunText
from studybuddy.chat.run_watch import Watch
from studybuddy.domain.assistant_ports import AssistantService, RunChanged, RunEvent
from studybuddy.domain.events import StatusChanged, TurnEvent
from studybuddy.domain.phases import Phase
from studybuddy.domain.polling import GiveUp, Poll, next_poll
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.retry import MAX_ATTEMPTS
from studybuddy.domain.runs import Run, RunStatus

_log = logging.getLogger(__name__)

STOP_PATIENCE = 10.0
"""Seconds in which a run that was asked to stop has to end; after that it is left alone."""
_REFRESH = 1.0
"""Seconds between two looks at the steps and messages of a run that is polled, at least."""
_SILENT_FAILURES = 1
"""Polls that may fail in a row before the student is told."""

_OVER = Problem(
    ProblemKind.BAD_REQUEST,
    "The run no longer waits for an answer: it has ended.",
    "Ask again to go on.",
)


class RunWorker:
    """The one that follows a run; everything it waits for comes through one queue.

    Requests are bounded: a poll at the times of `domain.polling`, with it at most once a second
    the steps and the messages, one stream for the run and for each answer to what it requires,
    and while it is asked to stop one cancellation a second for STOP_PATIENCE.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[AssistantService]],
        run: Run,
        put: Callable[[TurnEvent], None],
        *,
        text: RunText | None = None,
        draft: str = "",
    ) -> None:
        """Take a run that exists.

        Args:
            connect: gives the server, anew for each request, so that one that was started anew
                is found.
            run: as it was seen last.
            put: takes the events.
            text: of its answer, with what is shown of that already.
            draft: what the student had answered before of what it requires.
        """
        self.state = RunState(run, put, text or RunText(), draft=draft)
        self.stop_asked = False
        self._requests = Requests(connect, run)
        self._clock = asyncio.get_running_loop().time
        self._watch = Watch(self._clock)
        self._refreshed = self._clock()
        self._look_now = False
        self._stop_until: float | None = None
        self._given: Answered | None = None
        """The last answer that was given to what the run requires."""
        self._answered: Answered | None = None
        """The same, while it is on its way."""

    @property
    def problem(self) -> Problem | None:
        """What the last request failed with; `None` where it worked."""
        return self._watch.problem

    async def follow(self, events: AsyncGenerator[RunEvent] | None) -> GiveUp:
        """Follow the run until it is over (OVER), or can't be followed for the reason returned.

        Args:
            events: the rest of the stream that it was created with; `None` to begin by a poll.
        """
        self.state.announce()
        if events is not None:
            self._requests.listen(events)
        else:
            self._look_now = True
        try:
            while True:
                verdict = next_poll(
                    self._watch.of(self.state.run, streaming=self._requests.streaming)
                )
                if self._watch.cut_off:
                    return GiveUp.UNREACHABLE
                if isinstance(verdict, GiveUp):
                    return verdict
                if self._stop_until is not None and self._clock() >= self._stop_until:
                    return GiveUp.UNREACHABLE
                await self._step(verdict)
        finally:
            if self._given is not None:
                self._given.fail(_OVER)
            await self._requests.close()
            self._report()

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Submit what the run requires, and return once the server has it.

        Raises:
            StudyBuddyError: where the server refuses it, or can't be reached for long.
            ValueError: where a call is left without an answer, or none is waited for.
        """
        run = self.state.run
        missing = [call.name for call in run.calls if call.id not in outputs]
        if run.status is not RunStatus.REQUIRES_ACTION or self._answering():
            raise ValueError("the run waits for no answer")
        if missing:
            raise ValueError(f"no answer was given to {', '.join(missing)}")
        self._given = Answered({call.id: outputs[call.id] for call in run.calls})
        self._requests.inbox.put_nowait(self._given)
        await self._given.accepted

    def _answering(self) -> bool:
        return self._given is not None and not self._given.accepted.done()

    def stop(self) -> None:
        """Ask the run to end; `follow` returns within STOP_PATIENCE."""
        if not self.stop_asked:
            self.stop_asked = True
            self._requests.inbox.put_nowait(Stop())

    async def _step(self, poll: Poll) -> None:
        """Wait for what comes next, or look at the run when it is time."""
        item = await self._requests.next(self._wait(poll))
        match item:
            case None if self._requests.looking:
                pass  # the time to stop is over
            case None:
                self._look(poll)
            case Looked():
                self._take_look(item)
            case Broken(problem):
                self._stream_ended(problem)
            case Answered():
                self._answered = item
                self._submit()
            case Stop():
                self._begin_stopping()
            case Cancelled(run, problem):
                self._take_cancelled(run, problem)
            case _:
                self._take_event(item)

    def _wait(self, poll: Poll) -> float | None:
        """Seconds until something has to be done; `None` for no end while a poll is under way."""
        waits: list[float] = []
        if not self._requests.looking:
            waits.append(0.0 if self._look_now else poll.after)
            if self._watch.failures > _SILENT_FAILURES and self.problem and not self.stop_asked:
                self.state.say(StatusChanged(Phase.RETRYING, self.problem.sentence, waits[0]))
        if self._stop_until is not None:
            waits.append(max(0.0, self._stop_until - self._clock()))
        return min(waits, default=None)

    def _look(self, poll: Poll) -> None:
        # Held only against a known state: what may have changed unseen is wanted at once.
        hold = 0.0 if self._look_now or not self._watch.tag else poll.hold
        details = self._wants_details()
        self._look_now = False
        self._watch.polling()
        self._requests.look(hold, self._watch.tag, self.state.run.status, details=details)

    # The stream

    def _take_event(self, event: RunEvent) -> None:
        self._works()
        self._accept()
        if isinstance(event, RunChanged) and event.run.status.over and not self.state.settled:
            # The end is told once all that it left is known.
            self._requests.hang_up()
            self._look_now = True
            return
        self.state.take(event)

    def _stream_ended(self, problem: Problem | None) -> None:
        waits = self.state.run.status is RunStatus.REQUIRES_ACTION
        if problem is not None:
            _log.debug("the stream of run %s broke: %s", self.state.run.id, problem.kind)
        if self._answered is not None:  # nothing came of it: look whether the server has it
            self._answered.problem = problem or _OVER
            self._look_now = True
        elif not waits:
            self._look_now = True

    # Polls

    def _wants_details(self) -> bool:
        """Whether to ask for steps and messages also where the status is the same."""
        if self._look_now or self._requests.streaming:
            return True
        waits = self.state.run.status is RunStatus.REQUIRES_ACTION  # nothing changes while it does
        return not waits and self._clock() - self._refreshed >= _REFRESH

    def _take_look(self, look: Looked) -> None:
        polled = look.polled
        if polled is None:
            self._watch.failed(look.problem, unconnected=look.unconnected)
            return
        self._works()
        self._watch.polled(polled)
        if self._requests.streaming:
            if look.overtaken or self.state.knows(polled.run, look.steps, look.messages):
                return  # the stream is well, only silent
            self._requests.hang_up()
        if look.messages is not None:
            self._refreshed = self._clock()
        self.state.refresh(polled.run, look.steps, look.messages)
        if self._answered is not None and not self._requests.streaming:
            self._submitted(still_waits=polled.run.status is RunStatus.REQUIRES_ACTION)

    def _works(self) -> None:
        told = self._watch.failures > _SILENT_FAILURES
        self._watch.worked()
        if told:
            self.state.announce()

    # What the run requires

    def _submit(self) -> None:
        assert self._answered is not None
        self._answered.attempts += 1
        self._answered.problem = None
        self._requests.submit(self._answered.outputs)

    def _submitted(self, *, still_waits: bool) -> None:
        """The stream of a submission gave nothing, and this is how the run is by now."""
        answered = self._answered
        assert answered is not None
        problem = answered.problem
        if not still_waits:
            self._accept()
        elif problem is None or (problem.transient and answered.attempts < MAX_ATTEMPTS):
            self._submit()
        else:
            self._answered = None
            answered.fail(problem)
            self.state.announce()

    def _accept(self) -> None:
        if self._answered is not None:
            answered, self._answered = self._answered, None
            answered.succeed()
            self._watch.new_episode()

    # Stopping

    def _begin_stopping(self) -> None:
        self._stop_until = self._clock() + STOP_PATIENCE
        self._watch.new_episode()
        self.state.cancelling()
        self._requests.cancel()

    def _take_cancelled(self, run: Run | None, problem: Problem | None) -> None:
        if run is None:
            self._watch.failed(problem)
            return
        self._works()
        if run.status.over:  # its text may have grown since
            self._requests.hang_up()
            self._look_now = True
        elif not self._requests.streaming:
            self.state.refresh(run, None, None)

    def _report(self) -> None:
        late = ""
        if self.state.run.status.over and not self._requests.ended_by_stream:
            late = f", its end noticed within {self._watch.late * 1000:.0f} ms"
        _log.debug(
            "run %s: %s in %.1f s%s",
            self.state.run.id,
            self._requests.counts(),
            self._watch.age,
            late,
        )
