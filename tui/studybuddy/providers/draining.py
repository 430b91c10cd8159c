"""The end of a response's body, read so that its connection can be used again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx2

_log = logging.getLogger(__name__)

_SECONDS = 0.1


async def drain(reads: AsyncIterator[bytes]) -> None:
    """Read what is left, and never wait for it for long."""
    try:
        async with asyncio.timeout(_SECONDS):
            async for _ in reads:
                pass
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError):
        _log.debug("the connection is not kept: its body did not end")
