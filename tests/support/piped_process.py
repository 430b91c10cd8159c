"""A program as a process of its own, whose output is read through pipes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

_ENOUGH = 30
"""Seconds after which a test that still waits for the process has failed."""


@asynccontextmanager
async def piped(
    *command: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command that gets no input; it is killed where it has not ended by itself."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_ENOUGH):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
