"""How many tokens a system prompt, its examples, or a filled template take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.messages import Role
from studybuddy.domain.prompts import Example
from studybuddy.domain.usage import Count
from studybuddy.ui.token_words import plural

CountPrompt = Callable[[str, Sequence[Example]], Awaitable[Count]]
"""Counts a system prompt with its examples, as each request has them."""
CountText = Callable[[str], Awaitable[Count]]
"""Counts a text."""


def count_prompt(counter: TokenCounter, model: str) -> CountPrompt:
    """What counts prompts for a model, off the event loop."""

    def tokens(prompt: str, examples: Sequence[Example]) -> Count:
        messages = [(Role.SYSTEM, prompt)] if prompt.strip() else []
        for example in examples:
            messages += [(Role.USER, example.question), (Role.ASSISTANT, example.answer)]
        counts = [counter.count_message(role, text, model) for role, text in messages]
        return sum(counts, Count())

    async def count(prompt: str, examples: Sequence[Example]) -> Count:
        return await asyncio.to_thread(tokens, prompt, examples)

    return count


def count_text(counter: TokenCounter, model: str) -> CountText:
    """What counts texts for a model, off the event loop."""

    async def count(text: str) -> Count:
        return await asyncio.to_thread(counter.count, text, model)

    return count


def tokens_in_words(count: Count) -> str:
    """A count for people: "≈ 1,204 tokens"."""
    return f"{count} {plural(count.tokens, 'token')}"
