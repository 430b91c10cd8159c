"""What a request under way uses, held against the budgets until its record is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from studybuddy.domain.budget_states import BudgetState, Period, Spent

if TYPE_CHECKING:
    from studybuddy.chat.budgets import Budgets

_ALL = (Period.DAY, Period.MONTH)
"""Budgets that every request counts for."""


class Hold:
    """One request, or one run with all its requests; quick enough to be asked at every word."""

    def __init__(
        self,
        budgets: Budgets,
        conversation_id: str,
        recorded: Mapping[Period, Spent],
        used: Spent,
        lifted: frozenset[Period],
        told: frozenset[Period],
    ) -> None:
        """Take what is known as the request leaves.

        Args:
            budgets: who holds it.
            conversation_id: whose request it is.
            recorded: what the records say that was spent.
            used: its prompt.
            lifted: budgets that it may go beyond.
            told: those that were told to near their end.
        """
        self.conversation_id = conversation_id
        self.used = used
        """By now, as far as it is known."""
        self._budgets = budgets
        self._recorded = dict(recorded)
        self._lifted = lifted
        self._told = set(told)

    def states(self) -> tuple[BudgetState, ...]:
        """Every budget with what it used so far, the one nearest to its end first."""
        return self._budgets.stand(
            self.conversation_id, self._recorded, self.used, self, self._lifted
        )

    def use(self, used: Spent) -> tuple[BudgetState, ...]:
        """Take what it used by now; returns the budgets that near their end for the first time."""
        self.used = used
        news = tuple(
            state
            for state in self.states()
            if state.warns and state.holds and not state.blind and state.period not in self._told
        )
        self._told.update(state.period for state in news)
        return news

    async def refresh(self) -> None:
        """Read again what was spent, also by other windows."""
        self._recorded = dict(await self._budgets.read(self.conversation_id))

    def leave(self) -> None:
        """It is over; to be called once its record is on its way. Nothing more where it was."""
        self._budgets.over(self)

    # For the budgets

    def add_to(self, spent: dict[Period, Spent], conversation_id: str) -> None:
        """Add what it used to what another one sees as spent."""
        own = (Period.CONVERSATION,) if conversation_id == self.conversation_id else ()
        for period in (*_ALL, *own):
            spent[period] = spent.get(period, Spent()) + self.used

    def follows(self, other: Hold) -> None:
        """Keep in mind what another one used that is over now."""
        other.add_to(self._recorded, self.conversation_id)
