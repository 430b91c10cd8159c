"""Usage as servers report it, read as one value.

The shape is `CompletionUsage` of OpenAI's OpenAPI document, whose fields lenient servers leave
out, rename, or fill with anything. Beside OpenAI's names those are read: DeepSeek's
`prompt_cache_hit_tokens`, the `cache_read_input_tokens` and `cache_creation_input_tokens` that
proxies pass on from Anthropic, Moonshot's `cached_tokens`, and `prompt_token_details`, as runs of
assistants call the details.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from studybuddy.domain.usage import MOST_TOKENS, Usage

_MOST_THOUGHT = 262_144
"""Tokens that a model may have thought; a total that is higher by more than that is a wrong one."""
_MOST_HIDDEN = 1_000_000
"""Tokens that a server may have beside those of the texts: prompts of its own, tools, thoughts."""
_LONGEST_NUMBER = 30  # characters of a number that comes as text


class UsageReports:
    """What the chunks of one answer tell of its usage, taken together.

    Some servers report with every chunk, some tell the prompt first and the answer last, and some
    end with nothing; so no later report takes back what an earlier one told.
    """

    def __init__(self) -> None:
        self._told: Usage | None = None
        self._timed: Usage | None = None

    @property
    def usage(self) -> Usage | None:
        """The usage so far; `None` where nothing told it."""
        return self._told or self._timed

    def take(self, *told: Any, timings: Any = None) -> None:
        """Take what may be `usage` objects, and what may be llama.cpp's `timings`."""
        for found in told:
            if found is not None:
                self._told = _most_of(self._told, usage_in(found))
        if timings is not None:
            self._timed = _most_of(self._timed, usage_in_timings(timings))


def usage_in(told: Any) -> Usage | None:
    """The usage that a server's `usage` object tells; `None` where it tells nothing.

    All zeros tell nothing: every prompt has tokens, and servers that do not count say so.
    The invariants of `Usage` hold for the result, whatever was told.
    """
    if not isinstance(told, Mapping):
        return None
    of_prompt = _details(told, "prompt_tokens_details", "prompt_token_details")
    of_completion = _details(told, "completion_tokens_details", "completion_token_details")
    prompt, completion = (
        tokens_in(told.get("prompt_tokens")),
        tokens_in(told.get("completion_tokens")),
    )
    total = tokens_in(told.get("total_tokens")) or 0
    if prompt is None and completion is not None and total > completion:
        prompt = total - completion
    if completion is None and prompt is not None and total > prompt:
        completion = total - prompt
    if not prompt and not completion:
        return None
    beside_read = tokens_in(told.get("cache_read_input_tokens")) or 0
    beside_written = tokens_in(told.get("cache_creation_input_tokens")) or 0
    if beside_read + beside_written > (prompt or 0):  # then its prompt is what is in no cache
        prompt = (prompt or 0) + beside_read + beside_written
    cached = _first(
        of_prompt.get("cached_tokens"),
        told.get("prompt_cache_hit_tokens"),
        told.get("cached_tokens"),
        beside_read,
    )
    if prompt and cached > prompt:  # the same
        prompt += cached
    reasoning = _first(of_completion.get("reasoning_tokens"), told.get("reasoning_tokens"))
    if completion and not reasoning:
        # Gemini leaves its thoughts out of the completion, and tells them in the total alone.
        untold = total - (prompt or 0) - completion
        if prompt and 0 < untold <= _MOST_THOUGHT:
            completion, reasoning = completion + untold, untold
    return _consistent(
        prompt=prompt or 0,
        completion=completion or 0,
        cached=cached,
        reasoning=reasoning,
        written=_first(
            of_prompt.get("cache_write_tokens"),
            of_prompt.get("cache_creation_tokens"),
            beside_written,
        ),
        total=total,
    )


def believable(told: Usage, prompt: Iterable[str], answer: str) -> Usage | None:
    """What can be true of a report: its prompt, its completion, both, or nothing.

    No tokenizer has more tokens than a text has bytes. A part that is beyond that, and beyond
    whatever a server may add or a model may think, is left out, so that it is counted here: else
    one wrong number would use up a month's budget.

    Args:
        told: as it was reported.
        prompt: the texts of the request's messages.
        answer: the text that came.
    """
    read = sum(map(_bytes, prompt)) + _MOST_HIDDEN
    written = _bytes(answer) + _MOST_HIDDEN
    if told.prompt > read:
        told = replace(told, prompt=0, cached=0, cache_written=0)
    if told.completion > written:
        told = replace(told, completion=0, reasoning=0)
    return told if told.prompt or told.completion else None


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else 4 * len(text)


def usage_in_timings(told: Any) -> Usage | None:
    """The usage in llama.cpp's `timings`; `None` where they do not tell all of the prompt."""
    if not isinstance(told, Mapping):
        return None
    # Before `cache_n` there was, `prompt_n` left out what the cache held, and nothing told it.
    read, cached = tokens_in(told.get("prompt_n")), tokens_in(told.get("cache_n"))
    written = tokens_in(told.get("predicted_n"))
    if read is None or cached is None or written is None or not read + cached:
        return None
    return _consistent(prompt=read + cached, completion=written, cached=cached)


def tokens_in(told: Any) -> int | None:
    """A number of tokens, at least 0; `None` where it is no number, or beyond `MOST_TOKENS`.

    What no server can have read or written is not cut to what it could have: it tells nothing.
    """
    if isinstance(told, bool):
        return None
    if isinstance(told, str):
        try:
            told = float(told[:_LONGEST_NUMBER])
        except ValueError:
            return None
    if isinstance(told, float) and not math.isfinite(told):
        return None
    if not isinstance(told, int | float) or told > MOST_TOKENS:
        return None
    return int(max(told, 0))


def _consistent(
    *,
    prompt: int,
    completion: int,
    cached: int = 0,
    reasoning: int = 0,
    written: int = 0,
    total: int = 0,
) -> Usage:
    if reasoning and (reasoning > completion or total == prompt + completion + reasoning):
        completion += reasoning  # xAI and others tell it beside the completion's tokens
    prompt, completion = min(prompt, MOST_TOKENS), min(completion, MOST_TOKENS)
    cached = min(cached, prompt)
    return Usage(
        prompt=prompt,
        completion=completion,
        cached=cached,
        reasoning=min(reasoning, completion),
        cache_written=min(written, prompt - cached),
    )


def _most_of(before: Usage | None, later: Usage | None) -> Usage | None:
    if before is None or later is None:
        return before if later is None else later
    return _consistent(
        prompt=max(before.prompt, later.prompt),
        completion=max(before.completion, later.completion),
        cached=max(before.cached, later.cached),
        reasoning=max(before.reasoning, later.reasoning),
        written=max(before.cache_written, later.cache_written),
    )


def _details(told: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        found = told.get(name)
        if isinstance(found, Mapping):
            return found
    return {}


def _first(*told: Any) -> int:
    """The first that is a number above 0."""
    return next((count for value in told if (count := tokens_in(value))), 0)
