"""Budgets: what is left of them, and whether what is about to be sent may go."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from studybuddy.chat.holds import Hold
from studybuddy.domain.answer_room import room_in
from studybuddy.domain.budget_states import (
    Amount,
    BudgetState,
    OverBudget,
    Period,
    Spent,
    budget_states,
)
from studybuddy.domain.limits import UNKNOWN_OUTPUT
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.money import ModelFacts, Tariff

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
    hold: Hold | None = None
    """What it uses, as the budgets see it; to be left where it is over, or comes to nothing.
    `None` where no budget is set."""
    most: int | None = None
    """Tokens that its answer may have; `None` for any number."""
    ends_at: BudgetState | None = None
    """The budget that is used up by an answer of `most` tokens."""


def capped(
    longest: int | None, admitted: Admitted, facts: ModelFacts, prompt: int
) -> tuple[int | None, BudgetState | None]:
    """Tokens of the longest answer to ask for, and the budget that sets them.

    `None` for the model's own limit: one beyond what it can write says nothing, and some servers
    refuse it.

    Args:
        longest: what is allowed otherwise.
        admitted: what the budgets say.
        facts: what is known of the model.
        prompt: tokens of the request.
    """
    usual = longest or facts.max_output
    if usual is None:
        usual = UNKNOWN_OUTPUT if facts.context_window is None else facts.context_window - prompt
    if admitted.most is None or admitted.most >= usual:
        return longest, None
    return admitted.most, admitted.ends_at


class Budgets:
    """Holds requests against the budgets that are set.

    A request is admitted by what it takes at least: its prompt, and a first token of the answer.
    What it is going to take is held for it until it is over and its record is in, so that requests
    that leave at the same time do not use the same money twice. How long its answer may get is
    told with the admission, and what has come of it so far is told to its `Hold`.

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
        self._holds: list[Hold] = []
        self._left = 0
        """Requests that are over by now."""

    def use(self, amounts: Mapping[Period, Amount]) -> None:
        """Hold to other budgets from now on; one that is changed is lifted no more."""
        before, self._amounts = self._amounts, dict(amounts)
        changed = {period for period in Period if before.get(period) != amounts.get(period)}
        self._lifted = {key for key in self._lifted if key[0] not in changed}
        self._told = {key for key in self._told if key[0] not in changed}

    @property
    def any(self) -> bool:
        """Whether any budget is set."""
        return bool(self._amounts)

    async def states(
        self, conversation_id: str, coming: Spent = _NOTHING
    ) -> tuple[BudgetState, ...]:
        """Every budget as it stands, the one nearest to its end first; none where none is set.

        What requests under way hold counts as spent.
        """
        if not self._amounts:
            return ()
        spent = await self.read(conversation_id)
        return self.stand(conversation_id, spent, coming)

    def under_way(self, conversation_id: str) -> tuple[BudgetState, ...]:
        """The budgets as a conversation's request sees them; none where none is under way."""
        holds = [hold for hold in self._holds if hold.conversation_id == conversation_id]
        return tuple(state for hold in holds for state in hold.states())

    async def check(self, conversation_id: str, coming: Spent) -> OverBudget | None:
        """What is in the way of a request; `None` where nothing is, or it was lifted."""
        admitted = await self.admit(conversation_id, coming)
        if isinstance(admitted, OverBudget):
            return admitted
        if admitted.hold is not None:
            admitted.hold.leave()
        return None

    async def admit(
        self, conversation_id: str, coming: Spent, tariff: Tariff | None = None
    ) -> OverBudget | Admitted:
        """What is in the way of a request, or else the terms on which it may go.

        A request that is admitted uses up what was lifted for one request.

        Args:
            conversation_id: whose request it is.
            coming: its prompt.
            tariff: what its answer costs; `None` where nobody knows.
        """
        if not self._amounts:
            return Admitted()
        recorded = await self.read(conversation_id)
        states = self.stand(conversation_id, recorded, coming)
        rooms = {state.period: room_in(state, coming.tokens, tariff) for state in states}
        stopping = [state for state in states if state.stops or rooms[state.period] == 0]
        if stopping:
            return OverBudget(stopping[0], tuple(stopping[1:]))
        self.request_over(conversation_id)
        warnings = self._news(states)
        lifted = frozenset(state.period for state in states if state.lifted)
        told = frozenset(state.period for state in warnings if not state.blind)
        hold = Hold(self, conversation_id, recorded, coming, lifted, told)
        self._holds.append(hold)
        most = min((room for room in rooms.values() if room is not None), default=None)
        ends_at = next((state for state in states if most and rooms[state.period] == most), None)
        return Admitted(states, warnings, hold, most, ends_at)

    async def follow(self, conversation_id: str) -> Hold:
        """Hold what a run uses that began before, whatever it is."""
        recorded = await self.read(conversation_id)
        nothing: frozenset[Period] = frozenset()
        hold = Hold(self, conversation_id, recorded, _NOTHING, nothing, nothing)
        self._holds.append(hold)
        return hold

    def lift(self, state: BudgetState) -> None:
        """Let the student go on beyond a budget.

        A budget for a day or a month is lifted until that is over, one for a conversation as long
        as the app runs, and one for a request for the one under way, or else for that
        conversation's next one.
        """
        self._lifted.add(self._key(state.period, state.conversation_id))

    def request_over(self, conversation_id: str) -> None:
        """What was lifted for one request of a conversation holds again."""
        self._lifted.discard((Period.REQUEST, conversation_id))

    # For holds

    async def read(self, conversation_id: str) -> Mapping[Period, Spent]:
        """What the records say that was spent, with those of all requests that are over by now."""
        while True:
            left = self._left
            spent = await self._spent(conversation_id)
            if left == self._left:  # else one ended meanwhile, which may be in it or not
                return spent

    def stand(
        self,
        conversation_id: str,
        recorded: Mapping[Period, Spent],
        coming: Spent,
        apart: Hold | None = None,
        lifted: frozenset[Period] = frozenset(),
    ) -> tuple[BudgetState, ...]:
        """The budgets by what was recorded and what is held, but for one that is looked at.

        Args:
            conversation_id: whose request it is.
            recorded: what was spent.
            coming: what the request takes.
            apart: its own hold, where it is under way.
            lifted: what it may go beyond, beside what is lifted for all.
        """
        spent = dict(recorded)
        for hold in self._holds:
            if hold is not apart:
                hold.add_to(spent, conversation_id)
        return tuple(
            replace(
                state,
                lifted=state.period in lifted
                or self._key(state.period, conversation_id) in self._lifted,
                conversation_id=conversation_id,
                under_way=apart is not None,
            )
            for state in budget_states(self._amounts, spent, coming)
        )

    def over(self, hold: Hold) -> None:
        """A request is over, and its record is being written: reading waits for it from now on."""
        if hold not in self._holds:
            return
        self._holds.remove(hold)
        self._left += 1
        for other in self._holds:
            other.follows(hold)
        self.request_over(hold.conversation_id)

    def _news(self, states: Sequence[BudgetState]) -> tuple[BudgetState, ...]:
        """What the student is to be told with a request; what can't be counted all at once."""
        news = [state for state in states if state.warns and state.holds and not state.blind]
        blind = [state for state in states if state.blind and not state.lifted]
        used = [
            replace(state, coming=_NOTHING) for state in blind
        ]  # for what is coming has no price
        news += [state for state in used if state.warns]
        keys = [self._key(state.period, "") for state in blind]
        if not self._told.issuperset(keys):
            self._told.update(keys)
            news.append(replace(blind[0], beside=tuple(blind[1:])))
        return tuple(news)

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
