"""What a scripted server says: events of the Chat Completions wire, and scripts made of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MODEL = "scripted-model"
CREATED = 1_790_000_000

USAGE: dict[str, Any] = {
    "prompt_tokens": 12,
    "completion_tokens": 34,
    "total_tokens": 46,
    "prompt_tokens_details": {"cached_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 7},
}


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `data` that is no text is sent as JSON."""

    data: Any
    name: str = ""

    def encoded(self) -> bytes:
        """The event's bytes, with the blank line that ends it."""
        data = self.data if isinstance(self.data, str) else json.dumps(self.data)
        head = f"event: {self.name}\n" if self.name else ""
        return f"{head}data: {data}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes written as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is sent until the gate opens."""

    gate: asyncio.Event


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is dropped, in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing more is sent, and the connection stays open until the client goes."""


Step = Event | Raw | Wait | Pause | Cut | Hang


@dataclass(frozen=True, slots=True)
class Stream:
    """A streamed answer, made of steps."""

    steps: Sequence[Step]
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"}
    )
    rate: float | None = None
    """Steps a second, paced by the clock; `None` means as fast as they go."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer at once."""

    body: Any = ""
    """Text and bytes are sent as they are, anything else as JSON."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        """The body's bytes and its content type."""
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/html; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json"


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed without a word."""


Answer = Stream | Reply | Drop


def chunk(
    delta: Mapping[str, Any] | None = None,
    finish: str | None = None,
    *,
    model: str = MODEL,
    usage: Mapping[str, Any] | None = None,
) -> Event:
    """One chunk as OpenAI sends it; without `delta` and `finish` it has no choices."""
    choices: list[dict[str, Any]] = []
    if delta is not None or finish is not None:
        choices = [
            {"index": 0, "delta": dict(delta or {}), "logprobs": None, "finish_reason": finish}
        ]
    body: dict[str, Any] = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "choices": choices,
    }
    if usage is not None:
        body["usage"] = dict(usage)
    return Event(body)


DONE = Event("[DONE]")


def text_steps(text: str, *, model: str = MODEL) -> Iterator[Event]:
    """The chunks of a text, each about as long as a token."""
    for piece in re.findall(r"\s*\S{1,6}|\s+$", text):
        yield chunk({"content": piece}, model=model)


def answer(
    text: str,
    *,
    finish: str = "stop",
    usage: Mapping[str, Any] | None = USAGE,
    model: str = MODEL,
    together: bool = False,
) -> Stream:
    """A whole well-formed streamed answer; `together` sends all of it in one piece."""
    steps: list[Event] = [chunk({"role": "assistant", "content": ""}, model=model)]
    steps += text_steps(text, model=model)
    steps.append(chunk({}, finish, model=model))
    if usage is not None:
        steps.append(chunk(usage=usage, model=model))
    steps.append(DONE)
    return Stream([Raw(b"".join(step.encoded() for step in steps))] if together else steps)


def calls(*made: tuple[str, Mapping[str, Any] | str], text: str = "") -> Stream:
    """A streamed answer that calls functions: names with their arguments."""
    steps: list[Event] = [chunk({"role": "assistant", "content": text or None})]
    for index, (name, arguments) in enumerate(made):
        whole = arguments if isinstance(arguments, str) else json.dumps(arguments)
        head = {"index": index, "id": f"call_{index}_{name}", "type": "function"}
        steps.append(chunk({"tool_calls": [head | {"function": {"name": name, "arguments": ""}}]}))
        for start in range(0, len(whole), 20):
            part = {"index": index, "function": {"arguments": whole[start : start + 20]}}
            steps.append(chunk({"tool_calls": [part]}))
    return Stream([*steps, chunk({}, "tool_calls"), chunk(usage=USAGE), DONE])


def error(
    status: int,
    message: str,
    *,
    type: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error in OpenAI's envelope."""
    body = {"error": {"message": message, "type": type, "param": param, "code": code}}
    return Reply(body, status, headers or {})


def model_list(*models: str | Mapping[str, Any]) -> Reply:
    """The answer to `GET /v1/models`."""
    data = [
        {"id": m, "object": "model", "created": CREATED, "owned_by": "tests"}
        if isinstance(m, str)
        else dict(m)
        for m in models
    ]
    return Reply({"object": "list", "data": data})
