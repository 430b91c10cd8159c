"""What runs used, told by themselves and by their steps."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.run_usage import RunUsage, cost_of, reported_usage, usage_of
from studybuddy.domain.money import Rates, Tariff
from studybuddy.domain.runs import CodeCall, Run, RunStatus, RunStep, StepStatus
from studybuddy.domain.usage import Usage

TIERS = Tariff((Rates(Decimal(1), Decimal(2)), Rates(Decimal(10), Decimal(20), above=1000)))
"""A thousand nanodollars for a token, ten times that in long requests."""


def run(status: RunStatus, usage: Usage | None = None) -> Run:
    return Run("run", "thread", "assistant", status, usage=usage)


def step(usage: Usage | None, status: StepStatus = StepStatus.COMPLETED) -> RunStep:
    """One that uses a tool."""
    return RunStep("step", status, (CodeCall("call", "1 + 1"),), usage=usage)


def writes(message: str, usage: Usage | None = None) -> RunStep:
    return RunStep("step", StepStatus.IN_PROGRESS, message_id=message, usage=usage)


def test_a_run_is_believed_before_its_steps_unless_they_make_more() -> None:
    steps = [step(Usage(10, 1)), step(Usage(20, 2), StepStatus.IN_PROGRESS)]
    for status in (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.IN_PROGRESS):
        assert reported_usage(run(status, Usage(99, 9)), steps) == Usage(99, 9)
        assert reported_usage(run(status, Usage(5, 5)), steps) == Usage(30, 3)
        assert reported_usage(run(status), steps) == Usage(30, 3)
        assert reported_usage(run(status, Usage()), steps) == Usage(30, 3)


def test_nothing_told_is_nothing_and_not_zero() -> None:
    assert reported_usage(run(RunStatus.COMPLETED), []) is None
    assert reported_usage(run(RunStatus.COMPLETED, Usage()), [step(None), step(Usage())]) is None


def test_what_is_told_of_some_requests_is_not_told_of_the_run() -> None:
    assert reported_usage(run(RunStatus.CANCELLED), [step(Usage(10, 1)), writes("m")]) is None
    assert reported_usage(run(RunStatus.CANCELLED), [step(None), step(Usage(10, 1))]) is None
    # the next request may have left by then
    assert reported_usage(run(RunStatus.CANCELLED), [step(Usage(10, 1))]) is None
    assert reported_usage(run(RunStatus.FAILED), [step(Usage(10, 1))]) == Usage(10, 1)


def test_the_text_of_a_request_that_nobody_tells_of_is_there_to_be_counted() -> None:
    steps = [step(Usage(10, 1)), writes("m"), step(None), writes("n")]
    texts = {"m": "I look.", "n": "It is", "late": "So"}
    for status in (RunStatus.IN_PROGRESS, RunStatus.CANCELLED, RunStatus.FAILED):
        known = usage_of(run(status, Usage(10, 1)), steps, texts)
        assert known == RunUsage(Usage(10, 1), (Usage(10, 1),), ("I look.", "It is", "So"))
    whole = usage_of(run(RunStatus.COMPLETED, Usage(10, 1)), steps, texts)
    assert whole.untold == ()


def test_a_message_and_the_tools_after_it_are_one_request_whichever_step_tells() -> None:
    for steps in (
        [writes("m", Usage(10, 1)), step(Usage(), StepStatus.IN_PROGRESS)],
        [writes("m"), step(Usage(10, 1), StepStatus.IN_PROGRESS)],
    ):
        known = usage_of(run(RunStatus.CANCELLED), steps, {"m": "I look."})
        assert known == RunUsage(Usage(10, 1), (Usage(10, 1),))


def test_text_from_before_a_restart_is_counted_once() -> None:
    known = usage_of(run(RunStatus.IN_PROGRESS), [], {"": "It is"})
    assert known.untold == ("It is",)
    steps = [step(Usage(10, 1)), step(Usage(10, 1), StepStatus.IN_PROGRESS)]
    assert usage_of(run(RunStatus.IN_PROGRESS), steps, {"": "It is"}).untold == ("It is",)


def cost(whole: Usage | None, steps: list[RunStep]) -> int:
    return cost_of(TIERS, usage_of(run(RunStatus.COMPLETED, whole), steps, {}).requests)


def test_each_request_has_the_price_of_its_own_length() -> None:
    rounds = [step(Usage(800, 10)), step(Usage(900, 10))]
    assert cost(Usage(1700, 20), rounds) == 1_700_000 + 40_000
    long = [step(Usage(800)), step(Usage(1001))]
    assert cost(Usage(1801), long) == 800_000 + 10_010_000


def test_what_the_steps_do_not_tell_is_shared_by_the_requests_they_do_not_tell_of() -> None:
    assert cost(Usage(1700), [step(Usage(800)), writes("m")]) == 1_700_000
    assert cost(Usage(2500), [step(None), step(None), writes("m")]) == 2_500_000
    assert cost(Usage(4000), [step(None), step(None), writes("m")]) == 40_000_000
    assert cost(Usage(1700), [step(Usage(800))]) == 1_700_000
    # parts that are none: the steps tell of more answer than the run has
    assert cost(Usage(1900), [step(Usage(800, 1)), writes("m")]) == 1_900_000


_USAGE = st.builds(
    Usage, st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 500), st.integers(0, 500)
)
_STEPS = st.lists(st.one_of(st.none(), _USAGE), max_size=6)


@given(_STEPS, st.one_of(st.none(), _USAGE), st.sampled_from(RunStatus))
def test_the_requests_are_all_that_is_told(
    usages: list[Usage | None], whole: Usage | None, status: RunStatus
) -> None:
    steps = [step(usage) for usage in usages]
    known = usage_of(run(status, whole), steps, {})
    assert sum(known.requests, Usage()) == known.told
    by_steps = sum((usage for usage in usages if usage is not None), Usage())
    assert known.told.total == max(by_steps.total, whole.total if whole else 0)
    assert all(min(astuple(request)) >= 0 for request in known.requests)
