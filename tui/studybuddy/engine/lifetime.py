"""How long a companion engine lives: as long as an app that may use it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

CHECK_EVERY = 2.0
"""Seconds between two looks at who is alive."""
GRACE = 3.0
"""Seconds without a living app, after which the engine ends."""
FINISHING = 300.0
"""Seconds without a living app in which the engine may still finish what can wait."""
_CHECK_OFTEN = 0.25  # seconds; while it looks as if the end were near


def any_app_alive(instances_dir: Path) -> bool:
    """Whether an app instance holds its lock: a file `*.lock` in that folder."""
    return any(_held(path) for path in instances_dir.glob("*.lock"))


async def until_no_app_lives(
    instances_dir: Path,
    starter_gone: asyncio.Event,
    *,
    busy: Callable[[], bool] = lambda: False,
    finishing: Callable[[], bool] = lambda: False,
    grace: float = GRACE,
    check_every: float = CHECK_EVERY,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return once no app has been alive for a while, and nothing is under way.

    Args:
        instances_dir: where the apps hold their locks.
        starter_gone: set when the app that started the engine let go of it; it is looked at once.
        busy: whether work is under way that must not be cut off.
        finishing: whether work is under way that should rather be finished, but can also be
            taken up again at the next start; it keeps the engine for `FINISHING` seconds.
        grace: seconds; an app may be about to begin.
        check_every: seconds.
        clock: seconds.
    """
    last_needed = last_seen = clock()
    while True:
        alive = busy() or await asyncio.to_thread(any_app_alive, instances_dir)
        now = clock()
        last_needed = now if alive else last_needed
        if alive or (finishing() and now - last_needed < FINISHING):
            last_seen = now
        missing = now - last_seen
        if missing >= grace:
            return
        if missing > 0 or starter_gone.is_set():
            await asyncio.sleep(min(_CHECK_OFTEN, check_every))
        else:
            try:
                await asyncio.wait_for(starter_gone.wait(), check_every)
            except TimeoutError:
                continue


def watch_stdin(gone: asyncio.Event) -> None:
    """Set `gone`, in the running loop, when standard input closes."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        # Not sys.stdin: its lock would be held when the interpreter ends.
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(gone.set)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def _held(path: Path) -> bool:
    from filelock import FileLock, Timeout

    if not path.exists():  # or taking its lock would make it
        return False
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except FileNotFoundError:
        return False
    except OSError:  # it can't be told: better to live on
        return True
    # The file of a dead app stays: removing it is the business of the apps.
    lock.release()
    return False
