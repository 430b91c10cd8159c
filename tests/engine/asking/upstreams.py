"""An upstream in the test's own process that answers from a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from studybuddy.engine.asking.port import Ask, Asker, Reply
from studybuddy.engine.errors import ApiError

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}

Script = ApiError | Sequence[Mapping[str, Any] | bytes | ApiError]


class ScriptedUpstream:
    """Answers each streamed completion with the next list of chunks; the last serves all later."""

    def __init__(self, *script: Script, models: Sequence[str] = ("scripted",)) -> None:
        self._script = list(script)
        self._models = models
        self.bodies: list[dict[str, Any]] = []
        self.closed = 0
        """Streams that ended, however they did."""
        self.arrived = asyncio.Event()
        """Set with the first request."""
        self.gate = asyncio.Event()
        """Opened by default; a test may clear it, so that streams stand still at their start."""
        self.gate.set()

    async def start(self) -> None: ...

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        raise AssertionError("askers stream")

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        self.bodies.append(dict(body))
        self.arrived.set()
        answer = self._script[min(len(self.bodies), len(self._script)) - 1]
        try:
            if isinstance(answer, ApiError):
                raise answer
            for part in answer:
                await self.gate.wait()
                if isinstance(part, ApiError):
                    raise part
                yield part if isinstance(part, bytes) else json.dumps(part).encode()
        finally:
            self.closed += 1

    async def models(self) -> Sequence[dict[str, Any]]:
        return [{"id": name} for name in self._models]

    async def default_model(self) -> str:
        return self._models[0]

    async def tokenize(self, text: str) -> list[int]:
        return list(range(len(text) // 4))

    async def count(self, body: Mapping[str, Any]) -> int:
        return sum(len(str(message.get("content"))) for message in body["messages"]) // 4

    def health(self) -> dict[str, Any]:
        return {"state": "ready"}

    async def close(self) -> None: ...


def delta(content: Any = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    inner = fields if content is None else {"content": content, **fields}
    return {
        "model": "scripted",
        "choices": [{"index": 0, "delta": inner, "finish_reason": finish}],
    }


def call(index: int | None = None, id: str | None = None, **function: Any) -> dict[str, Any]:
    """A chunk with a piece of a tool call; what is None is left out."""
    piece: dict[str, Any] = {"type": "function", "function": function}
    if index is not None:
        piece["index"] = index
    if id is not None:
        piece["id"] = id
    return delta(tool_calls=[piece])


def usage(**told: Any) -> dict[str, Any]:
    """The chunk that tells the usage."""
    return {"model": "scripted", "choices": [], "usage": told or USAGE}


def text(*pieces: str) -> list[Mapping[str, Any] | bytes]:
    """A whole answer of text."""
    return [*map(delta, pieces), delta(finish="stop"), usage(), b"[DONE]"]


def function(name: str, **properties: Any) -> dict[str, Any]:
    """A function tool that wants all of its arguments."""
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Does {name}.",
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": list(properties),
            },
        },
    }


def question(text: str, **fields: Any) -> Ask:
    """A request with one message."""
    return Ask(messages=[{"role": "user", "content": text}], **fields)


async def asked(asker: Asker, ask: Ask) -> tuple[list[str], Reply]:
    """All deltas, and the reply."""
    parts = [part async for part in asker.ask(ask)]
    reply = parts.pop()
    assert isinstance(reply, Reply)
    deltas = [part for part in parts if isinstance(part, str)]
    assert len(deltas) == len(parts)
    assert "".join(deltas) == reply.text
    return deltas, reply
