"""What the engine keeps with a step beside the object itself: what the API has no field for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from studybuddy.domain.reported_usage import usage_in
from studybuddy.domain.usage import Usage
from studybuddy.engine.objects import Json


class NotedCall(Struct, kw_only=True):
    """A tool call as the model made it, and what it was told."""

    id: str
    name: str
    arguments: str
    output: str | None = None
    """`None` until there is one."""
    spoilt: bool = False
    """Whether code left nothing behind: it is not run again after a restart."""


class StepNote(Struct, kw_only=True):
    """Of a step."""

    calls: list[NotedCall] = field(default_factory=list)
    passages: list[Json] = field(default_factory=list)
    """What file searches found, in the order of their numbers."""
    usage: Json | None = None
    """Of a step in progress, which may not show it yet."""
    wrong: bool = False
    """Whether no call of it could be carried out."""


def read_note(raw: Mapping[str, Any]) -> StepNote:
    """A stored note."""
    return msgspec.convert(raw, StepNote)


def stored_note(note: StepNote) -> dict[str, Any]:
    """A note to be stored."""
    found: dict[str, Any] = msgspec.to_builtins(note)
    return found


def usage_object(usage: Usage) -> Json:
    """Usage as runs and steps tell it, with details where there are any.

    The details have the names that OpenAI gave them in runs, and in Chat Completions where runs
    had none.
    """
    told: Json = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.total,
    }
    of_prompt = {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written}
    if of_prompt := {name: tokens for name, tokens in of_prompt.items() if tokens}:
        told["prompt_token_details"] = of_prompt
    if usage.reasoning:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return told


def usage_sum(parts: Sequence[Json | None]) -> Usage:
    """All of them together."""
    return sum((usage_in(part) or Usage() for part in parts), Usage())
