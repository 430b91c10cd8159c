"""Looks after the process of the built-in model: starts it, notices its end, starts it again."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from studybuddy.engine.errors import SERVER_ERROR, ApiError, not_ready

log = logging.getLogger(__name__)

MAX_CRASHES = 3
"""Crashes within `CRASH_WINDOW` after which it is not started again by itself."""
CRASH_WINDOW = 60.0
"""Seconds."""
COOLDOWN = 10.0
"""Seconds after giving up, before a request makes it try again."""
PATIENCE = 60.0
"""Seconds that a request waits for a model that is being loaded."""

_BACKOFF = (0.1, 1.0, 3.0)
_KEPT_LINES = 40
_CRASHED = "The built-in model stopped unexpectedly and is being started again."


class ModelPhase(StrEnum):
    """Where the model's process is in its life."""

    OFF = "off"
    LOADING = "loading"
    READY = "ready"
    CRASHED = "crashed"  # it is started again in a moment
    FAILED = "failed"  # it is not, until it is asked again later


@dataclass(frozen=True, slots=True)
class ModelState:
    """The phase, and for CRASHED and FAILED what happened."""

    phase: ModelPhase
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """Where the model answers."""

    port: int
    key: str = field(repr=False)


class ModelProcess:
    """One child process at a time; every method belongs to one event loop."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        backoff: Sequence[float] = _BACKOFF,
        cooldown: float = COOLDOWN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it.

        Args:
            command: the program and its arguments; it speaks as `native` does.
            backoff: seconds before the first, second and later restarts.
            cooldown: seconds after giving up, before a request makes it try again.
            clock: seconds.
        """
        self._command = command
        self._backoff = backoff
        self._cooldown = cooldown
        self._clock = clock
        self._state = ModelState(ModelPhase.OFF)
        self._address: ModelAddress | None = None
        self._changed = asyncio.Condition()
        self._keeper: asyncio.Task[None] | None = None
        self._crashes: deque[float] = deque(maxlen=MAX_CRASHES)
        self._gave_up_at = 0.0
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._child: asyncio.subprocess.Process | None = None

    @property
    def state(self) -> ModelState:
        """How it is now."""
        return self._state

    @property
    def pid(self) -> int | None:
        """Of the child, while it runs."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Begin to load the model; does nothing where that has begun already."""
        cooled = self._clock() - self._gave_up_at >= self._cooldown
        if self._state.phase is ModelPhase.OFF or (
            self._state.phase is ModelPhase.FAILED and cooled
        ):
            self._crashes.clear()
            self._state = ModelState(ModelPhase.LOADING)
            self._keeper = asyncio.create_task(self._keep(), name="model process")

    async def address(self, patience: float = PATIENCE) -> ModelAddress:
        """Where the model answers, once it is loaded.

        Args:
            patience: seconds to wait for it.

        Raises:
            ApiError: 503 where it takes longer or crashed on the way, 500 where it has failed.
        """
        self.start()
        try:
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(self._settled)
        except TimeoutError:
            raise not_ready("The built-in model is still loading.", "model_loading") from None
        if self._address is not None:
            return self._address
        raise ApiError(500, self._state.sentence, SERVER_ERROR, code="model_failed")

    async def lost(self, address: ModelAddress) -> None:
        """Take it that the child at this address is dead or dying, since it broke off.

        Its end is noticed a moment later than its connections': without this, a request in
        between would run into the dead one instead of waiting for the next.
        """
        if self._address is address and self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._enter(ModelState(ModelPhase.CRASHED, _CRASHED))

    async def close(self) -> None:
        """End the child and stop looking after it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._enter(ModelState(ModelPhase.OFF))

    def _settled(self) -> bool:
        return self._address is not None or self._state.phase is ModelPhase.FAILED

    async def _enter(self, state: ModelState, address: ModelAddress | None = None) -> None:
        async with self._changed:
            self._state = state
            self._address = address
            self._changed.notify_all()

    async def _keep(self) -> None:
        """Run the child again and again, until it declares itself unable or crashes too often."""
        while True:
            await self._enter(ModelState(ModelPhase.LOADING))
            declared = await self._run_once()
            if declared:
                log.error("the model can't run: %s\n%s", declared, "\n".join(self._said))
                return await self._give_up(declared)
            self._crashes.append(self._clock())
            if self._crashed_too_often():
                return await self._give_up(
                    f"The built-in model crashed {MAX_CRASHES} times in a row, so it is not "
                    "started again by itself. The log has its last words."
                )
            await self._enter(ModelState(ModelPhase.CRASHED, _CRASHED))
            await asyncio.sleep(self._backoff[min(len(self._crashes), len(self._backoff)) - 1])

    async def _give_up(self, sentence: str) -> None:
        self._gave_up_at = self._clock()
        await self._enter(ModelState(ModelPhase.FAILED, sentence))

    def _crashed_too_often(self) -> bool:
        full = len(self._crashes) == MAX_CRASHES
        return full and self._crashes[-1] - self._crashes[0] < CRASH_WINDOW

    async def _run_once(self) -> str:
        """Run the child to its end; the sentence in which it declared itself unable, if it did."""
        self._said.clear()
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,  # its closing tells the child that we are gone
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C in the terminal is for us; we end the child ourselves.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            return f"The built-in model's process can't be started: {error.strerror}."
        self._child = child
        assert child.stdout is not None
        assert child.stderr is not None
        listening = asyncio.create_task(self._listen(child.stderr))
        try:
            report = _report(await child.stdout.readline())
            if "port" in report:
                await self._enter(
                    ModelState(ModelPhase.READY), ModelAddress(report["port"], report["key"])
                )
            code = await child.wait()
            if "error" in report:
                return str(report["error"])
            await asyncio.wait({listening}, timeout=1)  # its last words, which may be underway
            log.error("the model's process ended with %s\n%s", code, "\n".join(self._said))
            return ""
        finally:
            self._child = None
            listening.cancel()
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        """Keep the last lines of the child's log, so that a crash can be told with them."""
        while True:
            try:
                line = await stderr.readline()
            except ValueError:  # longer than the buffer: it is dropped
                continue
            if not line:
                return
            self._said.append(line.decode("utf-8", "replace").rstrip()[:500])


def _report(line: bytes) -> dict[str, Any]:
    try:
        report = json.loads(line)
    except ValueError:
        return {}  # it ended before it said anything
    return report if isinstance(report, dict) else {}


def native_command(model_file: os.PathLike[str], alias: str, cores: int) -> list[str]:
    """The command line of the child that serves a model.

    Args:
        model_file: GGUF weights.
        alias: the model's id.
        cores: physical cores that may be used.
    """
    # Threads wait for each other in busy loops, hundreds of times a token. Where another
    # program, our own screen for one, takes a core, all wait for the thread that lost it:
    # measured on 2 cores, 2 threads fall from 120 tokens a second to 25 and less, 1 thread
    # stays at 95. Prompts are computed in larger pieces, and profit from all cores.
    return [
        sys.executable,
        "-P",
        "-m",
        "studybuddy.engine.model.native",
        f"--model-file={os.fspath(model_file)}",
        f"--alias={alias}",
        f"--threads={max(1, cores - 1)}",
        f"--prompt-threads={cores}",
    ]
