"""Budgets: how much of each is used, what is coming, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studybuddy.domain.money import NANODOLLARS, dollars

if TYPE_CHECKING:
    from studybuddy.domain.money import Cost
    from studybuddy.domain.usage import Usage


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
        """As one would write it: "$0.50", "$0.005", "20,000 tokens"."""
        if self.nanodollars is None:
            return f"{self.tokens or 0:,} tokens"
        if not self.nanodollars:
            return "$0"
        whole, parts = divmod(self.nanodollars, NANODOLLARS)
        return f"${whole:,}.{f'{parts:09}'.rstrip('0'):0<2}"


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
    """What sending now would use at least: the prompt. Of one under way, what it used so far."""
    lifted: bool = False
    """Whether the student let this go on beyond it."""
    conversation_id: str = ""
    """The conversation that was asked about."""
    under_way: bool = False
    """Whether `coming` is what a request under way used so far, and not what is to be sent."""
    beside: tuple[BudgetState, ...] = ()
    """Others of which the same is to be told, where it can't be counted what is coming."""

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
        """Whether nothing more may be sent: it is used up, or this would leave nothing of it.

        A request whose prompt takes all that is left has none for its answer. What costs nothing
        is never stopped by a budget in dollars.
        """
        if not self.holds:
            return False
        used, limit = (self.spent + self.coming).measured_by(self.amount)
        coming, _ = self.coming.measured_by(self.amount)
        return used > limit or self.used_up or (coming > 0 and used == limit)

    @property
    def holds(self) -> bool:
        """Whether it stands against what is coming at all: it is not lifted, and that is not free.

        What costs nothing is held against budgets of tokens only.
        """
        coming = self.coming
        free = coming.tokens > 0 and not coming.nanodollars and not coming.unpriced
        return not (self.lifted or (free and self.amount.nanodollars is not None))

    @property
    def reached(self) -> bool:
        """Whether what is under way has taken all of it."""
        used, limit = (self.spent + self.coming).measured_by(self.amount)
        return self.holds and used > 0 and used >= limit

    @property
    def exceeded(self) -> bool:
        """Whether what is under way has taken more than all of it."""
        used, limit = (self.spent + self.coming).measured_by(self.amount)
        return self.holds and used > limit

    @property
    def name(self) -> str:
        """As it stands in a sentence: "the day's budget of $0.50"."""
        return f"the {self.period.value}'s budget of {self.amount}"

    @property
    def with_this(self) -> bool:
        """Whether its share counts what is yet to be sent, beside what is used."""
        coming, _ = self.coming.measured_by(self.amount)
        return coming > 0 and not self.under_way

    def __str__(self) -> str:
        """How it stands, in one sentence."""
        if self.blind:
            names = _joined([state.name for state in (self, *self.beside)])
            return f"The price of this model is not known: {names} can't count it."
        if self.lifted and self.share >= 1.0:
            return f"{_capital(self.name)} is used up; you let this go on."
        name = self.name
        if self.share < 1.0:
            least = "at least " if self.with_this else ""
            says = f"{least}{int(self.share * 100)} % of {name} is used."
        else:
            says = f"{name} is used up."
        return f"With this, {says}" if self.with_this else _capital(says)


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
class OverBudget:
    """A budget is used up, or what is about to be sent would take more than is left of it."""

    state: BudgetState
    """The one nearest to its end."""
    others: tuple[BudgetState, ...] = ()
    """Those that stand in the way, too."""

    @classmethod
    def of(cls, states: Sequence[BudgetState]) -> OverBudget | None:
        """What is in the way of a request by these; `None` where none of them stops it."""
        stopping = [state for state in states if state.stops]
        return cls(stopping[0], tuple(stopping[1:])) if stopping else None

    @property
    def states(self) -> tuple[BudgetState, ...]:
        """All that stand in the way."""
        return (self.state, *self.others)

    def __str__(self) -> str:
        """A sentence for each."""
        return " ".join(_stopped(state) for state in self.states)

    @property
    def name(self) -> str:
        """All of them, as they stand in a sentence."""
        return _joined([state.name for state in self.states])


def _stopped(state: BudgetState) -> str:
    """Why it stands in the way, in one sentence."""
    if state.used_up:
        return f"{_capital(state.name)} is used up."
    takes = _told(state.coming, state.amount)
    used, limit = (state.spent + state.coming).measured_by(state.amount)
    if used <= limit:
        return f"This takes {takes}, which leaves nothing of {state.name} for an answer."
    if state.period is Period.REQUEST:
        return f"This would take {takes}, more than {state.name}."
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


def _joined(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
