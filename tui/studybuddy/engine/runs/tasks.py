"""Tasks that are not to be left half done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from studybuddy.engine.errors import ApiError, shutting_down

log = logging.getLogger(__name__)

T = TypeVar("T")


class Desk:
    """Does what was asked to its end, also where who asked is gone; until it is closed."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    async def whole(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of some work.

        Raises:
            ApiError: 503 where no more is taken.
        """
        if self._is_closed:
            work.close()
            raise shutting_down()
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(log_fault)
            raise

    async def close(self) -> None:
        """Take no more, and return when all is done that was taken."""
        self._is_closed = True
        await asyncio.gather(*self._under_way, return_exceptions=True)


async def stopped(task: asyncio.Task[None] | None) -> None:
    """Cancel a task, and return when it has ended."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def log_fault(task: asyncio.Task[Any]) -> None:
    """Log why a task failed that nobody waits for."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, ApiError):
        log.error("a run's change could not be stored", exc_info=error)
