"""The list of an upstream's models: asked for seldom, by one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from studybuddy.engine.errors import ApiError
from studybuddy.engine.upstream.problems import UNREACHABLE

LISTED_FOR = 30.0
"""Seconds for which a list of models is taken as current."""
FAILED_FOR = 10.0
"""Seconds for which a server that did not give its list is not asked for it again."""

Entries = list[dict[str, Any]]


class ModelList:
    """Keeps what a server listed, or why it did not."""

    def __init__(self, ask: Callable[[], Awaitable[Entries]], clock: Callable[[], float]) -> None:
        """Take what asks the server, raising ApiError, and a clock in seconds."""
        self._ask = ask
        self._clock = clock
        self._listed: tuple[float, Entries] | None = None
        self._failed: tuple[float, ApiError] | None = None
        self._asking: asyncio.Task[Entries] | None = None

    async def entries(self) -> Entries:
        """The list, at most half a minute old.

        Raises:
            ApiError: where the server does not give it now, or did not a moment ago.
        """
        now = self._clock()
        if self._listed is not None and now - self._listed[0] <= LISTED_FOR:
            return self._listed[1]
        if self._failed is not None and now - self._failed[0] <= FAILED_FOR:
            raise self._failed[1]
        if self._asking is None:
            self._asking = asyncio.create_task(self._refresh())
            self._asking.add_done_callback(self._done)
        return await asyncio.shield(self._asking)  # others may wait for it too

    async def close(self) -> None:
        """Wait for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _refresh(self) -> Entries:
        try:
            entries = await self._ask()
        except ApiError as error:
            # One that is off or still loading says so at once, and is found when it is there.
            is_starting = error.code == UNREACHABLE or error.status == 503
            self._failed = None if is_starting else (self._clock(), error)
            raise
        self._listed, self._failed = (self._clock(), entries), None
        return entries

    def _done(self, asking: asyncio.Task[Entries]) -> None:
        self._asking = None
        if not asking.cancelled():
            asking.exception()  # whoever waits is told; asyncio is not to write it to the log
