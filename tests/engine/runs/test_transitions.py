"""The table of a run's states."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.objects import ACTIVE, Run, RunState
from studybuddy.engine.runs import transitions as change
from studybuddy.engine.runs.transitions import TRANSITIONS, IllegalTransition

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
STATES: tuple[RunState, ...] = get_args(RunState)
CHANGES: dict[RunState, Callable[[Run], Run]] = {
    "in_progress": lambda run: change.begun(run, 20),
    "requires_action": lambda run: change.parked(run, [{"id": "call_1"}]),
    "queued": change.requeued,
    "cancelling": change.cancelling,
    "cancelled": lambda run: change.cancelled(run, 30, USAGE),
    "completed": lambda run: change.completed(run, 30, USAGE),
    "incomplete": lambda run: change.incomplete(run, "max_prompt_tokens", USAGE),
    "failed": lambda run: change.failed(run, 30, "server_error", "It broke.", USAGE),
    "expired": lambda run: change.expired(run, USAGE),
}


def a_run(status: RunState = "queued") -> Run:
    return Run(
        thread_id="thread_1",
        assistant_id="asst_1",
        model="m",
        status=status,
        created_at=10,
        expires_at=610,
    )


def test_every_state_is_in_the_table_and_has_a_function_that_leads_to_it() -> None:
    assert set(TRANSITIONS) == set(STATES) == set(CHANGES)


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("goal", STATES)
def test_a_change_is_made_where_the_table_allows_it_and_refused_elsewhere(
    start: RunState, goal: RunState
) -> None:
    run = a_run(start)
    if goal in TRANSITIONS[start]:
        assert CHANGES[goal](run).status == goal
        assert run.status == start  # another run: the given one is as it was
    else:
        with pytest.raises(IllegalTransition):
            CHANGES[goal](run)


def test_a_run_that_is_over_never_changes_and_an_active_one_can_always_end() -> None:
    for state in STATES:
        assert (state in ACTIVE) == bool(TRANSITIONS[state])
    ends = {state: set(TRANSITIONS[state]) for state in ACTIVE}
    for state in ACTIVE - {"cancelling"}:
        assert {"failed", "expired", "cancelling"} <= ends[state]
    assert ends["cancelling"] == {"cancelled"}


@given(st.lists(st.sampled_from(STATES), max_size=12))
def test_whatever_is_tried_a_runs_fields_fit_its_status(path: list[RunState]) -> None:
    run = a_run()
    for goal in path:
        try:
            run = CHANGES[goal](run)
        except IllegalTransition:
            continue
    over = run.status not in ACTIVE
    assert (run.required_action is not None) == (run.status == "requires_action")
    assert (run.last_error is not None) == (run.status == "failed")
    assert (run.incomplete_details is not None) == (run.status == "incomplete")
    assert (run.completed_at is not None) == (run.status == "completed")
    assert (run.failed_at is not None) == (run.status == "failed")
    assert (run.cancelled_at is not None) == (run.status == "cancelled")
    assert (run.expires_at is None) == (over and run.status != "expired")
    assert (run.usage is not None) == over


def test_a_run_keeps_the_time_it_first_began() -> None:
    run = change.begun(a_run(), 20)
    run = change.requeued(change.parked(run, []))
    assert change.begun(run, 99).started_at == 20
