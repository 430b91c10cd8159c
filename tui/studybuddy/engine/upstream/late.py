"""A built-in model that is loaded when someone asks it, and may not be there at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.engine.errors import SERVER_ERROR, ApiError
from studybuddy.engine.upstream.port import Upstream


class LateUpstream:
    """`Upstream` for a model whose process starts with the first request.

    Where its runtime or weights are missing, each request is told so, and looks again.
    """

    def __init__(self, make: Callable[[], Upstream]) -> None:
        """Take what makes it, which raises StudyBuddyError where it can't."""
        self._make = make
        self._made: Upstream | None = None

    async def start(self) -> None:
        """Do nothing: it waits to be asked."""

    async def wake(self) -> None:
        """Begin to load the model.

        Raises:
            ApiError: 503 where something is missing.
        """
        await (await self._upstream()).start()

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One chat completion, whole."""
        return await (await self._upstream()).complete(body)

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The payloads of a streamed chat completion as they come."""
        upstream = await self._upstream()
        async with aclosing(upstream.stream(body)) as payloads:
            async for payload in payloads:
                yield payload

    async def models(self) -> Sequence[dict[str, Any]]:
        """The one model."""
        return await (await self._upstream()).models()

    async def default_model(self) -> str:
        """The one model's id."""
        return await (await self._upstream()).default_model()

    async def tokenize(self, text: str) -> list[int]:
        """Token ids of a text."""
        return await (await self._upstream()).tokenize(text)

    async def count(self, body: Mapping[str, Any]) -> int:
        """Prompt tokens of a chat completion's body."""
        return await (await self._upstream()).count(body)

    def health(self) -> dict[str, Any]:
        """Off, until it is asked."""
        return self._made.health() if self._made is not None else {"state": "off"}

    async def close(self) -> None:
        """End its process."""
        if self._made is not None:
            await self._made.close()

    async def _upstream(self) -> Upstream:
        if self._made is None:
            try:
                made = await asyncio.to_thread(self._make)
            except StudyBuddyError as error:
                raise missing(error.problem) from error
            if self._made is None:  # another request may have been quicker
                self._made = made
        return self._made


def missing(problem: Problem) -> ApiError:
    """503: the model's runtime or weights are not on this computer."""
    return ApiError(503, str(problem), SERVER_ERROR, code=problem.kind.value)
