"""The numbers in what servers say of a request that does not fit their model."""

from __future__ import annotations

import re

_NUMBER = r"(\d[\d,]{0,15})"
# Each with who says it, or something like it; the first that is found counts.
_WINDOWS = (
    # "maximum context length is 8192 tokens", "available context size (256 tokens)",
    # "loaded with context length of only 4096", "maximum prompt length is 131072"
    rf"(?:context (?:length|window|size)|model length|prompt length)"
    rf"(?: is| of)?(?: only)? \(?{_NUMBER}",
    rf"> {_NUMBER} maximum",  # Anthropic
    rf"{_NUMBER} maximum context",  # Mistral
    rf"tokens allowed \({_NUMBER}\)",  # Gemini
    rf"must be <= {_NUMBER}",  # TGI
)
_PROMPTS = (
    rf"{_NUMBER} (?:in the messages|of text input)",  # OpenAI, vLLM; OpenRouter
    rf"resulted in {_NUMBER} tokens",  # OpenAI
    rf"{_NUMBER} input tokens",  # vLLM
    rf"request \({_NUMBER} tokens\)",  # llama.cpp
    rf"too long: {_NUMBER} tokens",  # Anthropic
    rf"token count \({_NUMBER}\)",  # Gemini
    rf"prompt \(length {_NUMBER}\)",  # vLLM
    rf"contains {_NUMBER} tokens",  # xAI, Mistral
    rf"given: {_NUMBER}",  # TGI
    rf"first {_NUMBER} tokens when",  # LM Studio
    rf"requested (?:about )?{_NUMBER} tokens",  # OpenAI of old, the answer included
)


def overflow_numbers(words: str) -> tuple[int | None, int | None]:
    """Prompt tokens and context window, where a message in lower case tells them."""
    return _first(_PROMPTS, words), _first(_WINDOWS, words)


def _first(patterns: tuple[str, ...], words: str) -> int | None:
    for pattern in patterns:
        if found := re.search(pattern, words):
            return int(found[1].replace(",", "")) or None
    return None
