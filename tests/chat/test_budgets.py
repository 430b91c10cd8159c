"""Budgets: what may go, what is told, and what a lift allows."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.budgets import Admitted, Budgets
from studybuddy.domain.limits import Amount, BudgetState, OverBudget, Period, Spent
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from tests.support.virtual_time import in_no_time

HUNDRED = Amount(tokens=100)
DOLLAR = Amount(nanodollars=10**9)
NOON = time.mktime((2026, 11, 20, 12, 0, 0, 0, 0, -1))
DAY = 86_400.0


class Ledger:
    """What was spent, as a test says."""

    def __init__(self) -> None:
        self.all: dict[Period, Spent] = {}
        self.by_conversation: dict[str, Spent] = {}
        self.failing = False
        self.reads = 0

    async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        self.reads += 1
        if self.failing:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk fails."))
        own = self.by_conversation.get(conversation_id, Spent())
        return {**self.all, Period.CONVERSATION: own}


class Clock:
    """Unix time, as a test says."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def budgets(**amounts: Amount) -> tuple[Budgets, Ledger, Clock]:
    ledger, clock = Ledger(), Clock()
    named = {Period(name): amount for name, amount in amounts.items()}
    return Budgets(named, ledger, clock), ledger, clock


def tokens(number: int) -> Spent:
    return Spent(tokens=number)


async def stopped(held: Budgets, coming: Spent, conversation: str = "c") -> BudgetState:
    over = await held.check(conversation, coming)
    assert over is not None
    return over.state


async def test_without_budgets_everything_goes_and_nothing_is_read() -> None:
    held, ledger, _ = budgets()
    assert not held.any
    assert await held.states("c", tokens(10**9)) == ()
    assert await held.admit("c", Spent(10**15, 10**9)) == Admitted()
    assert ledger.reads == 0


async def test_a_request_that_would_go_over_is_stopped_before_it_leaves() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    ledger.all[Period.DAY] = tokens(60)
    assert await held.check("c", tokens(40)) is None
    state = await stopped(held, tokens(41))
    assert (state.period, state.spent, state.coming) == (Period.DAY, tokens(60), tokens(41))


async def test_the_one_nearest_to_its_end_is_what_stops() -> None:
    held, ledger, _ = budgets(request=HUNDRED, month=Amount(tokens=150))
    ledger.all[Period.MONTH] = tokens(149)
    assert (await stopped(held, tokens(102))).period is Period.MONTH
    ledger.all.clear()
    assert (await stopped(held, tokens(102))).period is Period.REQUEST


async def test_from_eighty_percent_on_the_student_is_told() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    assert await told(held, tokens(79)) == []
    assert await told(held, tokens(80)) == ["80 % of the day's budget of 100 tokens is used."]
    ledger.all[Period.DAY] = tokens(95)
    assert await told(held, tokens(3)) == ["98 % of the day's budget of 100 tokens is used."]


async def told(held: Budgets, coming: Spent) -> list[str]:
    admitted = await held.admit("c", coming)
    assert isinstance(admitted, Admitted)
    return [str(state) for state in admitted.warnings]


async def test_what_costs_nothing_counts_its_tokens_and_no_dollars() -> None:
    held, ledger, _ = budgets(day=DOLLAR, month=HUNDRED)
    ledger.all = {Period.DAY: Spent(2 * 10**9), Period.MONTH: tokens(99)}
    assert await held.check("c", tokens(1)) is None
    assert (await stopped(held, tokens(2))).period is Period.MONTH


async def test_what_has_no_known_price_goes_and_is_told_of_once_for_each_budget() -> None:
    held, ledger, clock = budgets(day=DOLLAR, month=Amount(tokens=10**6))
    unpriced = Spent(tokens=50, unpriced=1)
    says = "The price of this model is not known: the day's budget of $1.00 can't count it."
    assert await told(held, unpriced) == [says]
    assert await told(held, unpriced) == []
    clock.now += DAY
    assert await told(held, unpriced) == [says]
    ledger.all[Period.DAY] = Spent(10**9)
    assert (await stopped(held, unpriced)).period is Period.DAY


# Lifting


async def test_a_lifted_day_is_lifted_until_midnight() -> None:
    held, ledger, clock = budgets(day=HUNDRED)
    ledger.all[Period.DAY] = tokens(100)
    held.lift(await stopped(held, tokens(1)))
    assert await held.check("c", tokens(1)) is None
    assert await held.check("another", tokens(10**6)) is None
    [state] = await held.states("c")
    assert state.lifted
    clock.now += DAY
    await stopped(held, tokens(1))


