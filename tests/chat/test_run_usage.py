"""What runs used, told by themselves and by their steps."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.run_usage import cost_of, reported_usage
from studybuddy.domain.money import Rates, Tariff
from studybuddy.domain.runs import Run, RunStatus, RunStep, StepStatus
from studybuddy.domain.usage import Usage

TIERS = Tariff((Rates(Decimal(1), Decimal(2)), Rates(Decimal(10), Decimal(20), above=1000)))
"""A thousand nanodollars for a token, ten times that in long requests."""


def run(status: RunStatus, usage: Usage | None = None) -> Run:
    return Run("run", "thread", "assistant", status, usage=usage)


def step(usage: Usage | None) -> RunStep:
    return RunStep("step", StepStatus.COMPLETED, usage=usage)


def test_a_run_that_is_over_is_believed_before_its_steps() -> None:
    steps = [step(Usage(10, 1)), step(Usage(20, 2))]
    assert reported_usage(run(RunStatus.COMPLETED, Usage(99, 9)), steps) == Usage(99, 9)
    assert reported_usage(run(RunStatus.COMPLETED), steps) == Usage(30, 3)
    assert reported_usage(run(RunStatus.COMPLETED, Usage()), steps) == Usage(30, 3)


def test_while_it_goes_on_the_larger_sum_counts() -> None:
    steps = [step(Usage(10, 1)), step(Usage(20, 2))]
    assert reported_usage(run(RunStatus.IN_PROGRESS, Usage(5, 5)), steps) == Usage(30, 3)
    assert reported_usage(run(RunStatus.IN_PROGRESS, Usage(50, 5)), steps) == Usage(50, 5)


def test_nothing_told_is_nothing_and_not_zero() -> None:
    assert reported_usage(run(RunStatus.COMPLETED), []) is None
    assert reported_usage(run(RunStatus.COMPLETED, Usage()), [step(None), step(Usage())]) is None


def test_each_request_has_the_price_of_its_own_length() -> None:
    rounds = [step(Usage(800, 10)), step(Usage(900, 10))]
    assert cost_of(TIERS, Usage(1700, 20), rounds) == 1_700_000 + 40_000
    long = [step(Usage(800)), step(Usage(1001))]
    assert cost_of(TIERS, Usage(1801), long) == 800_000 + 10_010_000


def test_what_the_steps_do_not_tell_in_full_is_priced_as_one_request() -> None:
    assert cost_of(TIERS, Usage(1700), [step(Usage(800))]) == 17_000_000


_USAGES = st.lists(st.builds(Usage, st.integers(0, 3000), st.integers(0, 3000)), max_size=6)


@given(_USAGES)
def test_the_cost_is_the_sum_of_the_steps_costs(usages: list[Usage]) -> None:
    steps = [step(usage) for usage in usages]
    whole = sum(usages, Usage())
    assert cost_of(TIERS, whole, steps) == sum(map(TIERS.cost, usages))
