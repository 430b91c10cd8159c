"""How a run comes to be, also where thread, assistant or reply are lost on the way."""

from __future__ import annotations

import asyncio

from studybuddy.domain.events import TextDelta
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import FunctionCall, RunStatus
from tests.support.run_scripts import Pauses, Requires, Says
from tests.support.scripted_assistants import DOWN
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import TUTOR, StudyRoom, failed, finished, phases, shown
from tests.support.virtual_time import virtually

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Paste another.")


@virtually
async def test_a_question_that_never_arrived_fails_and_leaves_nothing_on_the_server() -> None:
    room = StudyRoom()
    room.connector.problem = REFUSED
    end = failed(await room.send("Well?"))
    assert (end.problem, end.answer.text) == (REFUSED, "")
    assert room.server.threads == {}


@virtually
async def test_passing_problems_are_retried_and_told() -> None:
    room = StudyRoom()
    room.server.failures["create_thread"].append(DOWN)
    room.server.failures["create_run"].append(DOWN)
    events = await room.send("Well?")
    assert shown(events) == "Hello."
    assert phases(events).count(f"retrying {DOWN.sentence}") == 2
    assert room.thread == ["Well?", "Hello."]


@virtually
async def test_a_run_whose_reply_was_lost_is_found_and_the_question_is_not_asked_twice() -> None:
    room = StudyRoom([Says("one two three", pause=5)])
    room.server.lost["create_run"].append(DOWN)
    events = await room.send("Count!")
    assert shown(events) == finished(events).answer.text == "one two three"
    assert room.thread == ["Count!", "one two three"]
    assert len(room.server.runs) == 1


@virtually
async def test_a_run_whose_reply_was_lost_is_found_also_where_it_is_over() -> None:
    room = StudyRoom([Says("Quick.")])
    room.server.lost["create_run"].append(DOWN)
    events = await room.send("Well?")
    assert shown(events) == "Quick."
    assert room.thread == ["Well?", "Quick."]


@virtually
async def test_a_lost_run_is_found_by_a_retry_too() -> None:
    room = StudyRoom([Says("one two", pause=30)])
    room.server.lost["create_run"].append(DOWN)
    room.server.failures["active_run"].extend([DOWN] * 9)
    failed(await room.send("Count!"))
    room.server.failures.clear()
    events = await room.retry()
    assert finished(events).answer.text == "one two"
    assert room.thread == ["Count!", "one two"]


@virtually
async def test_the_same_question_asked_twice_is_answered_twice_though_a_request_failed() -> None:
    room = StudyRoom([Says("First.")], [Says("Second.")])
    await room.send("Again!")
    room.server.failures["create_run"].append(DOWN)
    events = await room.send("Again!")
    assert shown(events) == "Second."
    assert room.thread == ["Again!", "First.", "Again!", "Second."]


@virtually
async def test_a_thread_that_is_gone_is_made_again_from_what_is_stored() -> None:
    room = StudyRoom([Says("One.")], [Says("Two.")])
    await room.send("First?")
    room.server.threads.clear()
    events = await room.send("Second?")
    assert shown(events) == "Two."
    assert not any("retrying" in phase for phase in phases(events))
    assert room.thread == ["First?", "One.", "Second?", "Two."]


@virtually
async def test_an_answer_of_a_thread_that_is_gone_can_be_asked_for_again() -> None:
    room = StudyRoom([Says("One.")], [Says("Two.")])
    await room.send("First?")
    room.server.threads.clear()
    events = await room.retry()
    assert shown(events) == "Two."
    assert room.thread == ["First?", "Two."]


@virtually
async def test_an_assistant_that_is_gone_is_stood_in_for_by_one_of_its_name() -> None:
    room = StudyRoom()
    await room.send("First?")
    room.server.shelf.clear()
    other = room.server.put(TUTOR)
    events = await room.send("Second?")
    assert shown(events) == "Hello."
    assert room.session.assistant_id == other.id
    assert len(room.server.threads) == 1


@virtually
async def test_an_assistant_that_nobody_can_stand_in_for_has_to_be_chosen_anew() -> None:
    room = StudyRoom()
    await room.send("First?")
    room.server.shelf.clear()
    room.server.put(type(TUTOR)("Another"))
    end = failed(await room.send("Second?"))
    assert "Choose another" in end.problem.advice


@virtually
async def test_a_run_started_elsewhere_is_waited_for_with_a_sentence() -> None:
    room = StudyRoom([Says("Hello.")], [Says("one two", pause=8)], [Says("Mine.")])
    await room.send("Hello?")
    room.server.start(room.session.thread_id, room.session.assistant_id, "Elsewhere")
    events = await room.send("And here?")
    assert any(phase.startswith("queued something else") for phase in phases(events))
    assert shown(events) == "Mine."
    assert room.thread[-4:] == ["Elsewhere", "one two", "And here?", "Mine."]


@virtually
async def test_waiting_for_a_run_started_elsewhere_can_be_stopped_and_leaves_it_alone() -> None:
    call = FunctionCall("c", "get_weather", "{}")
    room = StudyRoom([Says("Hello.")], [Requires((call,))], [Says("Mine.")])
    await room.send("Hello?")
    other = room.server.start(room.session.thread_id, room.session.assistant_id, "Elsewhere")
    asking = asyncio.create_task(room.send("And here?"))
    await asyncio.sleep(30)
    await room.session.stop()
    assert finished(await asking).answer.state is MessageState.STOPPED
    assert other.run.status is RunStatus.REQUIRES_ACTION


@virtually
async def test_a_stop_while_the_run_is_being_made_cancels_it_once_it_is_known() -> None:
    room = StudyRoom([Pauses(60), Says("Late.")])
    events = room.session.send("Well?", ENDPOINT)
    came = []
    async for event in events:
        came.append(event)
        if "create_run" in room.server.requests:
            break
    stopping = asyncio.create_task(room.session.stop())
    came += [event async for event in events]
    await stopping
    assert finished(came).answer.state is MessageState.STOPPED
    assert [run.run.status for run in room.server.runs] == [RunStatus.CANCELLED]
    assert not any(isinstance(event, TextDelta) for event in came)
