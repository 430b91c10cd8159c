"""The requests about one run that are under way, and what comes of them, in one queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from studybuddy.domain.assistant_ports import (
    AssistantService,
    Polled,
    RunEvent,
    ThreadMessage,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.runs import Run, RunStatus, RunStep

_AGAIN = 1.0
"""Seconds between two attempts to cancel."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a poll found; `polled` is `None` where it failed."""

    polled: Polled | None = None
    steps: Sequence[RunStep] | None = None
    """`None` where they were not asked for."""
    messages: Sequence[ThreadMessage] | None = None
    problem: Problem | None = None
    unconnected: bool = False
    """Whether it failed before the server was asked: that says nothing of the run."""
    overtaken: bool = False
    """Whether the stream told something since the poll began."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream ended, with a problem where it should not have."""

    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How the run was after it was asked to end; `None` where that failed for good."""

    run: Run | None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The student wants the run to end."""


@dataclass(slots=True)
class Answered:
    """The student has answered what the run requires."""

    outputs: Mapping[str, str]
    attempts: int = 0
    problem: Problem | None = None
    accepted: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def succeed(self) -> None:
        """Tell who waits that the server has it."""
        if not self.accepted.done():
            self.accepted.set_result(None)

    def fail(self, problem: Problem) -> None:
        """Tell who waits why the server does not have it."""
        if not self.accepted.done():
            self.accepted.set_exception(StudyBuddyError(problem))


@dataclass(frozen=True, slots=True)
class Fault:
    """A request failed in a way that no server can cause."""

    error: BaseException


Item = RunEvent | Looked | Broken | Cancelled | Stop | Answered


class Requests:
    """Makes the requests, at most one stream, one poll and one cancellation at a time."""

    def __init__(self, connect: Callable[[], Awaitable[AssistantService]], run: Run) -> None:
        self.inbox: asyncio.Queue[Item | Fault] = asyncio.Queue()
        self.ended_by_stream = False
        """Whether the last thing that came was from a stream."""
        self._connect = connect
        self._run_id, self._thread_id = run.id, run.thread_id
        self._stream: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None
        self._cancel: asyncio.Task[None] | None = None
        self._made = {"stream": 0, "poll": 0, "steps": 0, "messages": 0, "cancel": 0}
        self._events = 0

    @property
    def streaming(self) -> bool:
        """Whether a stream is open."""
        return self._stream is not None

    @property
    def looking(self) -> bool:
        """Whether a poll is under way."""
        return self._look is not None

    def counts(self) -> str:
        """The requests that were made, for the log; a stream that was given counts as one."""
        parts = ", ".join(f"{name} {number}" for name, number in self._made.items() if number)
        return f"{sum(self._made.values())} requests ({parts})"

    async def next(self, within: float | None) -> Item | None:
        """What comes next; `None` where nothing does for that many seconds."""
        try:
            async with asyncio.timeout(within):
                item = await self.inbox.get()
        except TimeoutError:
            return None
        if isinstance(item, Fault):
            raise item.error
        if isinstance(item, Broken):
            self._stream = None
        elif isinstance(item, Looked):
            self._look = None
            self.ended_by_stream = False
        elif not isinstance(item, Cancelled | Stop | Answered):
            self.ended_by_stream = True
        return item

    def listen(self, events: AsyncGenerator[RunEvent]) -> None:
        """Take in a stream."""
        self.hang_up()
        self._made["stream"] += 1
        self._stream = self._start(self._pump(events))

    def submit(self, outputs: Mapping[str, str]) -> None:
        """Answer what the run requires, and take in the stream of what follows."""

        async def events() -> AsyncGenerator[RunEvent]:
            service = await self._connect()
            stream = service.submit(self._thread_id, self._run_id, outputs)
            async with aclosing(stream):
                async for event in stream:
                    yield event

        self._drop_look()
        self.listen(events())

    def hang_up(self) -> None:
        """End the stream; what it said and was not taken yet is dropped."""
        if self._stream is None:
            return
        self._stream.cancel()
        self._stream = None
        kept = [item for item in self._drain() if not _of_stream(item)]
        for item in kept:
            self.inbox.put_nowait(item)

    def look(self, hold: float, tag: str, known: RunStatus, *, details: bool) -> None:
        """Poll the run; its steps and messages too where its status is not the one known.

        Args:
            hold: seconds for which the server may wait for another state than that of `tag`.
            tag: of the last poll.
            known: the run's status, as far as is known.
            details: whether to ask for steps and messages in any case.
        """
        self._look = self._start(self._poll(hold, tag, known, details))

    def cancel(self) -> None:
        """Ask the run to end, until the server has heard it."""
        self._drop_look()
        if self._cancel is None:
            self._cancel = self._start(self._ask_to_end())

    async def close(self) -> None:
        """End every request that is under way."""
        tasks = [task for task in (self._stream, self._look, self._cancel) if task is not None]
        self._stream = self._look = self._cancel = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.inbox.put_nowait(Fault(error))

    def _drop_look(self) -> None:
        """End the poll: it may be held, and something is to be done at once."""
        if self._look is None:
            return
        self._look.cancel()
        self._look = None
        kept = [item for item in self._drain() if not isinstance(item, Looked)]
        for item in kept:
            self.inbox.put_nowait(item)

    def _drain(self) -> list[Item | Fault]:
        items: list[Item | Fault] = []
        while not self.inbox.empty():
            items.append(self.inbox.get_nowait())
        return items

    async def _pump(self, events: AsyncGenerator[RunEvent]) -> None:
        me = asyncio.current_task()
        problem: Problem | None = None
        try:
            async with aclosing(events):
                async for event in events:
                    if self._stream is not me:
                        return
                    self._events += 1
                    self.inbox.put_nowait(event)
        except StudyBuddyError as error:
            problem = error.problem
        if self._stream is me:
            self.inbox.put_nowait(Broken(problem))

    async def _poll(self, hold: float, tag: str, known: RunStatus, details: bool) -> None:
        before = self._events
        steps: Sequence[RunStep] | None = None
        messages: Sequence[ThreadMessage] | None = None
        try:
            service = await self._connect()
        except StudyBuddyError as error:
            self._report_look(Looked(problem=error.problem, unconnected=True))
            return
        try:
            self._made["poll"] += 1
            polled = await service.poll(self._thread_id, self._run_id, hold=hold, tag=tag)
            if details or polled.run.status is not known:
                self._made["steps"] += 1
                steps = await service.steps(self._thread_id, self._run_id)
                self._made["messages"] += 1
                messages = await service.messages(self._thread_id, run_id=self._run_id)
        except StudyBuddyError as error:
            self._report_look(Looked(problem=error.problem))
            return
        overtaken = self._events != before
        self._report_look(Looked(polled, steps, messages, overtaken=overtaken))

    def _report_look(self, look: Looked) -> None:
        if self._look is asyncio.current_task():
            self.inbox.put_nowait(look)

    async def _ask_to_end(self) -> None:
        while True:
            try:
                service = await self._connect()
                self._made["cancel"] += 1
                run = await service.cancel(self._thread_id, self._run_id)
            except StudyBuddyError as error:
                if error.problem.kind is ProblemKind.NOT_FOUND:
                    self.inbox.put_nowait(Cancelled(None, error.problem))
                    return
                await asyncio.sleep(_AGAIN)
            else:
                self.inbox.put_nowait(Cancelled(run))
                return


def _of_stream(item: Item | Fault) -> bool:
    others = Looked | Cancelled | Stop | Answered | Fault
    return not isinstance(item, others)
