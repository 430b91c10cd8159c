"""A server of assistants in memory, whose runs go by scripts: for tests of what uses the ports."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from studybuddy.domain.assistant_ports import (
    Polled,
    RunChanged,
    RunEvent,
    RunRequest,
    ThreadMessage,
)
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Role, new_id
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.runs import Run, RunStatus, RunStep
from tests.support.run_scripts import Says, Script
from tests.support.scripted_provider import ENDPOINT
from tests.support.scripted_runs import ScriptedRun
from tests.support.scripted_shelf import GONE, ScriptedShelf

ACTIVE = Problem(ProblemKind.BAD_REQUEST, "The assistant is still at work in this thread.")
DOWN = Problem(ProblemKind.NO_CONNECTION, "The server can't be reached.", transient=True)


@dataclass
class Thread:
    """A thread with its messages, oldest first."""

    id: str
    messages: list[ThreadMessage] = field(default_factory=list)
    runs: list[ScriptedRun] = field(default_factory=list)

    def texts(self) -> list[str]:
        """The messages' texts."""
        return [message.text for message in self.messages]


class ScriptedAssistants(ScriptedShelf):
    """`domain.assistant_ports.AssistantService` in memory; the last script serves all later runs.

    Runs go on by themselves as tasks of the event loop. Knobs for tests:

    * `failures["poll"].append(problem)`: the next call of that method raises it;
    * `lost["create_run"].append(problem)`: the next one is carried out, then raises it;
    * `down = DOWN`: every call raises it;
    * `streams = False`: no events after the first; `holds`: whether polls may wait;
    * `unreadable["name.pdf"] = "sentence"`: that note fails to be indexed.
    """

    def __init__(
        self,
        *scripts: Script,
        streams: bool = True,
        holds: bool = False,
        poll_after: float | None = None,
        lifetime: float | None = 600.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(clock or (lambda: 1_700_000_000 + asyncio.get_running_loop().time()))
        self.streams = streams
        self.holds = holds
        self.poll_after = poll_after
        self.lifetime = lifetime
        self.lost: defaultdict[str, deque[Problem]] = defaultdict(deque)
        self.asked: list[RunRequest] = []
        self.threads: dict[str, Thread] = {}
        self._scripts = scripts or ([Says("Hello.")],)
        self._endpoint = ENDPOINT

    @property
    def endpoint(self) -> Endpoint:
        """Who answers in the end."""
        return self._endpoint

    def answers_for(self, endpoint: Endpoint) -> None:
        """Name another endpoint as the one that answers."""
        self._endpoint = endpoint

    @property
    def runs(self) -> list[ScriptedRun]:
        """All runs of all threads, oldest first."""
        runs = [run for thread in self.threads.values() for run in thread.runs]
        return sorted(runs, key=lambda run: run.run.created_at)

    def start(self, thread_id: str, assistant_id: str, question: str = "") -> ScriptedRun:
        """Start a run without a request, as another client would."""
        return self._start(self._thread(thread_id), RunRequest(assistant_id, question=question))

    # Threads

    async def create_thread(self, messages: Sequence[tuple[Role, str]] = ()) -> str:
        self._called("create_thread")
        thread = Thread(f"thread_{new_id()}")
        for role, text in messages:
            thread.messages.append(ThreadMessage(f"msg_{new_id()}", role, text, self._clock()))
        self.threads[thread.id] = thread
        return thread.id

    async def delete_thread(self, thread_id: str) -> None:
        self._called("delete_thread")
        self.threads.pop(thread_id, None)

    async def messages(self, thread_id: str, *, run_id: str = "") -> Sequence[ThreadMessage]:
        self._called("messages")
        found = self._thread(thread_id).messages
        return [message for message in found if not run_id or message.run_id == run_id]

    async def delete_messages(self, thread_id: str, *, run_id: str) -> None:
        self._called("delete_messages")
        thread = self._thread(thread_id)
        thread.messages[:] = [m for m in thread.messages if m.run_id != run_id]

    async def delete_message(self, thread_id: str, message_id: str) -> None:
        self._called("delete_message")
        thread = self._thread(thread_id)
        thread.messages[:] = [m for m in thread.messages if m.id != message_id]

    # Runs

    async def create_run(self, thread_id: str, request: RunRequest) -> AsyncGenerator[RunEvent]:
        self._called("create_run")
        thread = self._thread(thread_id)
        if any(not run.run.status.over for run in thread.runs):
            raise StudyBuddyError(ACTIVE)
        self._assistant(request.assistant_id)
        async with aclosing(self._events(self._start(thread, request), "create_run")) as events:
            async for event in events:
                yield event

    async def submit(
        self, thread_id: str, run_id: str, outputs: Mapping[str, str]
    ) -> AsyncGenerator[RunEvent]:
        self._called("submit")
        run = self._run(thread_id, run_id)
        if run.run.status is not RunStatus.REQUIRES_ACTION:
            raise StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, "The run waits for nothing."))
        run.submit(outputs)
        async with aclosing(self._events(run, "submit")) as events:
            async for event in events:
                yield event

    async def _events(self, run: ScriptedRun, method: str) -> AsyncGenerator[RunEvent]:
        if self.lost[method]:
            raise StudyBuddyError(self.lost[method].popleft())
        if not self.streams:
            yield RunChanged(run.run)
            return
        async with aclosing(run.events()) as events:
            async for event in events:
                yield event

    async def poll(
        self, thread_id: str, run_id: str, *, hold: float = 0.0, tag: str = ""
    ) -> Polled:
        self._called("poll")
        run = self._run(thread_id, run_id)
        held = self.holds and hold > 0
        if held and not run.run.status.over and tag in ("", str(run.version)):
            await run.changed(run.version, hold)
        return Polled(run.run, str(run.version), held, self.poll_after)

    async def steps(self, thread_id: str, run_id: str) -> Sequence[RunStep]:
        self._called("steps")
        return list(self._run(thread_id, run_id).steps.values())

    async def active_run(self, thread_id: str) -> Run | None:
        self._called("active_run")
        runs = (run.run for run in self._thread(thread_id).runs)
        return next((run for run in runs if not run.status.over), None)

    async def cancel(self, thread_id: str, run_id: str) -> Run:
        self._called("cancel")
        run = self._run(thread_id, run_id)
        run.cancel()
        return run.run

    async def close(self) -> None:
        self.requests.append("close")

    # Inside

    def _thread(self, thread_id: str) -> Thread:
        if thread_id not in self.threads:
            raise StudyBuddyError(GONE)
        return self.threads[thread_id]

    def _run(self, thread_id: str, run_id: str) -> ScriptedRun:
        for run in self._thread(thread_id).runs:
            if run.run.id == run_id:
                return run
        raise StudyBuddyError(GONE)

    def _start(self, thread: Thread, request: RunRequest) -> ScriptedRun:
        now = self._clock()
        if request.question:
            asked = ThreadMessage(f"msg_{new_id()}", Role.USER, request.question, now)
            thread.messages.append(asked)
        script = self._scripts[min(len(self.asked), len(self._scripts) - 1)]
        self.asked.append(request)
        run = Run(
            f"run_{new_id()}",
            thread.id,
            request.assistant_id,
            RunStatus.QUEUED,
            request.model or self._endpoint.model,
            created_at=now,
            expires_at=None if self.lifetime is None else now + self.lifetime,
        )
        thread.runs.append(ScriptedRun(run, script, thread.messages, self._clock))
        return thread.runs[-1]


class ScriptedAssistantConnector:
    """Connects every endpoint to one server of assistants."""

    def __init__(self, service: ScriptedAssistants | None = None) -> None:
        self.service = service or ScriptedAssistants()
        self.problem: Problem | None = None
        """Raised by `connect` while it is set."""
        self.connected: list[Endpoint] = []

    async def connect(self, endpoint: Endpoint) -> ScriptedAssistants:
        """The server, which from then on names this endpoint as the one that answers."""
        self.connected.append(endpoint)
        if self.problem is not None:
            raise StudyBuddyError(self.problem)
        self.service.answers_for(endpoint)
        return self.service
