"""How servers are asked what a chat request counts by their own tokenizer.

Each way is a generator that does no I/O: it yields what to post, is sent the JSON object that came
back (`None` where the server has no such route), and returns the tokens (`None` where the answer is
not one of that way).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studybuddy.domain.usage import MOST_TOKENS

ABSENT = frozenset({401, 403, 404, 405, 410, 501})
"""Statuses of a server that does not have a route, or has it for others."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a way."""

    path: str
    body: Mapping[str, Any]
    beside: bool = False
    """Whether the path begins beside the API's version, not under it."""


Way = Callable[[Mapping[str, Any]], Generator[Asked, Mapping[str, Any] | None, int | None]]
"""Takes the request: `model`, `messages` and maybe `tools`, as for a chat completion."""


def by_chat_route(
    request: Mapping[str, Any],
) -> Generator[Asked, Mapping[str, Any] | None, int | None]:
    """As llama.cpp's server counts since 2026, and StudyBuddy's engine does."""
    found = yield Asked("/chat/completions/input_tokens", request)
    return _count(found, "input_tokens")


def by_chat_tokenizer(
    request: Mapping[str, Any],
) -> Generator[Asked, Mapping[str, Any] | None, int | None]:
    """As vLLM and its kin do: a tokenizer that takes messages."""
    found = yield Asked("/tokenize", {**request, "add_generation_prompt": True}, beside=True)
    return _count(found, "count")


def by_template(
    request: Mapping[str, Any],
) -> Generator[Asked, Mapping[str, Any] | None, int | None]:
    """As llama.cpp's server can be asked since 2025: the prompt first, then its tokens."""
    found = yield Asked("/apply-template", request, beside=True)
    prompt = found.get("prompt") if found is not None else None
    if not isinstance(prompt, str):
        return None
    # As the server's own chat does it.
    text = {"content": prompt, "add_special": True, "parse_special": True}
    found = yield Asked("/tokenize", text, beside=True)
    tokens = found.get("tokens") if found is not None else None
    return len(tokens) if isinstance(tokens, list) and tokens else None


def by_responses(
    request: Mapping[str, Any],
) -> Generator[Asked, Mapping[str, Any] | None, int | None]:
    """As OpenAI documents it for Responses, for requests that are only text."""
    messages: Sequence[Mapping[str, Any]] = request.get("messages") or ()
    if request.get("tools") or not all(_is_plain(message) for message in messages):
        return None
    found = yield Asked(
        "/responses/input_tokens", {"model": request.get("model"), "input": list(messages)}
    )
    return _count(found, "input_tokens")


WAYS: tuple[Way, ...] = (by_chat_route, by_chat_tokenizer, by_template, by_responses)
"""In the order in which a server of unknown kind is asked."""


def _is_plain(message: Mapping[str, Any]) -> bool:
    return set(message) == {"role", "content"} and isinstance(message["content"], str)


def _count(found: Mapping[str, Any] | None, name: str) -> int | None:
    count = found.get(name) if found is not None else None
    is_count = isinstance(count, int) and not isinstance(count, bool) and 0 < count <= MOST_TOKENS
    return count if is_count else None
