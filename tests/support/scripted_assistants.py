"""A server of assistants in memory, whose runs go by scripts: for tests of what uses the ports."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from studybuddy.domain.assistant_ports import (
    Polled,
    RunChanged,
    RunEvent,
    RunRequest,
    ThreadMessage,
)
from studybuddy.domain.assistants import Assistant, AssistantSpec, Note, NoteStatus
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Role, new_id
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.runs import Run, RunStatus, RunStep
from tests.support.run_scripts import Says, Script
from tests.support.scripted_provider import ENDPOINT
from tests.support.scripted_runs import ScriptedRun

GONE = Problem(ProblemKind.NOT_FOUND, "It is gone on the server.")
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


class ScriptedAssistants:
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
        self.streams = streams
        self.holds = holds
        self.poll_after = poll_after
        self.lifetime = lifetime
        self.down: Problem | None = None
        self.failures: defaultdict[str, deque[Problem]] = defaultdict(deque)
        self.lost: defaultdict[str, deque[Problem]] = defaultdict(deque)
        self.unreadable: dict[str, str] = {}
        self.requests: list[str] = []
        """Names of the methods called, oldest first."""
        self.asked: list[RunRequest] = []
        self.shelf: dict[str, Assistant] = {}
        self.threads: dict[str, Thread] = {}
        self.pages: dict[str, Sequence[str]] = {}
        """File id to its text."""
        self._notes: defaultdict[str, dict[str, Note]] = defaultdict(dict)
        self._scripts = scripts or ([Says("Hello.")],)
        self._clock = clock or (lambda: 1_700_000_000 + asyncio.get_running_loop().time())
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

    def put(self, spec: AssistantSpec, assistant_id: str = "") -> Assistant:
        """Have an assistant without a request."""
        assistant = Assistant(assistant_id or f"asst_{new_id()}", spec, (), self._clock())
        self.shelf[assistant.id] = assistant
        return assistant

    def start(self, thread_id: str, assistant_id: str, question: str = "") -> ScriptedRun:
        """Start a run without a request, as another client would."""
        return self._start(self._thread(thread_id), RunRequest(assistant_id, question=question))

    # Assistants

    async def assistants(self) -> Sequence[Assistant]:
        self._called("assistants")
        return list(reversed(self.shelf.values()))

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        self._called("create_assistant")
        return self.put(spec)

    async def update_assistant(self, assistant_id: str, spec: AssistantSpec) -> Assistant:
        self._called("update_assistant")
        self.shelf[assistant_id] = replace(self._assistant(assistant_id), spec=spec)
        return self.shelf[assistant_id]

    async def delete_assistant(self, assistant_id: str) -> None:
        self._called("delete_assistant")
        self.shelf.pop(assistant_id, None)

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        self._called("notes")
        self._assistant(assistant_id)
        return list(reversed(self._notes[assistant_id].values()))

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        self._called("add_note")
        self._assistant(assistant_id)
        try:
            content = _content(path)
        except OSError as caught:
            told = Problem(ProblemKind.STORAGE, f"{path.name} can't be read: {caught.strerror}.")
            raise StudyBuddyError(told) from None
        size = len(content)
        on_progress(0, size)
        await asyncio.sleep(0)
        on_progress(size, size)
        note = Note(f"file_{new_id()}", path.name, size, NoteStatus.COMPLETED)
        if (error := self.unreadable.get(path.name)) is not None:
            note = replace(note, status=NoteStatus.FAILED, error=error)
        else:
            self.pages[note.file_id] = [content.decode(errors="replace")]
        self._notes[assistant_id][note.file_id] = note
        return note

    async def remove_note(self, assistant_id: str, file_id: str) -> None:
        self._called("remove_note")
        self._notes[assistant_id].pop(file_id, None)
        self.pages.pop(file_id, None)

    async def note_pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        self._called("note_pages")
        if file_id not in self.pages:
            raise StudyBuddyError(GONE)
        return self.pages[file_id]

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

    def _called(self, method: str) -> None:
        self.requests.append(method)
        if self.down is not None:
            raise StudyBuddyError(self.down)
        if self.failures[method]:
            raise StudyBuddyError(self.failures[method].popleft())

    def _assistant(self, assistant_id: str) -> Assistant:
        if assistant_id not in self.shelf:
            raise StudyBuddyError(GONE)
        return self.shelf[assistant_id]

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


def _content(path: Path) -> bytes:
    return path.read_bytes()


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
