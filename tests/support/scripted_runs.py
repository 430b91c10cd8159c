"""One run of the scripted server: its state, its life by a script, and who listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace

from studybuddy.domain.assistant_ports import (
    MessageDelta,
    MessageSeen,
    RunChanged,
    RunEvent,
    StepSeen,
    ThreadMessage,
)
from studybuddy.domain.messages import Role, new_id
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.runs import (
    CodeCall,
    FunctionCall,
    Run,
    RunStatus,
    RunStep,
    SearchCall,
    StepStatus,
    ToolCall,
)
from studybuddy.domain.usage import Usage
from tests.support.run_scripts import (
    USAGE,
    Action,
    Cuts,
    Ends,
    NewMessage,
    Pauses,
    Requires,
    RunsCode,
    Says,
    Script,
    Searches,
    Stalls,
    Starts,
)

__all__ = ["USAGE", "ScriptedRun"]

_Listener = asyncio.Queue[RunEvent | Problem | None]


class ScriptedRun:
    """A run that goes its way whether anyone listens or not."""

    def __init__(
        self, run: Run, script: Script, thread: list[ThreadMessage], clock: Callable[[], float]
    ) -> None:
        self.run = run
        self.steps: dict[str, RunStep] = {}
        self.version = 0
        self.outputs: dict[str, str] = {}
        """What was submitted."""
        self.ignores_cancel = False
        self._thread = thread
        self._clock = clock
        self._listeners: list[_Listener] = []
        self._changed = asyncio.Event()
        self._answered = asyncio.Event()
        self._writing: RunStep | None = None
        self._task = asyncio.create_task(self._live(script))

    # What the server does with it

    async def events(self) -> AsyncGenerator[RunEvent]:
        """The stream of its events from now on."""
        listener: _Listener = asyncio.Queue()
        self._listeners.append(listener)
        try:
            yield RunChanged(self.run)
            while (event := await listener.get()) is not None:
                if isinstance(event, Problem):
                    raise StudyBuddyError(event)
                yield event
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)

    async def changed(self, version: int, seconds: float) -> None:
        """Return once it is in another state than at that version, or after some seconds."""
        try:
            async with asyncio.timeout(seconds):
                while self.version == version:
                    await self._changed.wait()
        except TimeoutError:
            pass

    def submit(self, outputs: Mapping[str, str]) -> None:
        """Take what it required."""
        self.outputs.update(outputs)
        calls = tuple(replace(call, output=outputs.get(call.id)) for call in self.run.calls)
        for step in list(self.steps.values()):
            if step.calls == self.run.calls:
                self._step(replace(step, calls=calls, status=StepStatus.COMPLETED))
        self._become(RunStatus.QUEUED, calls=())
        self._answered.set()

    def cancel(self) -> None:
        """Ask it to end."""
        if self.run.status.over:
            return
        self._become(RunStatus.CANCELLING)
        if not self.ignores_cancel:
            self._task.cancel()

    def listeners(self) -> int:
        """How many streams of it are open."""
        return len(self._listeners)

    # Its life

    async def _live(self, script: Script) -> None:
        lifetime = None
        if self.run.expires_at is not None:
            lifetime = self.run.expires_at - self.run.created_at
        try:
            async with asyncio.timeout(lifetime):
                for action in script:
                    await self._do(action)
        except TimeoutError:
            self._end(Ends(RunStatus.EXPIRED, usage=Usage()))
        except asyncio.CancelledError:
            # Like the engine: of a request that is broken off, nobody tells what it used.
            self._end(Ends(RunStatus.CANCELLED, usage=Usage()))
        if not self.run.status.over:
            self._end(Ends())

    async def _do(self, action: Action) -> None:
        if self.run.status is RunStatus.QUEUED and not isinstance(action, Pauses | asyncio.Event):
            self._become(RunStatus.IN_PROGRESS, started_at=self._clock())
        match action:
            case Says():
                await self._say(action)
            case NewMessage():
                self._finish_message()
            case Searches(hits, seconds, usage):
                call = SearchCall(new_id())
                await self._use(call, replace(call, hits=hits), seconds, usage)
            case RunsCode(code, logs, seconds, usage):
                code_call = CodeCall(new_id(), code)
                await self._use(code_call, replace(code_call, logs=logs), seconds, usage)
            case Requires(calls):
                await self._require(calls)
            case Pauses(seconds):
                await asyncio.sleep(seconds)
            case asyncio.Event():
                await action.wait()
            case Cuts(problem):
                self._tell(problem)
                self._listeners.clear()
            case Stalls():
                self._listeners.clear()
            case Ends():
                self._end(action)
            case Starts():
                pass

    async def _say(self, said: Says) -> None:
        if self._writing is None:
            message = ThreadMessage(
                f"msg_{new_id()}",
                Role.ASSISTANT,
                "",
                self._clock(),
                self.run.id,
                complete=False,
            )
            self._thread.append(message)
            self._writing = RunStep(
                f"step_{new_id()}", StepStatus.IN_PROGRESS, message_id=message.id
            )
            self._step(self._writing)
        for piece in said.text.split(" "):
            at = self._place()
            message = self._thread[at]
            text = piece if not message.text or message.text.endswith("\n") else f" {piece}"
            self._thread[at] = replace(
                message,
                text=message.text + text,
                citations=said.citations or message.citations,
            )
            self._touch()
            self._tell(MessageDelta(message.id, text))
            await asyncio.sleep(said.pause)

    def _place(self) -> int:
        assert self._writing is not None
        wanted = self._writing.message_id
        return next(at for at, message in enumerate(self._thread) if message.id == wanted)

    def _finish_message(self) -> None:
        if self._writing is None:
            return
        at = self._place()
        self._thread[at] = replace(self._thread[at], complete=True)
        self._tell(MessageSeen(self._thread[at]))
        self._step(replace(self._writing, status=StepStatus.COMPLETED))
        self._writing = None

    async def _use(
        self, call: ToolCall, done: ToolCall, seconds: float, usage: Usage | None
    ) -> None:
        self._finish_message()
        step = RunStep(f"step_{new_id()}", StepStatus.IN_PROGRESS, (call,))
        self._step(step)
        await asyncio.sleep(seconds)
        self._step(replace(step, status=StepStatus.COMPLETED, calls=(done,), usage=usage))

    async def _require(self, calls: tuple[FunctionCall, ...]) -> None:
        self._finish_message()
        self._step(RunStep(f"step_{new_id()}", StepStatus.IN_PROGRESS, calls))
        self._answered.clear()
        self._become(RunStatus.REQUIRES_ACTION, calls=calls)
        self._close_streams()
        await self._answered.wait()
        self._become(RunStatus.IN_PROGRESS)

    def _end(self, ends: Ends) -> None:
        self._finish_message()
        told = [step.usage for step in self.steps.values() if step.usage is not None]
        self._become(
            ends.status,
            error=ends.error,
            error_code=ends.error_code,
            incomplete_reason=ends.incomplete_reason,
            usage=None if ends.usage is None else sum(told, ends.usage),
            calls=(),
        )
        self._close_streams()

    # Telling

    def _become(self, status: RunStatus, **fields: object) -> None:
        self.run = replace(self.run, status=status, **fields)  # type: ignore[arg-type]
        self._touch()
        self._tell(RunChanged(self.run))

    def _step(self, step: RunStep) -> None:
        self.steps[step.id] = step
        self._touch()
        self._tell(StepSeen(step))

    def _touch(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def _tell(self, event: RunEvent | Problem) -> None:
        for listener in self._listeners:
            listener.put_nowait(event)

    def _close_streams(self) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)
        self._listeners.clear()
