"""Starts a run for a question: finds or makes its thread, and the run that may exist already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from studybuddy.chat import run_threads
from studybuddy.chat.run_begun import Begun, found_again
from studybuddy.chat.run_watch import Watch
from studybuddy.domain.assistant_ports import (
    AssistantService,
    RunChanged,
    RunRequest,
)
from studybuddy.domain.assistants import Assistant
from studybuddy.domain.events import StatusChanged, TurnEvent
from studybuddy.domain.messages import Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.polling import GiveUp, next_poll
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.retry import retry_delay

_log = logging.getLogger(__name__)

_ROUNDS = 4
"""How often a thread or an assistant may turn out to be gone, or a thread to be at work."""

NO_ASSISTANT = Problem(
    ProblemKind.NOT_FOUND,
    "The assistant of this thread is gone.",
    "Choose another one in the sidebar; your question is kept.",
)
_NO_RUN = Problem(
    ProblemKind.MALFORMED,
    "The server took the question and did not say what it does with it.",
    "Press the retry key to ask again.",
    transient=True,
)
_STILL_BUSY = Problem(
    ProblemKind.BAD_REQUEST,
    "The thread is at work on something else, and does not end it.",
    "Try again in a while, or go on in a new thread.",
)


class Place(Protocol):
    """Where a question belongs: what the session knows, and keeps."""

    @property
    def thread_id(self) -> str:
        """The thread; empty for none."""
        ...

    @property
    def assistant_id(self) -> str:
        """The assistant chosen; empty for none."""
        ...

    async def keep_thread(self, thread_id: str) -> None:
        """The thread from here on."""
        ...

    async def find_assistant(self) -> Assistant | None:
        """The assistant that stands for the one chosen, or for none chosen."""
        ...

    async def choose(self, assistant: Assistant) -> None:
        """The assistant from here on."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what there was before it."""

    text: str
    earlier: tuple[tuple[Role, str], ...] = ()
    """What a new thread begins with."""
    instructions: str = ""
    """Beyond the assistant's own."""
    known_runs: frozenset[str] = frozenset()
    """Runs that answered, or were to answer, something of this conversation."""
    earlier_run: str = ""
    """A run of this thread that was asked the same; what it wrote is taken back."""
    maybe_asked: bool = False
    """Whether the thread may have the question although no run of it is known."""
    afresh: bool = False
    """Whether a new thread is needed, because this one has what cannot be taken back."""
    refused_run: str = ""
    """The run of the turn before, where that came to nothing: it leaves the thread."""
    max_completion_tokens: int | None = None
    """Over all of the run; `None` for no limit."""
    model: str = ""
    """Another model than the assistant's own; empty for that."""
    like: str = ""
    """A thread that may have just `earlier`, and serves in place of a new one then."""
    leaves: bool = False
    """Whether it is asked on another thread, and the one there is stays as it is."""


