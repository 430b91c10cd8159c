"""Context windows and longest answers of models, which the price list lacks or rounds.

Models that are not here keep what the price list says; a longest answer that nobody published is
left open. Prices are not kept here: a model without one in the list is unpriced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

LOOKED_UP = "2026-11-21"
"""ISO date on which the rows were last looked up, on the pages or where those are quoted."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one model holds, as its maker publishes it."""

    context_window: int
    """Tokens of prompt and answer together."""
    max_output: int
    """Tokens of the longest answer."""
    maker: str
    """As the price list calls it: "openai", "anthropic", "google"."""
    source: str
    """Name of the page that says so."""
    as_of: str = LOOKED_UP


_ROWS: tuple[tuple[Sizes, str], ...] = (
    (
        Sizes(1_050_000, 128_000, "openai", "OpenAI, Compare models"),
        "gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-5.6 gpt-5.5",
    ),
    (
        Sizes(1_050_000, 128_000, "openai", "OpenAI, model pages of GPT-6"),
        "gpt-6.1-sol gpt-6.1-terra gpt-6-astra gpt-6-sol gpt-6-luna",
    ),
    (
        Sizes(1_050_000, 128_000, "openai", "OpenAI, model pages of GPT-5.4"),
        "gpt-5.4 gpt-5.4-pro",
    ),
    (
        Sizes(400_000, 128_000, "openai", "OpenAI, model pages of GPT-5"),
        "gpt-5 gpt-5-mini gpt-5-nano gpt-5-codex gpt-5.1 gpt-5.2 gpt-5.2-pro gpt-5.4-mini "
        "gpt-5.4-nano",
    ),
    (Sizes(400_000, 272_000, "openai", "OpenAI, model page of GPT-5 pro"), "gpt-5-pro"),
    (
        Sizes(128_000, 16_384, "openai", "OpenAI, model pages of GPT-5 Chat"),
        "gpt-5-chat-latest gpt-5.1-chat-latest gpt-5.2-chat-latest",
    ),
    (
        Sizes(1_047_576, 32_768, "openai", "OpenAI, model pages of GPT-4.1"),
        "gpt-4.1 gpt-4.1-mini gpt-4.1-nano",
    ),
    (
        Sizes(128_000, 16_384, "openai", "OpenAI, model pages of GPT-4o"),
        "gpt-4o gpt-4o-mini chatgpt-4o-latest",
    ),
    (
        Sizes(200_000, 100_000, "openai", "OpenAI, model pages of the o series"),
        "o1 o3 o3-mini o4-mini codex-mini-latest",
    ),
    (
        Sizes(128_000, 4_096, "openai", "OpenAI, model page of GPT-4 Turbo"),
        "gpt-4-turbo gpt-4-turbo-preview gpt-4-0125-preview gpt-4-1106-preview "
        "gpt-4-vision-preview gpt-4-1106-vision-preview",
    ),
    (
        Sizes(8_192, 8_192, "openai", "OpenAI, model page of GPT-4"),
        "gpt-4 gpt-4-0314 gpt-4-0613",
    ),
    (
        Sizes(16_385, 4_096, "openai", "OpenAI, model page of GPT-3.5 Turbo"),
        "gpt-3.5-turbo gpt-35-turbo gpt-3.5-turbo-0125 gpt-3.5-turbo-1106 gpt-3.5-turbo-16k "
        "gpt-3.5-turbo-16k-0613",
    ),
    (
        Sizes(4_096, 4_096, "openai", "OpenAI, Deprecations and model page of GPT-3.5 Turbo"),
        "gpt-3.5-turbo-0301 gpt-3.5-turbo-0613 gpt-3.5-turbo-instruct",
    ),
    (
        Sizes(131_072, 131_072, "openai", "OpenAI, model pages of gpt-oss"),
        "gpt-oss-120b gpt-oss-20b",
    ),
    (
        Sizes(1_000_000, 128_000, "anthropic", "Claude Docs, Models overview"),
        "claude-fable-5-2 claude-fable-5-1 claude-fable-5 claude-opus-5-5 claude-opus-5 "
        "claude-sonnet-5-5 claude-sonnet-5 claude-haiku-5-5",
    ),
    (
        Sizes(200_000, 64_000, "anthropic", "Claude Docs, overviews of the 4.5 models"),
        "claude-haiku-4-5 claude-sonnet-4-5 claude-opus-4-5",
    ),
    (
        Sizes(1_048_576, 65_535, "google", "Google Cloud, model pages of Gemini 2.5"),
        "gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite",
    ),
    (
        Sizes(1_048_576, 65_536, "google", "Gemini API, model page of Gemini 3.8 Flash"),
        "gemini-3.8-flash",
    ),
    (
        Sizes(1_048_576, 8_192, "google", "Gemini API, model page of Gemini 2.0 Flash"),
        "gemini-2.0-flash gemini-2.0-flash-001",
    ),
)
"""Sizes, and the names of the models that have them; dated snapshots go by the name before it."""

_DATE = re.compile(r"-20\d\d-?\d\d-?\d\d$")
_MAKERS = ("openai/", "anthropic/", "google/", "models/")


def without_maker(model: str) -> str:
    """A model's name in small letters, without its maker: "gpt-4o" of "openai/GPT-4o"."""
    name = model.strip().lower()
    for maker in _MAKERS:
        name = name.removeprefix(maker)
    return name


def without_date(name: str) -> str:
    """The name without the date of a snapshot: "gpt-4o" of "gpt-4o-2024-11-20"."""
    return _DATE.sub("", name)


def sizes_of(model: str) -> Sizes | None:
    """What a model holds; `None` where this table does not say."""
    name = without_maker(model)
    if name.startswith("ft:"):
        name = name.split(":")[1]  # tuned models are as large as what they were tuned from
    if name.startswith("claude"):
        name = name.replace(".", "-")
    return _table().get(name) or _table().get(without_date(name))


@cache
def _table() -> Mapping[str, Sizes]:
    return {name: sizes for sizes, names in _ROWS for name in names.split()}
