"""Budgets as the student writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.amounts import amounts_of, parse_amount
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.money import NANODOLLARS
from studybuddy.domain.problems import ProblemKind
from studybuddy.domain.settings import BudgetSettings


@pytest.mark.parametrize(
    ("text", "nanodollars"),
    [
        ("$0.50", 500_000_000),
        ("0.5 $", 500_000_000),
        ("0.5$", 500_000_000),
        ("$ .5", 500_000_000),
        ("  $1,250.75 ", 1_250_750_000_000),
        ("2 dollars", 2_000_000_000),
        ("1 dollar", 1_000_000_000),
        ("USD 3", 3_000_000_000),
        ("3 usd", 3_000_000_000),
        ("US$3", 3_000_000_000),
        ("50 cents", 500_000_000),
        ("1 cent", 10_000_000),
        ("0.5¢", 5_000_000),
        ("$0", 0),
        ("$0.000000001", 1),
    ],
)
def test_money_is_read_in_dollars_and_cents(text: str, nanodollars: int) -> None:
    assert parse_amount(text) == Amount(nanodollars=nanodollars)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("20,000 tokens", 20_000),
        ("20000 tokens", 20_000),
        ("20k tokens", 20_000),
        ("20 K Tokens", 20_000),
        ("1.5M tokens", 1_500_000),
        ("2 million tokens", 2_000_000),
        ("1 thousand tokens", 1000),
        ("1 token", 1),
        ("5,000\u00a0tokens", 5000),
    ],
)
def test_tokens_are_read_with_thousands_and_millions(text: str, tokens: int) -> None:
    assert parse_amount(text) == Amount(tokens=tokens)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "fifty cents",
        "$",
        "tokens",
        "-$1",
        "$-1",
        "$1e3",
        "$1k",
        "€5",
        "$0,50",
        "$1,00",
        "1,5M tokens",
        "$1 tokens",
        "$5 a day",
        "1.2.3 tokens",
        "\u0661\u0662 tokens",
        "nan tokens",
        "inf $",
        "$0.0000000001",
        "1.5 tokens",
        "0.0001k tokens",
        "$9999999999999",
    ],
)
def test_anything_else_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match='"20,000 tokens"'):
        parse_amount(text)


def test_no_tokens_at_all_is_not_a_budget() -> None:
    with pytest.raises(ValueError, match="empty for no limit"):
        parse_amount("0 tokens")


@given(st.integers(1, 10**12))
def test_tokens_are_read_as_they_are_shown(tokens: int) -> None:
    amount = Amount(tokens=tokens)
    assert parse_amount(str(amount)) == amount


@given(st.integers(0, 10**7), st.integers(0, 10**9 - 1))
def test_dollars_are_read_to_the_last_digit(dollars: int, rest: int) -> None:
    read = parse_amount(f"${dollars:,}.{rest:09}")
    assert read == Amount(nanodollars=dollars * NANODOLLARS + rest)


@given(st.text(max_size=30) | st.from_regex(r"[$]?[0-9,.]{1,8} ?(k|M|tokens|cents|[$])?"))
def test_a_text_is_an_amount_or_a_mistake_that_is_told(text: str) -> None:
    amounts, problems = amounts_of(BudgetSettings(day=text))
    assert len(amounts) + len(problems) == bool(text.strip())
    for amount in amounts.values():
        assert (amount.nanodollars is None) != (amount.tokens is None)


def test_budgets_that_are_set_are_read_and_empty_ones_are_none() -> None:
    amounts, problems = amounts_of(BudgetSettings(request=" ", day="$0.50", month="1M tokens"))
    assert amounts == {
        Period.DAY: Amount(nanodollars=500_000_000),
        Period.MONTH: Amount(tokens=1_000_000),
    }
    assert problems == []


def test_a_budget_that_cannot_be_read_is_told_and_the_others_hold() -> None:
    amounts, problems = amounts_of(BudgetSettings(conversation="half a dollar", day="$1"))
    assert list(amounts) == [Period.DAY]
    [problem] = problems
    assert problem.kind is ProblemKind.SETTINGS
    assert problem.sentence.startswith(
        "The conversation budget limits nothing: “half a dollar” is neither money nor tokens."
    )
