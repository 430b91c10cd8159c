"""Limits that hold before a request leaves: the context window, budgets, the prompt's length."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from studybuddy.domain.budget_states import (
    WARN_AT,
    Amount,
    BudgetState,
    OverBudget,
    Period,
    Spent,
    budget_states,
)

if TYPE_CHECKING:
    from studybuddy.domain.money import Cost, ModelFacts

__all__ = [
    "UNKNOWN_OUTPUT",
    "WARN_AT",
    "Amount",
    "BudgetState",
    "DoesNotFit",
    "Obstacle",
    "OverBudget",
    "Overflow",
    "Period",
    "PromptTooLong",
    "Room",
    "Spent",
    "Summing",
    "budget_states",
]

UNKNOWN_OUTPUT = 4096
"""Tokens reserved for the answer of a model whose longest answer nobody knows, at most."""


class Overflow(StrEnum):
    """What happens to a conversation that does not fit the context window."""

    REFUSE = "refuse"  # nothing is sent; the student decides
    DROP = "drop"  # the oldest turns are left out; pinned messages stay
    SUMMARISE = "summarise"  # the model sums them up


@dataclass(frozen=True, slots=True)
class Room:
    """How many tokens a prompt may have."""

    window: int | None = None
    """The context window; `None` where nobody knows it: then everything fits."""
    reserved: int = 0
    """Kept free for the answer."""

    @classmethod
    def of(cls, facts: ModelFacts, max_completion_tokens: int | None) -> Room:
        """The room in a model's window.

        The answer gets what the student allows it, else the model's longest answer; never more
        than half of the window where a longest answer would leave no room for a question.
        """
        window = facts.context_window
        if window is None:
            return cls()
        most = window // 2
        if max_completion_tokens:
            return cls(window, min(max_completion_tokens, window - 1))
        if facts.max_output is None:
            return cls(window, min(UNKNOWN_OUTPUT, window // 4))
        return cls(window, min(facts.max_output, most))

    @property
    def prompt(self) -> int | None:
        """Tokens that a prompt may have; `None` for any number."""
        return None if self.window is None else self.window - self.reserved


@dataclass(frozen=True, slots=True)
class Summing:
    """What it would take to have the oldest messages summed up."""

    messages: int
    """That a summary would stand for."""
    requests: int
    """To the model, before the question itself; 0 where there is a summary that does."""
    cost: Cost
    """Of those requests, where every summary is as long as it may be."""

    def __str__(self) -> str:
        """As it ends a sentence: "which takes 2 requests of its own, $0.012 at most"."""
        if not self.requests:
            return "which takes no request: they were summed up before"
        requests = "a request" if self.requests == 1 else f"{self.requests:,} requests"
        takes = f"which takes {requests} of its own"
        if self.cost.free:
            return f"{takes}, free"
        if self.cost.unpriced:
            return f"{takes} at an unknown price"
        return f"{takes}, about {self.cost} at most"


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """The request has more tokens than the model takes."""

    tokens: int
    room: int
    exact: bool
    droppable: int
    """The oldest messages that would have to go for it to fit; 0 where that does not help."""
    margin: int = 0
    """Tokens of the room that are kept free because the count is an estimate."""
    summing: Summing | None = field(default=None, compare=False)
    """What a summary would take; `None` where that is not known. It is told beside the refusal,
    and is no part of what was refused."""

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        says = f"{about}{self.tokens:,} of {self.room:,} tokens".capitalize()
        if self.tokens <= self.room and self.margin:
            says += f" ({self.margin:,} stay free, since this is an estimate)"
        if not self.droppable:
            return f"{says}: too long for this model. Shorten it."
        messages = "message" if self.droppable == 1 else f"{self.droppable} messages"
        return f"{says}; shorten it or let me drop the oldest {messages}."


@dataclass(frozen=True, slots=True)
class PromptTooLong:
    """The prompt has more characters than the student allows."""

    characters: int
    limit: int

    def __str__(self) -> str:
        return f"Your prompt has {self.characters:,} of {self.limit:,} characters. Shorten it."


Obstacle = DoesNotFit | OverBudget | PromptTooLong
