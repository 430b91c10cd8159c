"""Window and budgets hold for questions of the command line too."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from studybuddy.commands import ask
from studybuddy.domain.budget_states import Amount, Period
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.settings import BudgetSettings, LimitSettings, Settings
from tests.support.limited import Limited, of_window
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import ENDPOINT, ScriptedProvider, Step, says

SET = Settings(system_prompt="", budgets=BudgetSettings(day="of the test"))


class Asking:
    """The command, with limits on scripted parts: a token is a word, and 3 for each message."""

    def __init__(
        self,
        script: Sequence[Step],
        *,
        settings: Settings = SET,
        budgets: Mapping[Period, Amount] | None = None,
        facts: ModelFacts | None = None,
    ) -> None:
        self.provider = ScriptedProvider(script)
        limited = Limited(
            self.provider, MemoryData(), facts=facts, settings=settings, budgets=budgets
        )
        self.out, self.err = io.StringIO(), io.StringIO()
        self.services = ask.AskServices(
            limited.connector,
            lambda _: ENDPOINT,
            settings,
            limits=limited.limits,
            stdout=self.out,
            stderr=self.err,
        )

    async def ask(self, question: str) -> int:
        """Ask, and return the exit code."""
        parser = argparse.ArgumentParser()
        ask.add_arguments(parser)
        return await ask.run(parser.parse_args([question]), self.services)


async def test_a_budget_that_the_question_goes_over_stops_it_before_it_leaves() -> None:
    asking = Asking(says("Never."), budgets={Period.DAY: Amount(tokens=5)})
    assert await asking.ask("Why is the sky blue today?") == ask.LIMITED
    assert asking.provider.requests == []
    assert "budget" in asking.err.getvalue()
    assert asking.out.getvalue() == ""


async def test_an_answer_that_goes_over_a_budget_is_stopped_with_what_came() -> None:
    words = " ".join(["word"] * 200)
    asking = Asking(says(words), budgets={Period.DAY: Amount(tokens=50)})
    assert await asking.ask("Why?") == ask.LIMITED
    assert asking.out.getvalue().startswith("word word")
    assert "stopped" in asking.err.getvalue()


async def test_a_question_that_does_not_fit_the_window_is_told_with_its_numbers() -> None:
    plain = replace(SET, budgets=BudgetSettings())
    asking = Asking(says("Never."), settings=plain, facts=of_window(1000, 100))
    assert await asking.ask("word " * 2000) == ask.LIMITED
    assert asking.provider.requests == []
    assert "2,0" in asking.err.getvalue()
    assert "of 900 tokens" in asking.err.getvalue()


async def test_the_longest_answer_that_is_set_is_asked_for() -> None:
    settings = Settings(system_prompt="", limits=LimitSettings(max_completion_tokens=77))
    asking = Asking(says("Because."), settings=settings)
    assert await asking.ask("Why?") == ask.OK
    assert asking.provider.requests[0].max_completion_tokens == 77


@pytest.mark.parametrize("length", [3, 5000])
async def test_what_fits_is_asked_as_it_is(length: int) -> None:
    plain = replace(SET, budgets=BudgetSettings())
    asking = Asking(says("Because."), settings=plain, facts=of_window(100_000, 100))
    assert await asking.ask("w " * length) == ask.OK
    assert asking.out.getvalue() == "Because.\n"
