"""Budgets: what may go, what is told, and what a lift allows."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.budgets import Admitted, Budgets, capped
from studybuddy.chat.holds import Hold
from studybuddy.domain.limits import UNKNOWN_OUTPUT, Amount, BudgetState, OverBudget, Period, Spent
from studybuddy.domain.money import FREE, ModelFacts, Tariff
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from tests.support.accounting import NANO
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
    assert await held.check("c", tokens(39)) is None
    state = await stopped(held, tokens(40))  # which would leave nothing for the answer
    assert (state.period, state.spent, state.coming) == (Period.DAY, tokens(60), tokens(40))


async def test_the_one_nearest_to_its_end_is_what_stops() -> None:
    held, ledger, _ = budgets(request=HUNDRED, month=Amount(tokens=150))
    ledger.all[Period.MONTH] = tokens(149)
    assert (await stopped(held, tokens(102))).period is Period.MONTH
    ledger.all.clear()
    assert (await stopped(held, tokens(102))).period is Period.REQUEST


async def test_from_eighty_percent_on_the_student_is_told() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    assert await told(held, tokens(79)) == []
    says = "With this, at least 80 % of the day's budget of 100 tokens is used."
    assert await told(held, tokens(80)) == [says]
    ledger.all[Period.DAY] = tokens(95)
    says = "With this, at least 98 % of the day's budget of 100 tokens is used."
    assert await told(held, tokens(3)) == [says]


async def told(held: Budgets, coming: Spent) -> list[str]:
    admitted = await held.admit("c", coming)
    assert isinstance(admitted, Admitted)
    if admitted.hold is not None:
        admitted.hold.leave()
    return [str(state) for state in admitted.warnings]


async def test_what_costs_nothing_counts_its_tokens_and_no_dollars() -> None:
    held, ledger, _ = budgets(day=DOLLAR, month=HUNDRED)
    ledger.all = {Period.DAY: Spent(2 * 10**9), Period.MONTH: tokens(98)}
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
def test_whatever_is_set_lifting_all_that_stops_lets_the_request_go_at_once(
    amounts: dict[Period, Amount], spent: dict[Period, Spent], coming: Spent
) -> None:
    async def run() -> None:
        held, ledger, _ = budgets(**{period.value: amount for period, amount in amounts.items()})
        ledger.all = {p: s for p, s in spent.items() if p is not Period.REQUEST}
        lifted: list[Period] = []
        while isinstance(over := await held.admit("c", coming), OverBudget):
            assert not lifted, "one dialog names them all"
            lifted += [state.period for state in over.states]
            for state in over.states:
                held.lift(state)
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


# What is under way


async def admitted(
    held: Budgets, coming: Spent, conversation: str = "c", tariff: Tariff | None = None
) -> Admitted:
    found = await held.admit(conversation, coming, tariff)
    assert isinstance(found, Admitted)
    return found


def hold_of(admitted: Admitted) -> Hold:
    assert admitted.hold is not None
    return admitted.hold


async def test_what_a_request_under_way_uses_is_not_there_for_another_one() -> None:
    held, _, _ = budgets(day=HUNDRED)
    first = await admitted(held, tokens(60))
    assert (await stopped(held, tokens(40), "d")).spent == tokens(60)
    second = await admitted(held, tokens(30), "d")
    assert (first.most, second.most) == (40, 10)
    hold_of(first).use(tokens(69))
    assert not any(state.exceeded for state in hold_of(second).states())
    hold_of(first).use(tokens(71))
    assert [state.exceeded for state in hold_of(second).states()] == [True]


async def test_what_a_request_used_counts_once_whenever_its_record_comes() -> None:
    held, ledger, _ = budgets(day=HUNDRED)
    first, second = await admitted(held, tokens(20)), await admitted(held, tokens(30), "d")
    hold_of(first).use(tokens(45))
    hold_of(first).leave()
    hold_of(first).leave()
    ledger.all[Period.DAY] = tokens(45)  # from now on it is asked of the records
    [state] = await held.states("e")
    assert state.spent == tokens(45 + 30)
    [state] = hold_of(second).states()
    assert (state.spent, state.coming) == (tokens(45), tokens(30))
    await hold_of(second).refresh()
    assert hold_of(second).states() == (state,)


async def test_what_is_read_while_a_request_ends_is_read_again() -> None:
    class Late(Ledger):
        async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
            read = dict(await super().spent(conversation_id))
            if self.reads == 2:  # between the reading and its use
                hold_of(first).leave()
                self.all[Period.DAY] = tokens(50)
            return read

    ledger = Late()
    held = Budgets({Period.DAY: HUNDRED}, ledger, Clock())
    first = await admitted(held, tokens(50))
    [state] = await held.states("d")
    assert (state.spent, ledger.reads) == (tokens(50), 3)


async def test_a_budget_of_a_conversation_counts_its_own_requests_alone() -> None:
    held, _, _ = budgets(conversation=HUNDRED, request=HUNDRED)
    await admitted(held, tokens(90))
    assert (await admitted(held, tokens(60), "d")).most == 40
    assert (await stopped(held, tokens(10))).period is Period.CONVERSATION


async def test_eighty_percent_is_told_once_of_each_request() -> None:
    held, _, _ = budgets(day=HUNDRED, month=Amount(tokens=1000))
    hold = hold_of(await admitted(held, tokens(79)))
    assert [str(state) for state in hold.use(tokens(81))] == [
        "81 % of the day's budget of 100 tokens is used."
    ]
    assert hold.use(tokens(90)) == ()
    hold.leave()
    warned = hold_of(await admitted(held, tokens(85)))
    assert warned.use(tokens(95)) == ()


async def test_a_budget_lifted_for_a_request_is_lifted_to_its_end_and_no_further() -> None:
    held, _, _ = budgets(request=HUNDRED)
    held.lift(await stopped(held, tokens(101)))
    found = await admitted(held, tokens(101))
    assert (found.most, found.ends_at) == (None, None)
    hold_of(found).use(tokens(500))
    assert not any(state.exceeded or state.reached for state in held.under_way("c"))
    hold_of(found).leave()
    assert held.under_way("c") == ()
    await stopped(held, tokens(101))


async def test_one_lifted_while_the_answer_comes_does_not_stop_it_any_more() -> None:
    held, _, _ = budgets(request=HUNDRED)
    hold = hold_of(await admitted(held, tokens(50)))
    hold.use(tokens(101))
    [state] = held.under_way("c")
    assert state.exceeded
    held.lift(state)
    assert not any(state.exceeded for state in held.under_way("c"))
    hold.leave()
    assert (await admitted(held, tokens(50))).most == 50


async def test_all_that_stand_in_the_way_are_named_together() -> None:
    held, ledger, _ = budgets(day=DOLLAR, month=HUNDRED, request=Amount(tokens=5))
    ledger.all = {Period.DAY: Spent(10**9), Period.MONTH: tokens(100)}
    over = await held.check("c", Spent(7, 7))
    assert over is not None
    assert str(over) == (
        "This would take at least 7 tokens, more than the request's budget of 5 tokens. "
        "The month's budget of 100 tokens is used up. The day's budget of $1.00 is used up."
    )


async def test_all_budgets_that_can_not_count_a_price_are_told_of_in_one_sentence() -> None:
    held, ledger, _ = budgets(day=DOLLAR, month=Amount(nanodollars=10**10))
    unpriced = Spent(tokens=50, unpriced=1)
    assert await told(held, unpriced) == [
        "The price of this model is not known: the day's budget of $1.00 and the month's budget "
        "of $10.00 can't count it."
    ]
    assert await told(held, unpriced) == []
    ledger.all[Period.DAY] = Spent(85 * 10**7)
    assert await told(held, unpriced) == ["85 % of the day's budget of $1.00 is used."]


async def test_what_is_free_or_unpriced_is_as_long_as_it_likes_for_a_budget_of_dollars() -> None:
    held, _, _ = budgets(day=DOLLAR)
    assert (await admitted(held, tokens(5), tariff=FREE)).most is None
    assert (await admitted(held, Spent(tokens=5, unpriced=1))).most is None
    assert (await admitted(held, Spent(5, 5), tariff=NANO)).most == (10**9 - 5) // 2


@pytest.mark.parametrize(
    ("longest", "facts", "most", "asked_for"),
    [
        (None, ModelFacts(), None, None),
        (None, ModelFacts(), UNKNOWN_OUTPUT, None),
        (None, ModelFacts(), UNKNOWN_OUTPUT - 1, UNKNOWN_OUTPUT - 1),
        (None, ModelFacts(context_window=9000), 8000, None),
        (None, ModelFacts(context_window=9000), 7999, 7999),
        (None, ModelFacts(context_window=9000, max_output=500), 500, None),
        (None, ModelFacts(context_window=9000, max_output=500), 499, 499),
        (300, ModelFacts(max_output=500), 400, 300),
        (300, ModelFacts(max_output=500), 200, 200),
    ],
)
def test_a_cap_is_sent_where_it_is_shorter_than_what_the_model_would_write_anyway(
    longest: int | None, facts: ModelFacts, most: int | None, asked_for: int | None
) -> None:
    state = BudgetState(Period.DAY, HUNDRED, Spent())
    told, ends_at = capped(longest, Admitted(most=most, ends_at=state), facts, 1000)
    assert told == asked_for
    assert (ends_at is None) == (asked_for == longest)


_ENDS = st.booleans()
_REQUESTS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), max_size=12)


@given(st.integers(1, 200), _REQUESTS, st.data())
def test_however_requests_overlap_what_they_use_stays_within_the_budget(
    limit: int, requests: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Each writes to the length that it is let, or is stopped once it is over the budget."""

    async def run() -> None:
        held, ledger, _ = budgets(day=Amount(tokens=limit))
        under_way: list[tuple[Hold, int, int]] = []

        def end(hold: Hold, used: int) -> None:
            hold.leave()
            ledger.all[Period.DAY] = ledger.all.get(Period.DAY, Spent()) + tokens(used)

        for prompt, wanted in requests:
            found = await held.admit(f"{prompt}", tokens(prompt))
            if isinstance(found, OverBudget):
                continue
            assert found.most is not None
            under_way.append((hold_of(found), prompt, prompt + min(wanted, found.most)))
            for _ in range(len(under_way)):
                if not data.draw(_ENDS):
                    break
                hold, used, whole = under_way.pop(0)
                while used < whole and not any(state.reached for state in hold.states()):
                    hold.use(tokens(used := used + 1))
                end(hold, used)
        for hold, used, _ in under_way:
            end(hold, used)
        assert ledger.all.get(Period.DAY, Spent()).tokens <= limit

    in_no_time(run())


async def test_a_budget_that_is_changed_holds_at_once_and_is_lifted_no_more() -> None:
    held, ledger, _ = budgets(day=HUNDRED, month=HUNDRED)
    ledger.all = {Period.DAY: tokens(90), Period.MONTH: tokens(90)}
    for state in await held.states("c", tokens(20)):
        held.lift(state)
    assert isinstance(await held.admit("c", tokens(20)), Admitted)
    held.use({Period.DAY: Amount(tokens=95), Period.MONTH: HUNDRED})
    assert (await stopped(held, tokens(20))).period is Period.DAY
    held.use({})
    assert not held.any
