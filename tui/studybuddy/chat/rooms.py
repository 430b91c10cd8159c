"""How the context window is shared by a prompt and its answer, and what a prompt costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.limits import Room, Spent
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.domain.messages import Conversation
    from studybuddy.domain.settings import Settings


def spent_on(facts: ModelFacts, prompt_tokens: int) -> Spent:
    """What a request of that many prompt tokens uses at least."""
    usage = Usage(prompt=prompt_tokens)
    return Spent.of(usage, Cost.of(facts.tariff, usage))


def answer_cost(facts: ModelFacts, prompt_tokens: int, most: int) -> Cost | None:
    """What an answer of so many tokens adds, at the prices of a prompt of that size.

    `None` for no tokens, or where the price is not known.
    """
    if facts.tariff is None or not most:
        return None
    whole = facts.tariff.cost(Usage(prompt=prompt_tokens, completion=most))
    return Cost(whole - facts.tariff.cost(Usage(prompt=prompt_tokens)), free=facts.tariff.free)


def longest_answer(facts: ModelFacts, head: Conversation, settings: Settings) -> int | None:
    """Tokens that the student allows an answer, where the model has room for it; `None` for any.

    Never more than the model's longest answer, nor than half of its window: no question would
    fit beside it.
    """
    most = head.max_completion_tokens or settings.limits.max_completion_tokens or None
    return min(most, longest_of(facts) or most) if most else None


def longest_of(facts: ModelFacts) -> int | None:
    """Tokens of the longest answer that can be asked of a model; `None` where nobody says."""
    half = facts.context_window and max(1, facts.context_window // 2)
    return min((bound for bound in (facts.max_output, half) if bound), default=None)


def room_for(facts: ModelFacts, head: Conversation, settings: Settings) -> Room:
    """The room that a conversation's prompt has in a model's window."""
    return Room.of(facts, longest_answer(facts, head, settings))


def answer_beside(
    prompt: Count, facts: ModelFacts, head: Conversation, settings: Settings
) -> int | None:
    """The longest answer to ask for beside a prompt; `None` for the model's own limit."""
    most = longest_answer(facts, head, settings)
    if most is None or facts.context_window is None:
        return most
    return max(1, min(most, facts.context_window - prompt.tokens))
