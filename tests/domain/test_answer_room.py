"""How long an answer may get before a budget is used up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from studybuddy.domain.answer_room import answer_room, room_in
from studybuddy.domain.limits import Amount, BudgetState, Period, Spent
from studybuddy.domain.money import Rates, Tariff
from studybuddy.domain.usage import MOST_TOKENS, Usage

_RATE = st.decimals(Decimal("0.001"), Decimal(100), places=4)
_TARIFFS = st.builds(
    lambda low, high, above, each: Tariff(
        (Rates(low[0], low[1]), Rates(high[0], high[1], above=above)), per_request=each
    ),
    st.tuples(_RATE, _RATE),
    st.tuples(_RATE, _RATE),
    st.integers(1, 100_000),
    st.sampled_from([Decimal(0), Decimal("0.01")]),
)


def state(amount: Amount, spent: Spent = Spent(), *, lifted: bool = False) -> BudgetState:  # noqa: B008
    return BudgetState(Period.DAY, amount, spent, lifted=lifted)


def test_of_a_budget_of_tokens_the_answer_has_what_the_prompt_leaves() -> None:
    budget = state(Amount(tokens=300), Spent(tokens=100))
    assert room_in(budget, 80, None) == 120
    assert room_in(budget, 200, None) == 0
    assert room_in(budget, 999, None) == 0


def test_the_tightest_budget_decides_and_a_lifted_one_does_not() -> None:
    wide, tight = state(Amount(tokens=900)), state(Amount(tokens=300))
    assert answer_room((wide, tight), 100, None) == 200
    assert answer_room((wide, state(tight.amount, lifted=True)), 100, None) == 800
    assert answer_room((), 100, None) is None


@given(_TARIFFS, st.integers(0, 10**11), st.integers(0, 10**9), st.integers(0, 200_000))
def test_of_a_budget_of_dollars_it_has_every_token_that_can_be_paid_and_no_more(
    tariff: Tariff, limit: int, used: int, prompt: int
) -> None:
    most = room_in(state(Amount(nanodollars=limit), Spent(used)), prompt, tariff)
    assume(most is not None)
    assert most is not None
    assert 0 <= most < MOST_TOKENS
    assert used + tariff.cost(Usage(prompt, most + 1)) > limit
    if most:
        assert used + tariff.cost(Usage(prompt, most)) <= limit


def test_an_answer_that_costs_nothing_may_have_any_length() -> None:
    tariff = Tariff((Rates(Decimal(1), Decimal(0)),))
    assert room_in(state(Amount(nanodollars=10**6)), 10, tariff) is None
    assert room_in(state(Amount(nanodollars=10**3)), 10, tariff) == 0