async def test_a_lifted_month_is_lifted_to_its_end() -> None:
    held, ledger, clock = budgets(month=HUNDRED)
    ledger.all[Period.MONTH] = tokens(100)
    held.lift(await stopped(held, tokens(1)))
    clock.now += 7 * DAY
    assert await held.check("c", tokens(1)) is None
    clock.now += 7 * DAY
    await stopped(held, tokens(1))


async def test_a_conversation_is_lifted_alone() -> None:
    held, ledger, clock = budgets(conversation=HUNDRED)
    ledger.by_conversation = {"c": tokens(100), "d": tokens(100)}
    held.lift(await stopped(held, tokens(1)))
    clock.now += 100 * DAY
    assert await held.check("c", tokens(1)) is None
    await stopped(held, tokens(1), "d")


async def test_a_request_is_lifted_for_the_next_one_of_its_conversation() -> None:
    held, _, _ = budgets(request=HUNDRED)
    held.lift(await stopped(held, tokens(101)))
    await stopped(held, tokens(101), "another")
    assert await held.check("c", tokens(101)) is None
    await stopped(held, tokens(101))


async def test_a_lift_for_a_request_is_not_used_up_by_another_budgets_stop() -> None:
    held, ledger, _ = budgets(request=HUNDRED, day=Amount(tokens=50))
    held.lift(BudgetState(Period.REQUEST, HUNDRED, Spent(), conversation_id="c"))
    held.lift(BudgetState(Period.REQUEST, HUNDRED, Spent(), conversation_id="c"))
    held.lift(await stopped(held, tokens(101)))
    assert await held.check("c", tokens(101)) is None
    assert ledger.reads == 2


async def test_each_budget_is_lifted_by_itself() -> None:
    held, ledger, _ = budgets(day=HUNDRED, month=HUNDRED)
    ledger.all = {Period.DAY: tokens(101), Period.MONTH: tokens(100)}
    held.lift(await stopped(held, tokens(1)))
    assert (await stopped(held, tokens(1))).period is Period.MONTH


async def test_a_lifted_budget_is_not_told_of_again() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    ledger.all[Period.DAY] = tokens(100)
    held.lift(await stopped(held, tokens(1)))
    assert await told(held, tokens(1)) == []


async def test_a_disk_that_fails_leaves_what_was_known_last() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    ledger.all[Period.DAY] = tokens(100)
    await stopped(held, tokens(1))
    ledger.failing = True
    await stopped(held, tokens(1))


_AMOUNTS = st.one_of(
    st.builds(lambda n: Amount(nanodollars=n), st.integers(0, 10**12)),
    st.builds(lambda n: Amount(tokens=n), st.integers(1, 10**7)),
)
_SPENT = st.builds(Spent, st.integers(0, 10**12), st.integers(0, 10**7), st.integers(0, 1))


@given(
    st.dictionaries(st.sampled_from(Period), _AMOUNTS),
    st.dictionaries(st.sampled_from(Period), _SPENT),
    _SPENT,
)
def test_whatever_is_set_lifting_what_stops_lets_the_request_go_in_the_end(
    amounts: dict[Period, Amount], spent: dict[Period, Spent], coming: Spent
) -> None:
    async def run() -> None:
        held, ledger, _ = budgets(**{period.value: amount for period, amount in amounts.items()})
        ledger.all = {p: s for p, s in spent.items() if p is not Period.REQUEST}
        lifted: list[Period] = []
        while isinstance(over := await held.admit("c", coming), OverBudget):
            assert over.state.period not in lifted
            lifted.append(over.state.period)
            held.lift(over.state)
        assert {state.period for state in over.states} == set(amounts)
        assert {state.period for state in over.states if state.lifted} == set(lifted)
        assert all(state.warns or state.blind for state in over.warnings)

    in_no_time(run())


@given(_AMOUNTS, st.lists(_SPENT, max_size=30))
def test_what_was_admitted_never_adds_up_to_more_than_the_budget(
    amount: Amount, requests: list[Spent]
) -> None:
    async def run() -> None:
        held, ledger, _ = budgets(day=amount)
        for coming in requests:
            if await held.check("c", coming) is None:
                ledger.all[Period.DAY] = ledger.all.get(Period.DAY, Spent()) + coming
        used, limit = ledger.all.get(Period.DAY, Spent()).measured_by(amount)
        assert used <= limit

    in_no_time(run())
