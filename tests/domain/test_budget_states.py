"""Budgets as they stand, and the sentences about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.amounts import parse_amount
from studybuddy.domain.limits import Amount, BudgetState, OverBudget, Period, Spent
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage

HALF = Amount(nanodollars=500_000_000)
THOUSAND = Amount(tokens=1000)
CENT = 10_000_000


def test_it_warns_from_eighty_percent_on_and_stops_where_nothing_would_be_left() -> None:
    below = BudgetState(Period.DAY, THOUSAND, Spent(tokens=700), Spent(tokens=99))
    near = BudgetState(Period.DAY, THOUSAND, Spent(tokens=700), Spent(tokens=100))
    last = BudgetState(Period.DAY, THOUSAND, Spent(tokens=700), Spent(tokens=299))
    full = BudgetState(Period.DAY, THOUSAND, Spent(tokens=700), Spent(tokens=300))
    over = BudgetState(Period.DAY, THOUSAND, Spent(tokens=700), Spent(tokens=301))
    states = (below, near, last, full, over)
    assert [state.warns for state in states] == [False, True, True, True, True]
    assert [state.stops for state in states] == [False, False, False, True, True]
    assert [state.reached for state in states] == [False, False, False, True, True]
    assert [state.exceeded for state in states] == [False, False, False, False, True]


def test_one_that_is_used_up_stops_whatever_comes() -> None:
    state = BudgetState(Period.DAY, HALF, Spent(50 * CENT, 10))
    assert state.stops
    assert str(OverBudget(state)) == "The day's budget of $0.50 is used up."


def test_one_that_would_go_over_says_by_what() -> None:
    state = BudgetState(Period.MONTH, HALF, Spent(45 * CENT), Spent(12 * CENT, 5000))
    assert str(OverBudget(state)) == (
        "This would go over the month's budget of $0.50: $0.050 are left, and it takes at least"
        " $0.12."
    )


def test_a_request_is_told_what_it_would_take() -> None:
    state = BudgetState(Period.REQUEST, THOUSAND, Spent(), Spent(tokens=1200))
    assert str(OverBudget(state)) == (
        "This would take at least 1,200 tokens, more than the request's budget of 1,000 tokens."
    )


def test_a_lifted_one_stops_nothing_and_says_so() -> None:
    state = BudgetState(Period.DAY, HALF, Spent(60 * CENT), Spent(CENT, 1), lifted=True)
    assert not state.stops
    assert not state.reached
    assert str(state) == "The day's budget of $0.50 is used up; you let this go on."


def test_what_costs_nothing_is_never_stopped_by_a_budget_of_dollars() -> None:
    used_up = BudgetState(Period.DAY, HALF, Spent(60 * CENT), Spent(tokens=500))
    none = BudgetState(Period.DAY, Amount(nanodollars=0), Spent(), Spent(tokens=500))
    paid = BudgetState(Period.DAY, Amount(nanodollars=0), Spent(), Spent(1, 500))
    assert (used_up.stops, none.stops, paid.stops) == (False, False, True)
    assert not none.warns


def test_what_has_no_known_price_is_let_through_and_told_until_the_budget_is_used_up() -> None:
    coming = Spent(tokens=500, unpriced=1)
    state = BudgetState(Period.DAY, HALF, Spent(CENT), coming)
    assert not state.stops
    assert state.blind
    assert str(state) == (
        "The price of this model is not known: the day's budget of $0.50 can't count it."
    )
    assert BudgetState(Period.DAY, HALF, Spent(50 * CENT), coming).stops
    assert not BudgetState(Period.DAY, THOUSAND, Spent(), coming).blind


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (799, "79 % of the day's budget of 1,000 tokens is used."),
        (999, "99 % of the day's budget of 1,000 tokens is used."),
        (1000, "The day's budget of 1,000 tokens is used up."),
    ],
)
def test_it_never_says_used_up_before_it_is(tokens: int, says: str) -> None:
    assert str(BudgetState(Period.DAY, THOUSAND, Spent(tokens=tokens))) == says


def test_one_that_leaves_nothing_for_an_answer_says_so() -> None:
    state = BudgetState(Period.REQUEST, THOUSAND, Spent(), Spent(tokens=1000))
    assert str(OverBudget(state)) == (
        "This takes at least 1,000 tokens, which leaves nothing of the request's budget of 1,000 "
        "tokens for an answer."
    )


@pytest.mark.parametrize(
    ("under_way", "says"),
    [
        (False, "With this, at least 85 % of the day's budget of 1,000 tokens is used."),
        (True, "85 % of the day's budget of 1,000 tokens is used."),
    ],
)
def test_what_is_yet_to_be_sent_is_told_apart_from_what_is_used(
    under_way: bool,
    says: str,
) -> None:
    used, coming = Spent(tokens=700), Spent(tokens=150)
    state = BudgetState(Period.DAY, THOUSAND, used, coming, under_way=under_way)
    assert (str(state), state.with_this) == (says, not under_way)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("$0.01", "$0.01"),
        ("0.01 USD", "$0.01"),
        ("50 cents", "$0.50"),
        ("$0.005", "$0.005"),
        ("$1", "$1.00"),
        ("$1234.5", "$1,234.50"),
        ("$0", "$0"),
        ("20k tokens", "20,000 tokens"),
    ],
)
def test_an_amount_is_told_as_one_would_write_it(written: str, shown: str) -> None:
    assert str(parse_amount(written)) == shown


@given(st.integers(0, 10**15))
def test_an_amount_as_it_is_told_means_the_same_amount(nanodollars: int) -> None:
    amount = Amount(nanodollars=nanodollars)
    assert parse_amount(str(amount)) == amount


def test_what_was_used_is_taken_from_usage_and_cost() -> None:
    spent = Spent.of(Usage(prompt=10, completion=5), Cost(7, unpriced=1, free=False))
    assert spent == Spent(7, 15, 1)


_AMOUNTS = st.one_of(
    st.builds(lambda n: Amount(nanodollars=n), st.integers(0, 10**14)),
    st.builds(lambda n: Amount(tokens=n), st.integers(1, 10**10)),
)
_SPENT = st.builds(Spent, st.integers(0, 10**15), st.integers(0, 10**11), st.integers(0, 3))


@given(_AMOUNTS, _SPENT, _SPENT, st.sampled_from(Period))
def test_a_stop_is_never_below_the_warning_and_always_says_why(
    amount: Amount, spent: Spent, coming: Spent, period: Period
) -> None:
    state = BudgetState(period, amount, spent, coming)
    if state.stops:
        assert state.warns
        assert str(OverBudget(state)).endswith(".")
    assert str(state).endswith(".")


@given(_AMOUNTS, _SPENT, _SPENT, _SPENT)
def test_more_never_stops_less(amount: Amount, spent: Spent, coming: Spent, more: Spent) -> None:
    before = BudgetState(Period.DAY, amount, spent, coming)
    after = BudgetState(Period.DAY, amount, spent + more, coming)
    assert after.stops or not before.stops
    assert after.share >= before.share
