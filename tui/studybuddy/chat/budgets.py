"""Budgets: what is left of them, and whether what is about to be sent may go."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from studybuddy.domain.limits import (
    Amount,
    BudgetState,
    OverBudget,
    Period,
    Spent,
    budget_states,
)
from studybuddy.domain.problems import StudyBuddyError

_log = logging.getLogger(__name__)

_NOTHING = Spent()


class Spending(Protocol):
    """What `Accounts` tells of what was spent."""

    async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        """Used so far of each budget but the one for a request."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may go."""

    states: tuple[BudgetState, ...] = ()
    """Every budget as it stands, the one nearest to its end first."""
    warnings: tuple[BudgetState, ...] = ()
    """Those of them that the student is to be told of; each says what in its `str`."""


class Budgets:
    """Holds requests against the budgets that are set.

    A request is admitted by what it takes at least: its prompt. So an answer can go over a budget
    by its own length, and the next request is stopped then; for requests that leave at the same
    time that holds for each of them.

    What costs nothing is held against budgets of tokens only. A request whose price nobody knows
    is let through by a budget of dollars that is not used up, and told of once: neither is it $0,
    nor is it known to be too much.
    """

    def __init__(
        self,
        amounts: Mapping[Period, Amount],
        accounts: Spending,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the budgets, what was spent, and a clock of Unix time in seconds."""
        self._amounts = dict(amounts)
        self._accounts = accounts
        self._now = now
        self._lifted: set[tuple[Period, str]] = set()
        self._told: set[tuple[Period, str]] = set()
        """Budgets of which it was told that they can't count what has no price."""
        self._last: Mapping[Period, Spent] = {}

    @property
    def any(self) -> bool:
        """Whether any budget is set."""
        return bool(self._amounts)

    async def states(
        self, conversation_id: str, coming: Spent = _NOTHING
    ) -> tuple[BudgetState, ...]:
        """Every budget as it stands, the one nearest to its end first; none where none is set."""
        if not self._amounts:
            return ()
        spent = await self._spent(conversation_id)
        return tuple(
            replace(
                state,
                lifted=self._key(state.period, conversation_id) in self._lifted,
                conversation_id=conversation_id,
            )
            for state in budget_states(self._amounts, spent, coming)
        )

    async def check(self, conversation_id: str, coming: Spent) -> OverBudget | None:
        """What is in the way of a request; `None` where nothing is, or it was lifted."""
        admitted = await self.admit(conversation_id, coming)
        return admitted if isinstance(admitted, OverBudget) else None

    async def admit(self, conversation_id: str, coming: Spent) -> OverBudget | Admitted:
        """What is in the way of a request, or else what the student is to be told with it.

        A request that is admitted uses up what was lifted for one request.
        """
        states = await self.states(conversation_id, coming)
        stopping = next((state for state in states if state.stops), None)
        if stopping is not None:
            return OverBudget(stopping)
        self.request_over(conversation_id)
        return Admitted(states, tuple(state for state in states if self._is_news(state)))

    def lift(self, state: BudgetState) -> None:
        """Let the student go on beyond a budget.

        A budget for a day or a month is lifted until that is over, one for a conversation as long
        as the app runs, and one for a request for that conversation's next one.
        """
        self._lifted.add(self._key(state.period, state.conversation_id))

    def request_over(self, conversation_id: str) -> None:
        """What was lifted for one request of a conversation holds again."""
        self._lifted.discard((Period.REQUEST, conversation_id))

    def _is_news(self, state: BudgetState) -> bool:
        """Whether the student is to be told of a budget with this request."""
        if state.lifted:
            return False
        if not state.blind:
            return state.warns
        key = self._key(state.period, "")
        told = key in self._told
        self._told.add(key)
        return not told or state.warns

    def _key(self, period: Period, conversation_id: str) -> tuple[Period, str]:
        """Names the one day, month, conversation, or conversation's next request."""
        if period is Period.DAY:
            return period, time.strftime("%Y-%m-%d", time.localtime(self._now()))
        if period is Period.MONTH:
            return period, time.strftime("%Y-%m", time.localtime(self._now()))
        return period, conversation_id

    async def _spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        try:
            self._last = await self._accounts.spent(conversation_id)
        except StudyBuddyError as error:
            # Nothing could be stored either: the turn tells of it.
            _log.warning("what was spent could not be read: %s", error.problem.kind)
        return self._last
