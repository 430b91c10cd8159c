"""What a run requires of the student, and how it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from studybuddy.domain.assistant_ports import RunChanged, RunEvent, RunRequest
from studybuddy.domain.events import ActionRequired, TextDelta, TurnEvent, TurnStarted
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.runs import FunctionCall, RunStatus
from tests.support.run_scripts import Pauses, Requires, Says
from tests.support.scripted_assistants import DOWN
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import StudyRoom, failed, finished, phases, shown, until
from tests.support.virtual_time import virtually

QUIZ = FunctionCall("call_1", "display_quiz", "{}")
OTHER = FunctionCall("call_2", "get_weather", "{}")


@virtually
async def test_a_quiz_is_asked_for_and_its_answers_go_back_and_the_turn_goes_on() -> None:
    room = StudyRoom([Says("Ready?"), Requires((QUIZ,)), Says("Well done.")])
    events = room.session.send("Quiz me!", ENDPOINT)
    came = await until(events, ActionRequired)
    assert came[-1] == ActionRequired(room.server.runs[0].run.id, (QUIZ,))
    assert phases(came)[-1] == "waiting a quiz"
    answering = asyncio.create_task(room.session.answer({QUIZ.id: "[42]"}))
    came += [event async for event in events]
    await answering
    assert shown(came) == finished(came).answer.text == "Ready?\n\nWell done."
    assert room.server.runs[0].outputs == {QUIZ.id: "[42]"}


@virtually
async def test_every_call_has_to_be_answered_and_only_while_the_run_waits() -> None:
    room = StudyRoom([Requires((QUIZ, OTHER)), Says("Fine.")])
    with pytest.raises(ValueError, match="waits for no answer"):
        await room.session.answer({QUIZ.id: ""})
    events = room.session.send("Go!", ENDPOINT)
    await until(events, ActionRequired)
    with pytest.raises(ValueError, match="get_weather"):
        await room.session.answer({QUIZ.id: ""})
    answering = asyncio.create_task(room.session.answer({OTHER.id: "sun", QUIZ.id: ""}))
    finished([event async for event in events])
    await answering


@virtually
async def test_answers_that_the_server_lost_the_reply_to_are_not_given_twice() -> None:
    room = StudyRoom([Requires((QUIZ,)), Says("Fine.", pause=2)])
    events = room.session.send("Go!", ENDPOINT)
    came = await until(events, ActionRequired)
    room.server.lost["submit"].append(DOWN)
    answering = asyncio.create_task(room.session.answer({QUIZ.id: "1"}))
    came += [event async for event in events]
    await answering
    assert finished(came).answer.text == "Fine."
    assert room.server.requests.count("submit") == 1


@virtually
async def test_answers_that_did_not_arrive_are_sent_again() -> None:
    room = StudyRoom([Requires((QUIZ,)), Says("Fine.")])
    events = room.session.send("Go!", ENDPOINT)
    came = await until(events, ActionRequired)
    room.server.failures["submit"].extend([DOWN, DOWN])
    answering = asyncio.create_task(room.session.answer({QUIZ.id: "1"}))
    came += [event async for event in events]
    await answering
    assert finished(came).answer.text == "Fine."


@virtually
async def test_answers_that_are_refused_say_so_and_the_run_waits_on() -> None:
    room = StudyRoom([Requires((QUIZ,)), Says("Fine.")])
    events = room.session.send("Go!", ENDPOINT)
    came = await until(events, ActionRequired)
    refused = Problem(ProblemKind.BAD_REQUEST, "That is too large.")
    room.server.failures["submit"].append(refused)
    rest = asyncio.create_task(_rest(events))
    with pytest.raises(StudyBuddyError, match="too large"):
        await room.session.answer({QUIZ.id: "1" * 100})
    assert room.session.busy
    await room.session.answer({QUIZ.id: "1"})
    assert finished(came + await rest).answer.text == "Fine."


@virtually
async def test_what_was_answered_so_far_outlives_a_server_that_is_away() -> None:
    room = StudyRoom([Requires((QUIZ,)), Says("Fine.")])
    events = room.session.send("Go!", ENDPOINT)
    await until(events, ActionRequired)
    await room.session.save_action_draft("[1]")
    room.server.down = DOWN
    failed(await _rest(events))
    room.server.down = None
    events = room.session.retry(ENDPOINT)
    again = (await until(events, ActionRequired))[-1]
    assert again == ActionRequired(room.server.runs[0].run.id, (QUIZ,), "[1]")
    await events.aclose()


@virtually
async def test_a_run_that_expires_while_it_waits_says_so() -> None:
    room = StudyRoom([Requires((QUIZ,))])
    end = failed(await room.send("Go!"))
    assert end.problem.kind is ProblemKind.TIMEOUT
    assert asyncio.get_running_loop().time() < 615
    assert room.server.requests.count("poll") < 65


# Stopping


@virtually
async def test_stopping_cancels_the_run_and_keeps_what_came() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    stopping = asyncio.create_task(room.session.stop())
    came = [event async for event in events]
    await stopping
    end = finished(came)
    assert phases(came) == ["cancelling"]
    assert (end.answer.state, end.finish_reason) == (MessageState.STOPPED, "stopped")
    assert end.answer.text == "one"
    assert room.server.runs[0].run.status is RunStatus.CANCELLED
    assert (await room.stored())[1] == end.answer


@virtually
async def test_a_stop_that_comes_too_late_keeps_the_whole_answer_and_says_so() -> None:
    room = StudyRoom([Says("one two", pause=3)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    room.server.runs[0].ignores_cancel = True
    stopping = asyncio.create_task(room.session.stop())
    end = finished([event async for event in events])
    await stopping
    assert (end.answer.state, end.answer.text) == (MessageState.COMPLETE, "one two")
    assert "before it could be stopped" in end.remark


@virtually
async def test_a_stop_that_reaches_no_server_ends_the_turn_soon_and_the_run_is_kept_in_mind() -> (
    None
):
    room = StudyRoom([Says("one two", pause=60)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    room.server.down = DOWN
    began = asyncio.get_running_loop().time()
    stopping = asyncio.create_task(room.session.stop())
    end = failed([event async for event in events])
    await stopping
    assert asyncio.get_running_loop().time() - began <= 11
    assert end.answer.state is MessageState.INTERRUPTED
    assert len(room.store.data.runs) == 1


@virtually
async def test_stopping_before_there_is_a_run_asks_nothing_of_the_server() -> None:
    room = StudyRoom()
    events = room.session.send("First?", ENDPOINT)
    await until(events, TurnStarted)
    stopping = asyncio.create_task(room.session.stop())
    end = finished([event async for event in events])
    await stopping
    assert end.answer.state is MessageState.STOPPED
    assert "create_run" not in room.server.requests


@virtually
async def test_stopping_while_the_student_is_waited_for_ends_the_run() -> None:
    room = StudyRoom([Says("Ready?"), Requires((QUIZ,)), Says("Well done.")])
    events = room.session.send("Quiz me!", ENDPOINT)
    await until(events, ActionRequired)
    stopping = asyncio.create_task(room.session.stop())
    end = finished([event async for event in events])
    await stopping
    assert (end.answer.state, end.answer.text) == (MessageState.STOPPED, "Ready?")


async def _rest(events: AsyncGenerator[TurnEvent]) -> list[TurnEvent]:
    return [event async for event in events]


async def _never_told(room: StudyRoom) -> None:
    """Have the server start runs and never say so."""

    async def create_run(thread_id: str, request: RunRequest) -> AsyncGenerator[RunEvent]:
        run = room.server.start(thread_id, request.assistant_id, request.question)
        await asyncio.sleep(1_000)
        yield RunChanged(run.run)

    room.server.create_run = create_run  # type: ignore[method-assign]


@virtually
async def test_a_run_that_was_made_and_not_told_is_looked_for_and_stopped() -> None:
    room = StudyRoom([Pauses(5_000), Says("Late.")])
    await _never_told(room)
    asking = asyncio.create_task(room.send("Well?"))
    await asyncio.sleep(2)
    await room.session.stop()
    assert finished(await asking).answer.state is MessageState.STOPPED
    assert room.server.runs[0].run.status is RunStatus.CANCELLED


@virtually
async def test_a_stop_that_can_not_say_whether_there_is_a_run_does_not_say_stopped() -> None:
    room = StudyRoom([Pauses(60), Says("Late.")])
    create_run = room.server.create_run
    await _never_told(room)
    asking = asyncio.create_task(room.send("Well?"))
    await asyncio.sleep(2)
    room.server.down = DOWN
    await room.session.stop()
    assert failed(await asking).answer.state is MessageState.INTERRUPTED
    room.server.down = None
    room.server.create_run = create_run  # type: ignore[method-assign]
    assert finished(await room.retry()).answer.text == "Late."
    assert len(room.server.runs) == 1