class RunStarter:
    """Starts one run; a `run_begun.Start`."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[AssistantService]],
        place: Place,
        question: Question,
        put: Callable[[TurnEvent], None],
        jitter: Callable[[], float],
    ) -> None:
        self.asked = False
        """Whether the server was asked for a run, whatever came of it."""
        self.committed = False
        """Whether it may have one of ours by now."""
        self._connect = connect
        self._place = place
        self._question = question
        self._put = put
        self._jitter = jitter
        self._maybe_asked = question.maybe_asked
        self._earlier_run = question.earlier_run
        self._refused_run = question.refused_run
        self._like = question.like
        self._fresh = False
        self._given_up = ""
        """The thread that a new one has taken the place of."""

    async def begin(self) -> Begun:
        """Start the run, again where that failed and may work.

        Raises:
            StudyBuddyError: where it does not; whether a run exists is not known then.
        """
        attempts = 0
        while True:
            self._put(StatusChanged(Phase.THINKING))
            try:
                attempts += 1
                return await self._begin(await self._connect())
            except StudyBuddyError as error:
                delay = retry_delay(error.problem, attempts, self._jitter())
                if delay is None:
                    raise
                _log.info("attempt %d failed (%s)", attempts, error.problem.kind)
                self._put(StatusChanged(Phase.RETRYING, error.problem.sentence, delay))
                self._maybe_asked = self._maybe_asked or self.committed
                await asyncio.sleep(delay)

    async def lost(self) -> Begun | None:
        """The run that `begin` may have made before it was stopped.

        Raises:
            StudyBuddyError: where the server can't be asked.
        """
        thread_id = self._place.thread_id
        if not thread_id:
            return None
        found = await self._find(await self._connect(), thread_id)
        if not found.agrees or not found.run_id:
            return None
        return found_again(found.run_id, thread_id, self._place.assistant_id)

    async def _begin(self, service: AssistantService) -> Begun:
        problem = _STILL_BUSY
        if self._question.afresh and not self._fresh:
            self._fresh = True
            self._given_up = self._place.thread_id
            await self._place.keep_thread("")
        if not self._place.assistant_id:
            await self._choose()
        for _ in range(_ROUNDS):
            try:
                return await self._on_thread(service)
            except StudyBuddyError as error:
                problem = error.problem
                if problem.kind is ProblemKind.NOT_FOUND:
                    await self._replace_what_is_gone()
                elif problem.kind is not ProblemKind.BAD_REQUEST or not await self._waited(service):
                    raise
        raise StudyBuddyError(problem)

    async def _choose(self) -> None:
        assistant = await self._place.find_assistant()
        if assistant is None:
            raise StudyBuddyError(NO_ASSISTANT)
        await self._place.choose(assistant)

    async def _replace_what_is_gone(self) -> None:
        """After a NOT_FOUND: another assistant of that name, or else another thread."""
        assistant = await self._place.find_assistant()
        if assistant is None:
            raise StudyBuddyError(NO_ASSISTANT)
        if assistant.id != self._place.assistant_id:
            await self._place.choose(assistant)
        else:
            await self._place.keep_thread("")

    async def _on_thread(self, service: AssistantService) -> Begun:
        text = self._question.text
        thread_id = self._place.thread_id
        if not thread_id:
            thread_id = await self._new_thread(service)
            await self._place.keep_thread(thread_id)
            self._earlier_run = self._refused_run = ""  # they are not on this one
            given_up, self._given_up = self._given_up, ""
            if given_up:
                await run_threads.forget_thread(service, given_up)
        elif self._maybe_asked:
            found = await self._find(service, thread_id)
            if not found.agrees:
                await self._place.keep_thread("")
                return await self._on_thread(service)
            if found.run_id:
                return found_again(found.run_id, thread_id, self._place.assistant_id)
            text = "" if found.asked else text
        elif self._earlier_run:
            await service.delete_messages(thread_id, run_id=self._earlier_run)
            text = ""
        elif self._refused_run:
            await run_threads.take_turn_back(service, thread_id, self._refused_run)
            self._refused_run = ""
        return await self._create(service, thread_id, text)

    async def _new_thread(self, service: AssistantService) -> str:
        """A thread with what is before the question: one that is there, or else a new one."""
        earlier = self._question.earlier
        if self._like and await run_threads.has_just(service, self._like, earlier):
            return self._like
        self._like = ""
        return await service.create_thread(earlier)

    async def _create(self, service: AssistantService, thread_id: str, text: str) -> Begun:
        request = RunRequest(
            self._place.assistant_id,
            self._question.model,
            question=text,
            additional_instructions=self._question.instructions,
            max_completion_tokens=self._question.max_completion_tokens,
        )
        self.asked = self.committed = True
        events = service.create_run(thread_id, request)
        try:
            async for event in events:
                if isinstance(event, RunChanged):
                    return Begun(event.run, events)
        except StudyBuddyError as error:
            if not error.problem.transient:
                self.committed = False
            raise
        raise StudyBuddyError(_NO_RUN)

    async def _find(self, service: AssistantService, thread_id: str) -> run_threads.Place:
        """Where the thread stands with the question."""
        asked = self._question
        return await run_threads.place_of(
            service, thread_id, asked.earlier, asked.text, asked.known_runs
        )

    async def _waited(self, service: AssistantService) -> bool:
        """Wait until a run that was started elsewhere is over; whether there was one."""
        thread_id = self._place.thread_id
        run = await service.active_run(thread_id) if thread_id else None
        if run is None:
            return False
        self._put(
            StatusChanged(Phase.QUEUED, "something else is being answered in this thread first")
        )
        watch = Watch(asyncio.get_running_loop().time)
        while True:
            verdict = next_poll(watch.of(run, streaming=False))
            if verdict is GiveUp.OVER:
                return True
            if isinstance(verdict, GiveUp):
                raise StudyBuddyError(_STILL_BUSY)
            await asyncio.sleep(verdict.after)
            watch.polling()
            polled = await service.poll(thread_id, run.id)
            watch.polled(polled)
            run = polled.run
