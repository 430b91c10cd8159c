"""Budgets and runs of assistants: how long they may get, and what is held for them meanwhile."""

from __future__ import annotations

import pytest

from studybuddy.domain.events import StepChanged
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.messages import MessageState
from studybuddy.domain.runs import RunStatus
from tests.chat.test_thread_limits import MeteredRoom, rounds
from tests.support.run_scripts import Ends, Pauses, Says, Script
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import finished, until
from tests.support.virtual_time import virtually


@virtually
async def test_a_run_may_write_no_more_than_the_budget_has_left() -> None:
    room = MeteredRoom(budgets={Period.REQUEST: Amount(tokens=50)})
    await room.send("One?")
    [asked] = room.server.asked
    assert asked.max_completion_tokens is not None
    assert 0 < asked.max_completion_tokens < 50


@virtually
async def test_a_run_that_was_cut_for_a_budget_says_so() -> None:
    script: Script = [
        Says("So far"),
        Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens"),
    ]
    room = MeteredRoom(script, budgets={Period.REQUEST: Amount(tokens=50)})
    end = finished(await room.send("One?"))
    assert end.remark == "Stopped: the request's budget of 50 tokens is used up."
    assert (end.finish_reason, end.answer.state) == ("length", MessageState.COMPLETE)


@pytest.mark.parametrize("left", [False, True])
@virtually
async def test_what_a_run_uses_is_held_until_it_is_over_or_left(*, left: bool) -> None:
    room = MeteredRoom([*rounds(2), Pauses(60)], budgets={Period.DAY: Amount(tokens=5000)})
    budgets = room.limits.budgets
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, StepChanged)
    [state] = await budgets.states("another")
    assert state.spent.tokens > 0
    assert budgets.under_way(room.session.head.id)
    if left:
        await room.session.leave()
        await stream.aclose()
        [state] = await budgets.states("another")
        assert state.spent.tokens == 0
    else:
        finished([event async for event in stream])
        [record] = room.records
        [state] = await budgets.states("another")
        assert state.spent.tokens == record.usage.total
    assert not budgets.under_way(room.session.head.id)
