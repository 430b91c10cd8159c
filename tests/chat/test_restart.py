"""Runs outlive the app: they are left alone at its end, and followed again at the next start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from studybuddy.domain.events import ActionRequired, TextDelta, TextReplaced, TurnEvent, TurnStarted
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import ProblemKind
from studybuddy.domain.runs import FunctionCall, Hit, RunStatus
from tests.support.run_scripts import Requires, Says, Searches
from tests.support.scripted_assistants import DOWN
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import StudyRoom, failed, finished, phases, shown, until
from tests.support.virtual_time import virtually

QUIZ = FunctionCall("call_1", "display_quiz", "{}")


@virtually
async def test_leaving_does_not_cancel_the_run_and_keeps_what_came() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    leaving = asyncio.create_task(room.session.leave())
    assert [event async for event in events] == []
    await leaving
    assert not room.session.busy
    [_, answer] = await room.stored()
    assert (answer.text, answer.state) == ("one", MessageState.STREAMING)
    assert room.server.runs[0].run.status is RunStatus.IN_PROGRESS
    assert room.server.runs[0].listeners() == 0
    assert len(room.store.data.runs) == 1


@virtually
async def test_a_reader_that_goes_away_leaves_the_run_alone() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await events.aclose()
    assert not room.session.busy
    assert "cancel" not in room.server.requests


@virtually
async def test_a_run_that_went_on_is_followed_and_its_missed_text_shown() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await room.session.leave()
    await asyncio.sleep(6)
    run = await room.reopen()
    assert run is not None
    assert room.session.expects(run)
    came = [event async for event in room.session.follow(run)]
    started = came[0]
    assert isinstance(started, TurnStarted)
    assert started.replaced == (started.answer.id,)
    assert came[1] == TextReplaced("one")
    assert shown(came) == finished(came).answer.text == "one two three"
    assert phases(came)[-1] == "answering"
    assert [m.text for m in await room.stored()] == ["Count!", "one two three"]
    assert room.store.data.runs == {}
    assert not room.session.expects(run)


@virtually
async def test_a_run_that_ended_meanwhile_is_whole_after_the_start() -> None:
    room = StudyRoom([Searches((Hit("f", "a.md", "A."),), 3), Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TurnStarted)
    reading = asyncio.create_task(_drain(events))
    await asyncio.sleep(1)
    await room.session.leave()
    await reading
    await asyncio.sleep(100)
    run = await room.reopen()
    assert run is not None
    came = [event async for event in room.session.follow(run)]
    answer = finished(came).answer
    assert shown(came) == answer.text == "one two three"
    assert answer.details is not None
    assert len(answer.details.steps) == 2


@virtually
async def test_a_quiz_comes_back_with_what_was_answered_and_goes_on_from_there() -> None:
    room = StudyRoom([Says("Ready?"), Requires((QUIZ,)), Says("Well done.")])
    events = room.session.send("Quiz me!", ENDPOINT)
    await until(events, ActionRequired)
    await room.session.save_action_draft("[1]")
    await room.session.leave()
    run = await room.reopen()
    assert run is not None
    events = room.session.follow(run)
    came = await until(events, ActionRequired)
    assert came[-1] == ActionRequired(run.run_id, (QUIZ,), "[1]")
    answering = asyncio.create_task(room.session.answer({QUIZ.id: "[1, 2]"}))
    came += [event async for event in events]
    await answering
    assert shown(came) == finished(came).answer.text == "Ready?\n\nWell done."


@virtually
async def test_a_kill_before_the_run_was_known_is_mended_by_a_retry() -> None:
    room = StudyRoom([Says("one two", pause=1)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TurnStarted)
    reading = asyncio.create_task(_drain(events))
    await asyncio.sleep(0.5)
    room.store.data.runs.clear()  # as where the kill came between the reply and the disk
    assert await room.reopen() is None
    assert room.session.messages[-1].state is MessageState.INTERRUPTED
    again = await room.retry()
    assert shown(again) == "one two"
    assert len(room.server.runs) == 1
    await reading


@virtually
async def test_a_run_that_the_server_has_lost_says_so_after_the_start() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await room.session.leave()
    room.server.threads.clear()
    run = await room.reopen()
    assert run is not None
    end = failed([event async for event in room.session.follow(run)])
    assert (end.problem.kind, end.answer.text) == (ProblemKind.NOT_FOUND, "one")


@virtually
async def test_a_server_that_is_away_at_the_start_keeps_the_run_for_the_next_one() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await room.session.leave()
    run = await room.reopen()
    assert run is not None
    room.server.down = DOWN
    end = failed([event async for event in room.session.follow(run)])
    assert end.answer.state is MessageState.INTERRUPTED
    room.server.down = None
    run = await room.reopen()
    assert run is not None
    came = [event async for event in room.session.follow(run)]
    assert shown(came) == finished(came).answer.text == "one two three"


@virtually
async def test_only_the_run_that_a_session_was_opened_for_can_be_followed() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await room.session.leave()
    [(_, run)] = room.store.data.runs.values()
    with pytest.raises(ValueError, match="not opened"):
        room.session.follow(run)


async def _drain(events: AsyncGenerator[TurnEvent]) -> None:
    async for _ in events:
        pass
