"""The code interpreter: Python in a sandbox, with variables kept for each thread."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from studybuddy.engine.tools.sandbox import Job, Ran, SandboxLimits

if TYPE_CHECKING:
    from pydantic_monty import Monty

MOST_THREADS = 200
"""Threads whose variables are kept."""
MOST_STATE = 64 * 1024 * 1024
"""Bytes of variables that are kept for all threads together."""
LARGEST_STATE = 32 * 1024 * 1024
"""Bytes of variables that are kept for one thread."""

_DROPPED = (
    "[The variables and functions of earlier runs are no longer there. Define what you need again.]"
)
_PARTLY = (
    "[Not all variables and functions of earlier runs could be had again. "
    "Define those that are missing.]"
)
_TOO_LARGE = (
    "[The variables hold too much to be kept: they are as they were before. "
    "Keep less, such as results only.]"
)


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What a run of code came to."""

    logs: str
    """What it printed, and the value of its last expression."""
    error: str = ""
    """A traceback in Python's manner, with a sentence of advice; empty where all went well."""

    kept: bool = True
    """Whether the variables are as the code left them; else it might as well not have run."""

    @property
    def output(self) -> str:
        """Logs and error, as the model is told; never empty."""
        parts = [part.strip("\n") for part in (self.logs, self.error) if part.strip()]
        return "\n".join(parts) or "[The code ran and printed nothing.]"


@dataclass(slots=True)
class _Thread:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Interpreters:
    """Runs code for many threads, each with variables of its own, in a few worker processes.

    Between two runs a thread takes no process: its variables are kept as bytes, in memory. Those
    used longest ago are dropped where there are too many, which is told at the next run.

    A process whose engine was killed outlives it until its run is over, for as long as
    `SandboxLimits.seconds` at most (10 by default).
    """

    def __init__(self, limits: SandboxLimits | None = None, *, workers: int | None = None) -> None:
        """Prepare it; processes start with the first run.

        Args:
            limits: of one run.
            workers: processes, and so runs at once.
        """
        self._limits = limits or SandboxLimits()
        self._workers = workers or max(2, min(4, os.cpu_count() or 2))
        self._executor = ThreadPoolExecutor(self._workers, thread_name_prefix="interpreter")
        self._pool: Monty | None = None
        self._entered = ExitStack()
        self._starting = asyncio.Lock()
        self._threads: dict[str, _Thread] = {}
        self._states: OrderedDict[str, bytes] = OrderedDict()
        """Variables by thread; empty for one whose code has left none."""
        self._notes: dict[str, str] = {}
        """What a thread is told at its next run about variables that it has lost."""
        self._jobs: set[Job] = set()

    async def run(self, thread_id: str, code: str) -> CodeResult:
        """Run code after what the thread ran before; raises nothing for bad code.

        Cancelling it ends the code; the thread's variables are then as they were before.
        """
        async with self._turn(thread_id):
            state = self._states.get(thread_id, b"")
            self._keep(thread_id, state)
            ran = await self._run(code, state, self._limits)
            note = self._notes.pop(thread_id, "")
            logs = f"{note}\n{ran.logs}" if note else ran.logs
            kept = ran.state is not None and self._keep(thread_id, ran.state)
            if ran.state is not None and not kept:
                logs = f"{logs}{'' if not logs or logs.endswith(chr(10)) else chr(10)}{_TOO_LARGE}"
            return CodeResult(logs, ran.error, kept)

    def knows(self, thread_id: str) -> bool:
        """Whether all is known that is left of a thread's earlier code.

        Not so after the engine was started anew, nor where the thread's variables were dropped.
        """
        return thread_id in self._states

    async def restore(self, thread_id: str, codes: Sequence[str], *, seconds: float = 15.0) -> None:
        """Have a thread's variables again, by running its earlier code once more, quietly.

        Does nothing where the thread is known. Code that fails is passed over. What is reached
        when the time is over, or when this is cancelled, is kept; the next run then tells that
        it may not be all. The thread is known afterwards, however this ends.

        Args:
            thread_id: whose.
            codes: what the thread has run, oldest first.
            seconds: for all of it together.
        """
        async with self._turn(thread_id):
            if thread_id in self._states:
                return
            state, complete = b"", False
            give_up = time.monotonic() + seconds
            try:
                for code in codes:
                    left = give_up - time.monotonic()
                    if left <= 0:
                        break
                    limits = replace(self._limits, seconds=min(left, self._limits.seconds))
                    ran = await self._run(code, state, limits)
                    if ran.state is not None and len(ran.state) <= LARGEST_STATE:
                        state = ran.state
                complete = time.monotonic() < give_up
            finally:
                self._keep(thread_id, state)
                if not complete:
                    self._notes[thread_id] = _PARTLY if state else _DROPPED
                elif state or not codes:
                    self._notes.pop(thread_id, None)

    async def forget(self, thread_id: str) -> None:
        """Let go of a thread's variables."""
        async with self._turn(thread_id):
            self._states.pop(thread_id, None)
            self._notes.pop(thread_id, None)

    async def close(self) -> None:
        """End the processes, and the code that still runs."""
        for job in self._jobs:
            job.stop()
        async with self._starting:
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._executor.shutdown()
        self._entered.close()
        self._pool = None

    async def _run(self, code: str, state: bytes, limits: SandboxLimits) -> Ran:
        pool = await self._started()
        job = Job(code, state or None, limits)
        self._jobs.add(job)
        submitted = self._executor.submit(job.run, pool)
        running = asyncio.wrap_future(submitted)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not submitted.cancel():
                job.stop()
                await asyncio.wait({running})
            raise
        finally:
            self._jobs.discard(job)

    async def _started(self) -> Monty:
        async with self._starting:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._start)
            return self._pool

    def _start(self) -> Monty:
        # Not the asynchronous pool of the same library: its threads outlive the event loop, and
        # have been seen to abort the process at its end.
        from pydantic_monty import Monty

        return self._entered.enter_context(Monty(min_processes=0, max_processes=self._workers))

    def _keep(self, thread_id: str, state: bytes) -> bool:
        """Keep a thread's variables and drop others where that is too much; whether it was not."""
        if len(state) > LARGEST_STATE:
            return False
        self._states[thread_id] = state
        self._states.move_to_end(thread_id)
        total = sum(map(len, self._states.values()))
        while len(self._states) > MOST_THREADS or total > MOST_STATE:
            oldest, dropped = self._states.popitem(last=False)
            if dropped:
                self._notes[oldest] = _DROPPED
            total -= len(dropped)
        return True

    @asynccontextmanager
    async def _turn(self, thread_id: str) -> AsyncGenerator[None]:
        """One run at a time for a thread."""
        thread = self._threads.setdefault(thread_id, _Thread())
        thread.users += 1
        try:
            async with thread.lock:
                yield
        finally:
            thread.users -= 1
            if not thread.users:
                self._threads.pop(thread_id, None)
