"""One run of code in a worker process of pydantic-monty: state in, output and state out."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studybuddy.engine.tools.advice import advice
from studybuddy.engine.tools.definitions import CODE_INTERPRETER
from studybuddy.engine.tools.notebook import prepared

if TYPE_CHECKING:
    from pydantic_monty import Frame, Monty, MontyRuntimeError, MontySyntaxError, ResourceLimits

_FLOOD = 2_000_000  # characters printed, after which the code is ended
_SUSPENSIONS = 1_000_000
_RECURSION = 500  # calls
_FRAMES = 8
_UNCHANGED = "Variables are as they were before."
_STOPPED = f"The code was stopped. {_UNCHANGED}"
_TRACEBACK = "Traceback (most recent call last):"
_TOO_LONG = "The code is too long: at most"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one run may take."""

    seconds: float = 10.0
    memory: int = 256 * 1024 * 1024
    """Bytes."""
    output: int = 20_000
    """Characters."""
    code: int = 100_000
    """Characters."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to."""

    logs: str
    error: str
    state: bytes | None
    """All variables, for the next run; `None` where those from before still hold."""


def tells_failure(output: str) -> bool:
    """Whether what a run of code gave ends with an error, and not with its result.

    That may also be a sentence of who had it run, which begins with the name of the tool.
    """
    return (
        output.startswith((_TOO_LONG, f"“{CODE_INTERPRETER}” "))
        or f"\n{_TRACEBACK}\n" in f"\n{output}"
        or output.rstrip().endswith(_UNCHANGED)
    )


class Job:
    """A run that another thread can stop."""

    def __init__(self, code: str, state: bytes | None, limits: SandboxLimits) -> None:
        """Prepare it: `state` is what the run before left, `None` for a fresh start."""
        self._code = code
        self._state = state
        self._limits = limits
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._stopped = False
        self._printed = 0
        self._logs: list[str] = []

    def stop(self) -> None:
        """End the worker; `run` then returns at once."""
        with self._lock:
            self._stopped = True
            if self._pid is not None:
                with suppress(OSError):
                    os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def run(self, pool: Monty) -> Ran:
        """Run it in a worker of the pool; blocks, and raises nothing for bad code."""
        from pydantic_monty import MontyError

        if self._stopped:
            return Ran("", _STOPPED, None)
        if len(self._code) > self._limits.code:
            return Ran("", f"{_TOO_LONG} {self._limits.code:,} characters.", None)
        try:
            with pool.checkout(limits=self._monty_limits(), os_policy={"sleep": "zero"}) as session:
                self._enter(session.worker_pid)
                try:
                    return self._run(session)
                finally:
                    self._enter(None)
        except MontyError as error:  # the worker is gone
            return Ran(self._output(), self._crashed(error), None)

    def _enter(self, pid: int | None) -> None:
        with self._lock:
            self._pid = pid
        if pid is not None and self._stopped:
            self.stop()

    def _monty_limits(self) -> ResourceLimits:
        return {
            "max_feed_duration_secs": self._limits.seconds,
            "max_memory": self._limits.memory,
            "max_suspensions": _SUSPENSIONS,
            "max_recursion_depth": _RECURSION,
        }

    def _run(self, session: Any) -> Ran:
        from pydantic_monty import MontyRuntimeError, MontySyntaxError

        if self._state is not None:
            session.load_session(self._state)
        source, error = prepared(self._code), ""
        try:
            session.feed_run(source, print_callback=self._take)
        except (MontySyntaxError, MontyRuntimeError) as failure:
            summary = failure.display("type-msg")
            if spoilt := self._spoilt(summary):
                return Ran(self._output(), spoilt, None)
            error = self._told(failure, summary, source)
        except ValueError:
            pass  # a value that can't leave the sandbox, of code that Python here can't parse
        return Ran(self._output(), error, self._dumped(session))

    def _take(self, _stream: str, text: str) -> None:
        if self._printed <= self._limits.output:
            self._logs.append(text[: self._limits.output + 1 - self._printed])
        self._printed += len(text)
        if self._printed > _FLOOD:
            self.stop()

    def _output(self) -> str:
        text = "".join(self._logs)
        if len(text) <= self._limits.output:
            return text
        return (
            f"{text[: self._limits.output]}\n"
            f"[The output was cut here, after {self._limits.output:,} characters. Print less.]"
        )

    def _spoilt(self, summary: str) -> str:
        """The sentence for an end that leaves the worker's variables in no certain state."""
        if summary.startswith("TimeoutError: feed time limit"):
            return (
                f"TimeoutError: the code was stopped after {self._limits.seconds:g} seconds. "
                f"Try a smaller problem, or a faster way. {_UNCHANGED}"
            )
        if summary.startswith("MemoryError: memory limit"):
            megabytes = self._limits.memory // (1024 * 1024)
            return (
                f"MemoryError: the code needs more than {megabytes} MB. "
                f"Work with less data at once. {_UNCHANGED}"
            )
        return ""

    def _crashed(self, error: Exception) -> str:
        if self._printed > _FLOOD:
            return f"The code was stopped: it prints without end. {_UNCHANGED}"
        if self._stopped:
            return _STOPPED
        if getattr(error, "timed_out", False):
            return self._spoilt("TimeoutError: feed time limit")
        return f"The interpreter broke down over this code. Simplify it. {_UNCHANGED}"

    def _dumped(self, session: Any) -> bytes | None:
        """The state to go on from; `None` where there is too much of it to be written down."""
        try:
            state: bytes = session.dump()
        except (MemoryError, RuntimeError):
            return None
        return state

    def _told(self, error: MontyRuntimeError | MontySyntaxError, summary: str, source: str) -> str:
        if summary.startswith("NotImplementedError: The monty syntax parser"):
            summary = summary.replace("The monty syntax parser does not", "this Python does not")
        lines = [_traceback(error.traceback(), source, self._code), summary]
        lines.append(advice(summary, self._code))
        return "\n".join(line for line in lines if line)


def _traceback(frames: Sequence[Frame], source: str, code: str) -> str:
    """The frames as Python shows them, with the student's lines and not the prepared ones."""
    before, after = source.splitlines(), code.splitlines()
    shown = [_TRACEBACK]
    for number, frame in enumerate(frames):
        if _FRAMES // 2 <= number < len(frames) - _FRAMES // 2:
            if number == _FRAMES // 2:
                shown.append(f"  … {len(frames) - _FRAMES} more calls …")
            continue
        shown.append(f'  File "<code>", line {frame.line}, in {frame.function_name or "<module>"}')
        line = frame.source_line or ""
        index = frame.line - 1
        if index < min(len(before), len(after)) and before[index].strip() == line.strip():
            line = after[index]
        if line.strip():
            shown.append(f"    {line.strip()}")
    return "\n".join(shown)
