"""The schedule by which a run is looked at, without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.polling import (
    BESIDE,
    FLOOR,
    GRACE,
    HOLD,
    LONGEST,
    PATIENCE,
    READING,
    SHORTEST,
    UNKNOWN_LIFETIME,
    GiveUp,
    Poll,
    Watched,
    next_poll,
)
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import RunStatus

DOWN = Problem(ProblemKind.NO_CONNECTION, "No connection.", transient=True)
ACTIVE = [status for status in RunStatus if not status.over]
OVER = [status for status in RunStatus if status.over]

seconds = st.floats(0, 700)
problems = st.sampled_from(list(ProblemKind)).map(lambda kind: Problem(kind, "No."))
watched = st.builds(
    Watched,
    elapsed=seconds,
    status=st.sampled_from(list(RunStatus)),
    polls=st.integers(0, 1000),
    expires_in=st.none() | st.floats(-700, 700),
    streaming=st.booleans(),
    held=st.booleans(),
    poll_after=st.none() | st.floats(0, 1e6),
    problem=st.none() | problems,
    failures=st.integers(0, 10_000),
    failing_for=seconds,
)


@dataclass
class Watching:
    """How the watching of one run went."""

    polls: int
    noticed: float
    """Seconds after the start."""


def watch(
    length: float,
    *,
    latency: float = 0.0,
    changes: Callable[[float], float] | None = None,
    hint: float | None = None,
    status: RunStatus = RunStatus.IN_PROGRESS,
) -> Watching:
    """Watch a run of some seconds; `changes` gives the next change after a time, if polls hold."""
    now, seen, polls, held = 0.0, -1.0, 0, False
    while True:
        known = RunStatus.COMPLETED if seen >= length else status
        run = Watched(now, known, polls, 600 - now, held=held, poll_after=hint)
        verdict = next_poll(run)
        if isinstance(verdict, GiveUp):
            assert verdict is GiveUp.OVER
            return Watching(polls, now)
        asked = now + verdict.after
        seen = asked
        held = changes is not None and verdict.hold > 0
        if held and changes is not None and asked < length:
            seen = min(asked + verdict.hold, changes(asked), length)
        now = seen + latency
        polls += 1


def lengths() -> list[float]:
    """Run lengths from 50 ms to ten minutes, evenly in their logarithm."""
    return [0.05 * 1.004**step for step in range(2350)]


def test_the_end_is_noticed_within_a_tenth_of_the_run_or_150_ms_on_average() -> None:
    shares = [
        (watch(length).noticed - length) / max(0.1 * length, 0.15)
        for length in lengths()
        if length < 600
    ]
    assert sum(shares) / len(shares) < 1
    assert max(shares) < 2.2


@pytest.mark.parametrize("latency", [0.0, 0.005, 0.2])
def test_a_run_of_30_seconds_costs_at_most_25_polls(latency: float) -> None:
    assert 15 <= watch(30, latency=latency).polls <= 25


def test_a_run_of_ten_minutes_costs_less_than_a_hundred_polls() -> None:
    assert watch(600).polls < 100


def test_a_server_that_holds_polls_is_asked_seldom_and_tells_the_end_at_once() -> None:
    quiet = watch(30, changes=lambda now: 30, status=RunStatus.QUEUED)
    assert quiet.polls <= 6
    assert quiet.noticed <= 30 + FLOOR


def test_text_that_grows_unseen_by_a_holding_server_is_fetched_often_within_the_schedule() -> None:
    growing = watch(30, changes=lambda now: 30)
    assert growing.noticed <= 30 + FLOOR
    assert 15 <= growing.polls <= 25
    later = Watched(20, RunStatus.IN_PROGRESS, polls=12, held=True)
    assert next_poll(later) == Poll(FLOOR, READING)
    assert next_poll(replace(later, status=RunStatus.CANCELLING)) == Poll(FLOOR, HOLD)


@given(st.floats(0.01, 5))
def test_a_holding_server_that_tells_every_change_costs_no_more_polls(every: float) -> None:
    chatty = watch(30, changes=lambda now: now + every)
    assert chatty.polls <= 25


@given(st.floats(0.05, 600), st.floats(0, 3))
def test_every_run_is_seen_to_its_end(length: float, hint: float) -> None:
    assert watch(length, hint=hint).noticed >= length


@given(watched)
def test_never_more_often_than_the_floor_and_never_later_than_is_bearable(run: Watched) -> None:
    verdict = next_poll(run)
    if isinstance(verdict, Poll):
        assert FLOOR <= verdict.after <= max(BESIDE, LONGEST, 15.0)
        assert verdict.hold >= 0


@given(watched, st.sampled_from(OVER))
def test_a_run_that_is_over_is_not_looked_at_again(run: Watched, status: RunStatus) -> None:
    assert next_poll(replace(run, status=status)) is GiveUp.OVER


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (ProblemKind.NOT_FOUND, GiveUp.GONE),
        (ProblemKind.UNAUTHORIZED, GiveUp.REFUSED),
        (ProblemKind.FORBIDDEN, GiveUp.REFUSED),
    ],
)
def test_what_no_later_poll_can_change_ends_the_watching(
    kind: ProblemKind, verdict: GiveUp
) -> None:
    assert next_poll(Watched(3, problem=Problem(kind, "No."), failures=1)) is verdict


@given(st.sampled_from(ACTIVE), st.floats(0, 600), st.integers(1, 50))
def test_passing_problems_are_waited_out_ever_more_patiently(
    status: RunStatus, elapsed: float, failures: int
) -> None:
    run = Watched(elapsed, status, problem=DOWN, failures=failures, failing_for=PATIENCE - 1)
    sooner, later = next_poll(run), next_poll(replace(run, failures=failures + 1))
    assert isinstance(sooner, Poll)
    assert isinstance(later, Poll)
    assert sooner.after <= later.after


def test_polls_that_fail_for_too_long_end_the_watching() -> None:
    run = Watched(200, problem=DOWN, failures=12, failing_for=PATIENCE)
    assert next_poll(run) is GiveUp.UNREACHABLE


def test_a_server_that_asks_for_time_after_a_failure_gets_it() -> None:
    busy = replace(DOWN, retry_after=7.0)
    assert next_poll(Watched(1, problem=busy, failures=1)) == Poll(7.0)


def test_a_run_long_past_its_expiry_is_given_up() -> None:
    late = Watched(615, RunStatus.IN_PROGRESS, expires_in=-GRACE - 1)
    assert next_poll(late) is GiveUp.OVERDUE
    unknown = Watched(UNKNOWN_LIFETIME + 1, RunStatus.IN_PROGRESS)
    assert next_poll(unknown) is GiveUp.OVERDUE


@given(st.sampled_from(ACTIVE), st.floats(0, 600), st.floats(-GRACE, 600))
def test_no_gap_leads_far_past_the_expiry(
    status: RunStatus, elapsed: float, expires_in: float
) -> None:
    verdict = next_poll(Watched(elapsed, status, expires_in=expires_in))
    assert isinstance(verdict, Poll)
    assert verdict.after <= max(FLOOR, expires_in + GRACE)


@given(st.floats(0, 600), st.floats(SHORTEST, LONGEST))
def test_a_poll_is_never_sooner_than_the_server_asks(elapsed: float, hint: float) -> None:
    verdict = next_poll(Watched(elapsed, RunStatus.IN_PROGRESS, poll_after=hint))
    assert isinstance(verdict, Poll)
    assert verdict.after >= hint


@given(st.floats(0, 600))
def test_polls_are_slow_beside_a_stream_and_while_the_student_is_waited_for(
    elapsed: float,
) -> None:
    beside = next_poll(Watched(elapsed, RunStatus.IN_PROGRESS, streaming=True))
    waiting = next_poll(Watched(elapsed, RunStatus.REQUIRES_ACTION))
    assert beside == waiting == Poll(BESIDE)
