"""Signs of life for clients that wait: comments in a stream of events, which they pass over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import Send

COMMENT = b":\n\n"
"""No event, see the HTML standard, section 9.2; what times silence takes it for life."""

Write = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long clients are left without a word; in seconds."""

    silence: float = 5.0
    """Until a stream that says nothing gets a comment."""
    opening: float = 20.0
    """Until a stream begins that has nothing to say yet: an error before has its own status."""


@asynccontextmanager
async def alive(send: Send, silence: float) -> AsyncIterator[Write]:
    """Something that writes parts of a body; while it is open, no silence is longer than that."""
    clock = asyncio.get_running_loop().time
    last = clock()

    async def write(part: bytes) -> None:
        nonlocal last
        await send({"type": "http.response.body", "body": part, "more_body": True})
        last = clock()

    async def beat() -> None:
        while True:
            await asyncio.sleep(max(0.0, last + silence - clock()))
            if clock() - last >= silence:
                await write(COMMENT)

    beating = asyncio.create_task(beat())
    try:
        yield write
    finally:
        beating.cancel()
        # A client that is gone is noticed by whoever writes next.
        await asyncio.gather(beating, return_exceptions=True)
