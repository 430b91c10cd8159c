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


class PromptDetails(msgspec.Struct, gc=False):
    """What the prompt's tokens were."""

    cached_tokens: int | None = None


class CompletionDetails(msgspec.Struct, gc=False):
    """What the answer's tokens were."""

    reasoning_tokens: int | None = None


class ReportedUsage(msgspec.Struct):
    """The `usage` object; any field may be missing or null."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Chunk(msgspec.Struct):
    """One event's object."""

    choices: list[Choice] | None = None
    usage: ReportedUsage | None = None
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
    usage = found.get("usage")
    return Chunk(
        choices=[_choice(first)] if isinstance(first, dict) else None,
        usage=_lenient_usage(usage) if isinstance(usage, dict) else None,
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
    )


def _content(found: Any) -> str | None:
    """The text of a `content`, which some servers send as a list of typed parts."""
    if isinstance(found, list):
        texts = [part.get("text") for part in found if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    return _string(found)


def _lenient_usage(found: dict[str, Any]) -> ReportedUsage:
    def number(holder: Any, name: str) -> int | None:
        value = holder.get(name) if isinstance(holder, dict) else None
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError, OverflowError):
            return None

    return ReportedUsage(
        prompt_tokens=number(found, "prompt_tokens"),
        completion_tokens=number(found, "completion_tokens"),
        prompt_tokens_details=PromptDetails(
            number(found.get("prompt_tokens_details"), "cached_tokens")
        ),
        completion_tokens_details=CompletionDetails(
            number(found.get("completion_tokens_details"), "reasoning_tokens")
        ),
    )


def _string(found: Any) -> str | None:
    return found if isinstance(found, str) else None
