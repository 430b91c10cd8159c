"""Asking an engine how it is, with nothing but the standard library: the screen is waiting."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

_REQUEST = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_TIMEOUT = 2.0  # seconds
_LONGEST = 65536  # bytes


@dataclass(frozen=True, slots=True)
class Health:
    """What `GET /health` told."""

    pid: int
    version: str
    state: str
    """Of the model: off, loading, ready, crashed or failed."""
    sentence: str
    """What happened, where it crashed or failed."""
    model: str
    """The model's id; empty where it is not known."""


async def probe(port: int) -> Health | None:
    """The health of the engine at this port of 127.0.0.1; `None` where none answers in time."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(
                    b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                )
                answer = await reader.read(_LONGEST)
                while more := await reader.read(_LONGEST):
                    answer += more
                    if len(answer) > _LONGEST:
                        return None
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    return _health(body) if head.startswith(b"HTTP/1.1 200 ") else None


def _health(body: bytes) -> Health | None:
    try:
        found = json.loads(body)
        if found["engine"] != "studybuddy":
            return None
        model = found["model"]
        return Health(
            int(found["pid"]),
            str(found["version"]),
            str(model["state"]),
            str(model.get("sentence", "")),
            str(model.get("id", "")),
        )
    except (ValueError, KeyError, TypeError):
        return None
