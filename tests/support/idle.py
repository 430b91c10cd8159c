"""When an app under test has nothing left to do, asked of its event loop.

Textual's own pilot guesses it from the processor time of 20 ms, twice after each key and once in
each pause. That is long where there is nothing to do, and wrong on a busy machine, where a
process that gets no processor looks idle.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from asyncio import BaseEventLoop
from typing import Any

import pytest

SOON = 0.02
"""Seconds: a timer that is due within them is part of what follows by itself, as a frame is."""
_FRAMES = 0.1  # seconds of waiting for timers, after which they are left alone: some never end
_WORKING = 0.05  # of a processor: what a thread takes that does not just wait for something


class Idleness:
    """Watches the event loops of this process, from its installation on."""

    def __init__(self) -> None:
        self._in_threads: weakref.WeakSet[asyncio.Future[Any]] = weakref.WeakSet()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Have Textual's pilot wait by it, and threads watched."""
        run_in_executor = BaseEventLoop.run_in_executor

        def watched(loop: BaseEventLoop, *work: Any) -> asyncio.Future[Any]:
            future = run_in_executor(loop, *work)
            self._in_threads.add(future)
            return future

        patch.setattr(BaseEventLoop, "run_in_executor", watched)
        for user in ("textual.app", "textual.pilot"):
            patch.setattr(f"{user}.wait_for_idle", self.wait)

    async def wait(self, min_sleep: float = SOON, max_sleep: float = 1) -> None:
        """Wait until there is nothing to do now or soon, and no thread is at work.

        Args:
            min_sleep: seconds to wait at the least.
            max_sleep: seconds after which it is left at that.
        """
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min_sleep)
        end = time.monotonic() + max_sleep
        waited = 0.0  # as it was asked for: on a busy machine it takes longer
        while time.monotonic() < end:
            if not await _nothing_is_ready(loop):
                continue
            if waited < _FRAMES and (wait := _until_next_timer(loop)) is not None:
                waited += wait
                await asyncio.sleep(wait)
            elif not await self._threads_get_on(loop):
                return

    async def _threads_get_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether something came from a thread, or may come as one is at work."""
        working = [f for f in self._in_threads if f.get_loop() is loop and not f.done()]
        if not working:
            return False
        before = time.process_time()
        await asyncio.wait(working, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
        used = time.process_time() - before
        return any(future.done() for future in working) or used > SOON * _WORKING


async def _nothing_is_ready(loop: Any) -> bool:
    """Let everything run that can, once round, and say whether that was all."""
    await asyncio.sleep(0)
    if loop._ready:
        return False
    await asyncio.sleep(0)  # it has looked at its sockets in between
    return not loop._ready


def _until_next_timer(loop: Any) -> float | None:
    """Seconds until the next timer, if that is soon."""
    times = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
    wait = min(times, default=float("inf")) - loop.time()
    return max(wait, 0.0) if wait < SOON else None
