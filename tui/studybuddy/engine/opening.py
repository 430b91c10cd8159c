"""Streams that begin before they have anything to tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from studybuddy.engine.upstream.problems import of_odd_answer


class Opening:
    """The payloads of a stream, whose first one is waited for, but not forever."""

    def __init__(self, payloads: AsyncGenerator[bytes, None]) -> None:
        """Take the payloads, which are closed with it."""
        self._payloads = payloads
        self._first: asyncio.Task[bytes] | None = None

    async def wait(self, seconds: float) -> None:
        """Wait for the first payload, for so many seconds at most.

        Raises:
            ApiError: what came in place of it.
        """
        self._first = asyncio.create_task(self._begin())
        await asyncio.wait({self._first}, timeout=seconds)
        if self._first.done():
            self._first.result()

    def __aiter__(self) -> Opening:
        """Itself: it can be gone through once."""
        return self

    async def __anext__(self) -> bytes:
        """The next payload, from the first one on."""
        first, self._first = self._first, None
        return await (anext(self._payloads) if first is None else first)

    async def aclose(self) -> None:
        """End it, wherever it is."""
        if self._first is not None:
            self._first.cancel()
            await asyncio.gather(self._first, return_exceptions=True)
        await self._payloads.aclose()

    async def _begin(self) -> bytes:
        try:
            return await anext(self._payloads)
        except StopAsyncIteration:
            raise of_odd_answer("its address") from None
