"""Budgets as the student writes them: "$0.50", "20,000 tokens"."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.money import NANODOLLARS
from studybuddy.domain.problems import Problem, ProblemKind

if TYPE_CHECKING:
    from studybuddy.domain.settings import BudgetSettings

HOW_TO_WRITE = 'Write dollars, such as "$0.50", or tokens, such as "20,000 tokens"'

_NUMBER = r"(?:(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,12})(?:\.[0-9]{1,12})?|\.[0-9]{1,12})"
_DOLLARS = re.compile(rf"(?:(?:us)?\$|usd) ?({_NUMBER})|({_NUMBER}) ?(?:(?:us)?\$|usd|dollars?)")
_CENTS = re.compile(rf"({_NUMBER}) ?(?:¢|cents?)")
_TOKENS = re.compile(rf"({_NUMBER}) ?(k|m|thousand|million)? ?tokens?")
_SCALES = {None: 1, "k": 1000, "thousand": 1000, "m": 1_000_000, "million": 1_000_000}


def parse_amount(text: str) -> Amount:
    """The amount that a text means, such as "$0.50", "50 cents", "20k tokens" or "1.5M tokens".

    "$0" is an amount: with it only models that cost nothing are asked.

    Raises:
        ValueError: where it means none, with a sentence that says how to write one.
    """
    plain = " ".join(text.casefold().split())
    if (money := _DOLLARS.fullmatch(plain)) is not None:
        return _money(text, _number(money[1] or money[2]))
    if (cents := _CENTS.fullmatch(plain)) is not None:
        return _money(text, _number(cents[1]) / 100)
    if (tokens := _TOKENS.fullmatch(plain)) is not None:
        return _whole_tokens(text, _number(tokens[1]) * _SCALES[tokens[2]])
    raise ValueError(f"“{text.strip()}” is neither money nor tokens. {HOW_TO_WRITE}.")


def amounts_of(budgets: BudgetSettings) -> tuple[dict[Period, Amount], list[Problem]]:
    """The budgets that are set, and what is wrong with those that can't be read.

    A budget that can't be read limits nothing: its problem says so, and is to be shown.
    """
    amounts: dict[Period, Amount] = {}
    problems: list[Problem] = []
    for field in fields(budgets):
        text = getattr(budgets, field.name)
        if not text.strip():
            continue
        try:
            amounts[Period(field.name)] = parse_amount(text)
        except ValueError as error:
            problems.append(
                Problem(
                    ProblemKind.SETTINGS,
                    f"The {field.name} budget limits nothing: {error}",
                    "It is under [budgets] in the settings file.",
                )
            )
    return amounts, problems


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _money(text: str, dollars: Decimal) -> Amount:
    nanodollars = dollars * NANODOLLARS
    if nanodollars != int(nanodollars):
        raise ValueError(f"“{text.strip()}” is finer than a billionth of a dollar. {HOW_TO_WRITE}.")
    return Amount(nanodollars=int(nanodollars))


def _whole_tokens(text: str, tokens: Decimal) -> Amount:
    if tokens != int(tokens):
        raise ValueError(f"“{text.strip()}” is not a whole number of tokens. {HOW_TO_WRITE}.")
    if not tokens:
        raise ValueError(f"“{text.strip()}” would stop every request. Leave it empty for no limit.")
    return Amount(tokens=int(tokens))
