"""Asking an engine how it is, with nothing but the standard library: the screen is waiting."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

_REQUEST = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_WAKE = (
    "POST /studybuddy/model HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    "Content-Length: 0\r\nAuthorization: Bearer {token}\r\n\r\n"
)
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
    answer = await _ask(port, _REQUEST)
    head, _, body = answer.partition(b"\r\n\r\n")
    return _health(body) if head.startswith(b"HTTP/1.1 200 ") else None


async def wake(port: int, token: str) -> str:
    """Have an engine load its model; why it can't, or nothing where it does."""
    answer = await _ask(port, _WAKE.format(token=token).encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 200 "):
        return ""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["error"]["message"])
    return "The engine does not answer."


async def _ask(port: int, request: bytes) -> bytes:
    """The whole answer; nothing where none came in time, or too much did."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                answer = await reader.read(_LONGEST)
                while more := await reader.read(_LONGEST):
                    answer += more
                    if len(answer) > _LONGEST:
                        return b""
                return answer
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""


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
