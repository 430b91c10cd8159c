"""Chunks of a streamed chat completion, read fast where they are as documented and leniently
where they are not.

The shape is `CreateChatCompletionStreamResponse` of OpenAI's OpenAPI document. Decoding into typed
structs costs a hundredth of a millisecond a chunk; a chunk that does not fit them is decoded again
by `json` and searched for what is usable.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec


class Text(msgspec.Struct, gc=False):
    """What is said in a delta or a message."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(msgspec.Struct):
    """One alternative answer; only the first is read."""

    delta: Text | None = None
    message: Text | None = None  # in place of delta, where a server does not stream
    finish_reason: str | None = None
    usage: Any = None  # where Moonshot tells it


class GroqPart(msgspec.Struct):
    """What Groq adds to a chunk."""

    usage: Any = None


class Chunk(msgspec.Struct):
    """One event's object; what tells usage is as `domain.reported_usage` reads it."""

    choices: list[Choice] | None = None
    usage: Any = None
    x_groq: GroqPart | None = None
    timings: Any = None  # llama.cpp's
    prompt_progress: Any = None  # llama.cpp's
    model: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(Chunk).decode


def decode(data: bytes) -> Chunk | None:
    """The chunk of an event's data; `None` where it is no JSON object."""
    try:
        return _decode(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or of other types
        return _decode_leniently(data)


def loads(data: bytes) -> Any:
    """Decode JSON that may have stray control characters, lone surrogates or broken UTF-8."""
    try:
        return json.loads(data.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _decode_leniently(data: bytes) -> Chunk | None:
    """What is usable of an event that is not as documented; `None` where it is no JSON object."""
    found = loads(data)
    if not isinstance(found, dict):
        return None
    choices = found.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    groq = found.get("x_groq")
    return Chunk(
        choices=[_choice(first)] if isinstance(first, dict) else None,
        usage=found.get("usage"),
        x_groq=GroqPart(groq.get("usage")) if isinstance(groq, dict) else None,
        timings=found.get("timings"),
        prompt_progress=found.get("prompt_progress"),
        model=_string(found.get("model")),
        error=found.get("error"),
    )


def _choice(found: dict[str, Any]) -> Choice:
    delta = found.get("delta") or found.get("message")
    return Choice(
        delta=Text(
            content=_content(delta.get("content")),
            refusal=_string(delta.get("refusal")),
            reasoning=_string(delta.get("reasoning_content")) or _string(delta.get("reasoning")),
        )
        if isinstance(delta, dict)
        else None,
        finish_reason=_string(found.get("finish_reason")),
        usage=found.get("usage"),
    )


def _content(found: Any) -> str | None:
    """The text of a `content`, which some servers send as a list of typed parts."""
    if isinstance(found, list):
        texts = [part.get("text") for part in found if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    return _string(found)


def _string(found: Any) -> str | None:
    return found if isinstance(found, str) else None
