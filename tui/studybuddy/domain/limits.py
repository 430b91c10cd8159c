"""Limits that hold before a request leaves: the context window, budgets, the prompt's length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studybuddy.domain.money import dollars

if TYPE_CHECKING:
    from studybuddy.domain.money import Cost, ModelFacts
    from studybuddy.domain.usage import Usage

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


class Period(StrEnum):
    """What a budget is for."""

    REQUEST = "request"
    CONVERSATION = "conversation"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Amount:
    """So much money, or so many tokens."""

    nanodollars: int | None = None
    tokens: int | None = None
    """One of the two is given."""

    def __str__(self) -> str:
        if self.nanodollars is not None:
            return dollars(self.nanodollars)
        return f"{self.tokens or 0:,} tokens"


WARN_AT = 0.8
"""Share of a budget from which on the student is warned."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used of a budget so far, or what a request is going to use."""

    nanodollars: int = 0
    tokens: int = 0
    unpriced: int = 0
    """Requests whose price nobody knows; no dollars stand for them."""

    @classmethod
    def of(cls, usage: Usage, cost: Cost) -> Spent:
        """What requests used, and what they cost."""
        return cls(cost.nanodollars, usage.total, cost.unpriced)

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.nanodollars + other.nanodollars,
            self.tokens + other.tokens,
            self.unpriced + other.unpriced,
        )

    def measured_by(self, amount: Amount) -> tuple[int, int]:
        """How much that is of a budget, and of how much, both in the budget's own unit."""
        if amount.nanodollars is not None:
            return self.nanodollars, amount.nanodollars
        return self.tokens, amount.tokens or 0

    def share_of(self, amount: Amount) -> float:
        """How much of a budget that is: 1.0 for all of it, and for anything of a budget of $0."""
        used, limit = self.measured_by(amount)
        if limit > 0:
            return used / limit
        return 1.0 if used > 0 else 0.0


@dataclass(frozen=True, slots=True)
class BudgetState:
    """One budget and how much of it is used."""

    period: Period
    amount: Amount
    spent: Spent
    """Without what is about to be sent."""
    coming: Spent = Spent()
    """What sending now would use at least: the prompt. Of a run under way, what it used so far."""
    lifted: bool = False
    """Whether the student let this go on beyond it."""
    conversation_id: str = ""
    """The conversation that was asked about."""

    @property
    def share(self) -> float:
        """What would be used with it: 1.0 for all."""
        return (self.spent + self.coming).share_of(self.amount)

    @property
    def blind(self) -> bool:
        """Whether what is coming costs what nobody knows, so that a budget in dollars can't hold.

        Such a request is let through and told of: what it costs is not known to be too much.
        """
        return self.amount.nanodollars is not None and self.coming.unpriced > 0

    @property
    def warns(self) -> bool:
        """Whether the student is to be told that it nears its end."""
        return self.share >= WARN_AT

    @property
    def used_up(self) -> bool:
        """Whether nothing of it is left, also without what is coming."""
        used, limit = self.spent.measured_by(self.amount)
        return used >= limit > 0

    @property
    def stops(self) -> bool:
        """Whether nothing more may be sent: it is used up, or this would take more than is left.

        What costs nothing is never stopped by a budget in dollars.
        """
        coming = self.coming
        free = coming.tokens > 0 and not coming.nanodollars and not coming.unpriced
        if self.lifted or (free and self.amount.nanodollars is not None):
            return False
        used, limit = (self.spent + coming).measured_by(self.amount)
        return used > limit or self.used_up

    @property
    def reached(self) -> bool:
        """Whether what is under way has taken all of it, and is to end."""
        used, limit = (self.spent + self.coming).measured_by(self.amount)
        return not self.lifted and used > 0 and used >= limit

    @property
    def name(self) -> str:
        """As it stands in a sentence: "the day's budget of $0.50"."""
        owner = "a request's" if self.period is Period.REQUEST else f"the {self.period.value}'s"
        return f"{owner} budget of {self.amount}"

    def __str__(self) -> str:
        """How it stands, in one sentence."""
        name = self.name
        if self.blind:
            return f"The price of this model is not known: {name} can't count it."
        if self.lifted and self.share >= 1.0:
            return f"{_capital(name)} is used up; you let this go on."
        if self.share >= 1.0:
            return f"{_capital(name)} is used up."
        return f"{int(self.share * 100)} % of {name} is used."


def budget_states(
    budgets: Mapping[Period, Amount], spent: Mapping[Period, Spent], coming: Spent
) -> tuple[BudgetState, ...]:
    """Every budget as it stands, the one nearest to its end first."""
    states = [
        BudgetState(period, amount, spent.get(period, Spent()), coming)
        for period, amount in budgets.items()
    ]
    return tuple(sorted(states, key=lambda state: state.share, reverse=True))


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
class OverBudget:
    """A budget is used up, or what is about to be sent would take more than is left of it."""

    state: BudgetState

    def __str__(self) -> str:
        state = self.state
        if state.used_up:
            return f"{_capital(state.name)} is used up."
        if state.period is Period.REQUEST:
            return f"This would take {_told(state.coming, state.amount)}, more than {state.name}."
        takes = _told(state.coming, state.amount)
        return f"This would go over {state.name}: {_left(state)} are left, and it takes {takes}."


def _told(spent: Spent, amount: Amount) -> str:
    """What is coming, in a budget's unit, at least: the answer is not in it."""
    if amount.nanodollars is not None:
        return f"at least {dollars(spent.nanodollars)}"
    return f"at least {spent.tokens:,} tokens"


def _left(state: BudgetState) -> str:
    used, limit = state.spent.measured_by(state.amount)
    if state.amount.nanodollars is not None:
        return dollars(max(limit - used, 0))
    return f"{max(limit - used, 0):,}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


@dataclass(frozen=True, slots=True)
class PromptTooLong:
    """The prompt has more characters than the student allows."""

    characters: int
    limit: int

    def __str__(self) -> str:
        return f"Your prompt has {self.characters:,} of {self.limit:,} characters. Shorten it."


Obstacle = DoesNotFit | OverBudget | PromptTooLong
