"""Branches in assistant mode: the server's thread has just what is shown when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from studybuddy.chat.shelf import ConversationShelf
from studybuddy.chat.thread_forgetting import ThreadForgetter
from studybuddy.domain.assistants import AssistantSpec
from studybuddy.domain.events import TextDelta, TurnEvent, TurnStarted
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.prompts import Example, Persona
from studybuddy.domain.runs import FunctionCall, RunStatus
from studybuddy.domain.variations import CONTINUED, SIMPLER
from tests.support.run_scripts import Cuts, Ends, Pauses, Requires, Says, Script
from tests.support.scripted_assistants import DOWN
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import StudyRoom, failed, finished, shown, until
from tests.support.virtual_time import virtually

CUT = Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens")
POET = Persona(
    "Poet",
    system_prompt="Answer as a poem.",
    examples=(Example("What is a cell?", "A room so small."),),
)


async def talked(*scripts: Script) -> StudyRoom:
    """A room in which two questions were answered."""
    room = StudyRoom([Says("One.")], [Says("Two.")], *scripts)
    await room.send("First?")
    await room.send("Second?")
    return room


async def every(events: AsyncGenerator[TurnEvent]) -> list[TurnEvent]:
    return [event async for event in events]


def texts(room: StudyRoom) -> list[str]:
    return [message.text for message in room.session.messages]


async def stopped(room: StudyRoom, text: str) -> None:
    """Ask, and stop the answer after its first words."""
    events = room.session.send(text, ENDPOINT)
    await until(events, TextDelta)
    stopping = asyncio.create_task(room.session.stop())
    finished(await every(events))
    await stopping


# Edit and retry


@virtually
async def test_an_edited_question_is_asked_on_a_thread_without_what_left_the_branch() -> None:
    room = await talked([Says("Other.")])
    old = room.session.thread_id
    events = await every(room.session.edit(room.session.messages[0].id, "Else?", ENDPOINT))
    assert finished(events).answer.text == "Other."
    assert texts(room) == room.thread == ["Else?", "Other."]
    assert room.server.threads[old].texts() == ["First?", "One.", "Second?", "Two."]
    assert room.session.alternatives == {room.session.messages[0].id: (2, 2)}


@virtually
async def test_an_earlier_answer_is_retried_with_what_was_said_before_it_alone() -> None:
    room = await talked([Says("Three.")], [Says("Two again.")])
    await room.send("Third?")
    second = room.session.messages[3]
    finished(await every(room.session.retry(ENDPOINT, message_id=second.id)))
    assert texts(room) == room.thread == ["First?", "One.", "Second?", "Two again."]
    assert len(await room.store.tree(room.session.head.id)) == 7


@virtually
async def test_a_branch_that_is_shown_again_goes_on_with_its_thread() -> None:
    room = await talked([Says("Other.")], [Says("Three.")])
    old, first = room.session.thread_id, room.session.messages[0]
    await every(room.session.edit(first.id, "Else?", ENDPOINT))
    assert await room.session.show_message(first.id)
    await room.send("Third?")
    assert room.session.thread_id == old
    assert room.thread == texts(room) == ["First?", "One.", "Second?", "Two.", "Third?", "Three."]
    assert room.server.requests.count("create_thread") == 2


@virtually
async def test_a_branch_whose_thread_went_on_with_another_answer_gets_a_new_one() -> None:
    room = await talked([Says("Two again.")], [Says("Three.")])
    await room.retry()
    assert await room.session.show_alternative(room.session.messages[-1].id, -1)
    await room.send("Third?")
    assert room.thread == texts(room) == ["First?", "One.", "Second?", "Two.", "Third?", "Three."]


@virtually
async def test_an_answer_is_varied_by_instructions_that_hold_for_this_run_alone() -> None:
    room = await talked([Says("Simple.")], [Says("Three.")])
    end = finished(await every(room.session.retry(ENDPOINT, variation=SIMPLER)))
    assert end.answer.variation == "simpler"
    assert room.server.asked[-1].additional_instructions == SIMPLER.instruction
    assert room.thread == ["First?", "One.", "Second?", "Simple."]
    await room.send("Third?")
    assert room.server.asked[-1].additional_instructions == ""


@virtually
async def test_another_model_answers_a_retry_in_place_of_the_assistants_own() -> None:
    room = await talked([Says("Other.")])
    own = room.server.put(AssistantSpec("Own", model="m-own"))
    await room.session.choose(own)
    await room.send("Third?")
    other = replace(ENDPOINT, model="m-other")
    for _ in range(2):
        await every(room.session.retry(other))
    await room.retry()
    assert [request.model for request in room.server.asked[2:]] == ["", "m-other", "m-other", ""]


@virtually
async def test_a_retry_that_comes_to_nothing_shows_the_answer_before_and_asks_with_it() -> None:
    room = await talked([Ends(RunStatus.FAILED, "No.")], [Says("Three.")])
    end = failed(await room.retry())
    assert end.back
    assert texts(room) == ["First?", "One.", "Second?", "Two."]
    await room.send("Third?")
    assert room.thread == texts(room) == ["First?", "One.", "Second?", "Two.", "Third?", "Three."]


@virtually
async def test_a_kill_between_branch_and_thread_leaves_no_thread_that_disagrees() -> None:
    room = await talked([Says("Never.")])
    events = room.session.edit(room.session.messages[0].id, "Else?", ENDPOINT)
    await until(events, TurnStarted)
    opened = await room.store.load(room.session.head.id)
    assert opened is not None
    assert opened.messages[0].text == "Else?"
    assert opened.head.thread_id == ""
    await events.aclose()


# Go on


@virtually
async def test_a_cut_answer_is_gone_on_with_beside_it() -> None:
    room = StudyRoom([Says("Once upon"), CUT], [Says("a time.")], [Says("Fine.")])
    assert finished(await room.send("A story!")).answer.finish_reason == "length"
    assert room.session.can_go_on
    cut = room.session.messages[-1]
    events = await every(room.session.go_on(ENDPOINT))
    started = next(event for event in events if isinstance(event, TurnStarted))
    assert started.answer.text == "Once upon"
    answer = finished(events).answer
    assert (answer.text, answer.variation) == ("Once upon a time.", CONTINUED.label)
    assert started.answer.text + shown(events) == answer.text
    assert not room.session.can_go_on
    said = room.server.threads[room.server.runs[1].run.thread_id].texts()[:2]
    assert said == ["A story!", "Once upon"]
    assert room.server.asked[1].question == CONTINUED.instruction
    assert (await room.stored())[-1] == answer
    await room.send("More?")
    assert room.thread == ["A story!", "Once upon a time.", "More?", "Fine."]
    tree = await room.session.tree()
    assert tree.messages[cut.id] == cut


@virtually
async def test_a_stopped_answer_is_gone_on_with_though_the_thread_shows_it_to_nobody() -> None:
    room = StudyRoom([Says("one two three", pause=5)], [Says("two three")])
    await stopped(room, "Count!")
    answer = finished(await every(room.session.go_on(ENDPOINT))).answer
    assert answer.text == "one two three"
    assert answer.details is not None
    assert answer.details.goes_on == len("one")
    assert room.session.messages[-1] == answer


@virtually
async def test_going_on_that_brings_nothing_shows_the_cut_answer_again() -> None:
    room = StudyRoom([Says("Once upon"), CUT], [Ends(RunStatus.FAILED, "No.")], [Says("Fine.")])
    await room.send("A story!")
    end = failed(await every(room.session.go_on(ENDPOINT)))
    assert end.back
    assert texts(room) == ["A story!", "Once upon"]
    assert room.session.can_go_on
    await room.send("Else.")
    assert room.thread == ["A story!", "Once upon", "Else.", "Fine."]


@virtually
async def test_going_on_that_only_says_the_same_again_says_so() -> None:
    room = StudyRoom([Says("Once upon a time"), CUT], [Says("Once upon a"), CUT])
    await room.send("A story!")
    end = failed(await every(room.session.go_on(ENDPOINT)))
    assert end.back
    assert "same again" in end.problem.sentence
    assert texts(room) == ["A story!", "Once upon a time"]


@virtually
async def test_an_answer_that_goes_on_is_followed_after_a_restart_from_where_it_was_cut() -> None:
    room = StudyRoom([Says("Once upon"), CUT], [Says("a time there was", pause=5)], [Says("Fine.")])
    await room.send("A story!")
    events = room.session.go_on(ENDPOINT)
    await until(events, TextDelta)
    await room.session.leave()
    run = await room.reopen()
    assert run is not None
    came = await every(room.session.follow(run))
    assert shown(came) == finished(came).answer.text == "Once upon a time there was"
    await room.send("More?")
    assert room.thread == texts(room)


@virtually
async def test_a_whole_answer_can_not_be_gone_on_with() -> None:
    room = await talked()
    assert not room.session.can_go_on
    with pytest.raises(ValueError, match="go on"):
        room.session.go_on(ENDPOINT)


# Delete


@virtually
async def test_what_was_deleted_is_not_on_the_thread_that_is_asked_next() -> None:
    room = await talked([Says("Three.")])
    first = room.session.messages[0].id
    assert len(await room.session.delete_message(first)) == 2
    await room.send("Third?")
    assert room.thread == texts(room) == ["Second?", "Two.", "Third?", "Three."]


@virtually
async def test_what_was_brought_back_is_asked_with_on_the_thread_that_has_it() -> None:
    room = await talked([Says("Three.")])
    old = room.session.thread_id
    deleted = await room.session.delete_message(room.session.messages[2].id)
    await room.session.restore_messages(deleted)
    await room.send("Third?")
    assert room.session.thread_id == old
    assert room.thread == texts(room)


@virtually
async def test_nothing_is_deleted_or_shown_while_a_run_is_under_way() -> None:
    room = await talked([Says("one two", pause=5)])
    thread_id = room.session.thread_id
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    with pytest.raises(StudyBuddyError, match="being written"):
        await room.session.delete_message(room.session.messages[0].id)
    with pytest.raises(StudyBuddyError, match="being written"):
        await room.session.show_alternative(room.session.messages[0].id, 1)
    assert room.session.thread_id == thread_id
    finished(await every(events))
    assert room.thread == texts(room)


# Runs whose end was not seen


async def unseen(*scripts: Script) -> StudyRoom:
    """A room whose last answer is of a run that went on when the server could not be reached."""
    room = StudyRoom([Says("One.")], [Says("begun"), Cuts(), Pauses(300), Says("done")], *scripts)
    await room.send("First?")
    asking = asyncio.create_task(room.send("Second?"))
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    assert failed(await asking).answer.state is MessageState.INTERRUPTED
    room.server.down = None
    return room


@virtually
async def test_a_run_whose_end_was_not_seen_is_followed_where_its_branch_is_shown_again() -> None:
    room = await unseen([Says("Other.")])
    first, answer = room.session.messages[0], room.session.messages[-1]
    finished(await every(room.session.edit(first.id, "Else?", ENDPOINT)))
    assert room.thread == ["Else?", "Other."]
    assert len(room.store.data.runs) == 1
    assert await room.session.show_message(answer.id)
    end = finished(await room.retry())
    assert (end.answer.id, end.answer.text) == (answer.id, "begun done")
    assert len(room.server.runs) == 3


@virtually
async def test_another_question_does_not_wait_for_a_run_whose_end_was_not_seen() -> None:
    room = await unseen([Says("Fine.")])
    began = asyncio.get_running_loop().time()
    finished(await room.send("Third?"))
    assert asyncio.get_running_loop().time() < began + 5
    assert room.thread == ["First?", "One.", "Third?", "Fine."]
    assert len(room.store.data.runs) == 1


@virtually
async def test_a_variation_is_asked_beside_a_run_whose_end_was_not_seen() -> None:
    room = await unseen([Says("Simple.")])
    finished(await every(room.session.retry(ENDPOINT, variation=SIMPLER)))
    assert room.thread == ["First?", "One.", "Second?", "Simple."]
    assert len(room.store.data.runs) == 1


@virtually
async def test_a_run_of_a_branch_that_is_not_shown_outlives_a_restart() -> None:
    quiz = FunctionCall("call_1", "display_quiz", "{}")
    room = StudyRoom([Requires((quiz,)), Says("Well done.")], [Says("Other.")])
    room.server.lifetime = None
    events = room.session.send("Quiz!", ENDPOINT)
    reading = asyncio.create_task(every(events))
    await asyncio.sleep(1)
    await room.session.leave()
    await reading
    first = room.session.messages[0]
    run = await room.reopen()
    assert run is not None
    finished(await every(room.session.edit(first.id, "Else?", ENDPOINT)))
    assert not room.session.shows(run)
    with pytest.raises(ValueError, match="not shown"):
        room.session.follow(run)
    run = await room.reopen()
    assert run is not None
    assert texts(room) == ["Else?", "Other."]
    assert await room.session.show_message(run.answer_id)
    room.server.runs[0].submit({quiz.id: "1"})
    assert finished(await every(room.session.follow(run))).answer.text == "Well done."


@virtually
async def test_an_answer_that_comes_late_is_on_the_thread_that_is_asked_after_it() -> None:
    room = await unseen([Says("Fine.")], [Says("Four.")])
    await room.send("Third?")
    await asyncio.sleep(400)
    run = await room.reopen()
    assert run is not None
    assert finished(await every(room.session.follow(run))).answer.text == "begun done"
    await room.send("Fourth?")
    expected = ["First?", "One.", "Second?", "begun done", "Third?", "Fine.", "Fourth?", "Four."]
    assert room.thread == texts(room) == expected


@virtually
async def test_a_thread_at_which_a_run_is_still_at_work_is_not_gone_on_with() -> None:
    room = StudyRoom([Says("One.")], [Cuts(), Pauses(300), Says("late")], [Says("Three.")])
    await room.send("First?")
    asking = asyncio.create_task(room.send("Second?"))
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    answer = failed(await asking).answer
    room.server.down = None
    await room.session.delete_message(answer.id)
    assert texts(room) == ["First?", "One.", "Second?"]
    await room.send("Third?")
    assert room.thread == ["First?", "One.", "Second?", "Third?", "Three."]


@virtually
async def test_a_retry_of_which_nothing_was_seen_is_not_left_for_the_answer_before() -> None:
    room = StudyRoom([Says("One.")], [Cuts(), Pauses(300), Says("late")])
    await room.send("First?")
    asking = asyncio.create_task(room.retry())
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    end = failed(await asking)
    room.server.down = None
    assert (end.back, end.answer.state) == (False, MessageState.INTERRUPTED)
    assert finished(await room.retry()).answer.text == "late"
    assert len(room.server.runs) == 2


# Replies that are lost


@virtually
async def test_an_answer_of_another_branch_is_not_taken_for_one_that_was_lost() -> None:
    room = StudyRoom([Says("One.")], [Says("Again.")])
    await room.send("First?")
    room.server.failures["delete_messages"].extend([DOWN] * 9)
    events = room.session.retry(ENDPOINT)
    await until(events, TurnStarted)
    reading = asyncio.create_task(every(events))
    await asyncio.sleep(0)
    room.store.data.running.clear()  # as where the app is killed
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    room.server.failures.clear()
    await room.reopen()
    assert room.session.messages[-1].state is MessageState.INTERRUPTED
    assert finished(await room.retry()).answer.text == "Again."


@virtually
async def test_a_question_is_asked_twice_also_on_a_thread_that_was_made_with_the_first() -> None:
    room = StudyRoom([Says("One.")], [Says("Two.")])
    await room.send("Again!")
    room.server.threads.clear()
    room.server.failures["create_run"].append(DOWN)
    await room.send("Again!")
    assert room.thread == ["Again!", "One.", "Again!", "Two."]


# Persona


@virtually
async def test_a_personas_prompt_and_examples_ride_along_and_are_not_on_the_thread() -> None:
    room = StudyRoom([Says("One.")])
    await room.session.set_persona(POET)
    await room.send("First?")
    told = room.server.asked[0].additional_instructions
    assert told.startswith("Answer as a poem.")
    assert "Question: What is a cell?\nAnswer: A room so small." in told
    assert room.thread == ["First?", "One."]
    await room.session.set_persona(Persona("Plain"))
    await room.send("Second?")
    assert room.server.asked[1].additional_instructions == ""
    assert len(room.server.threads) == 1


@virtually
async def test_what_rides_along_is_counted_with_the_context() -> None:
    room = StudyRoom([Says("One.")])
    before = (await room.session.report("Hello?", ENDPOINT)).request.tokens
    await room.session.set_persona(replace(POET, examples=()))
    with_prompt = (await room.session.report("Hello?", ENDPOINT)).request.tokens
    await room.session.set_persona(POET)
    report = await room.session.report("Hello?", ENDPOINT)
    assert before < with_prompt < report.request.tokens
    assert any("A room so small." in part.text for part in report.parts)


# Threads that nothing depends on


@virtually
async def test_a_thread_that_served_for_going_on_is_deleted_when_its_run_is_over() -> None:
    room = StudyRoom([Says("One is long"), CUT], [Says("and goes on"), CUT], [Says("to its end")])
    await room.send("First?")
    kept = room.session.thread_id
    for _ in range(2):
        await every(room.session.go_on(ENDPOINT))
        await room.session._forgetter.settled()
        assert list(room.server.threads) == [kept]
    assert texts(room)[-1] == "One is long and goes on to its end"


@virtually
async def test_a_thread_with_a_run_that_may_go_on_is_deleted_when_that_was_followed() -> None:
    room = StudyRoom([Says("One is long"), CUT], [Says("and goes on", pause=5)])
    await room.send("First?")
    kept = room.session.thread_id
    await until(room.session.go_on(ENDPOINT), TextDelta)
    await room.session.leave()
    await room.session._forgetter.settled()
    assert len(room.server.threads) == 2
    await asyncio.sleep(20)
    run = await room.reopen()
    assert run is not None
    assert shown(await every(room.session.follow(run))) == "One is long and goes on"
    await room.session._forgetter.settled()
    assert list(room.server.threads) == [kept]


def shelf_of(room: StudyRoom) -> tuple[ConversationShelf, ThreadForgetter]:
    endpoints = (replace(ENDPOINT, name="other"), ENDPOINT)
    forgetter = ThreadForgetter(room.connector, lambda: endpoints)
    return ConversationShelf(room.store, forgetter=forgetter), forgetter


@virtually
async def test_deleting_for_good_deletes_the_threads_of_all_branches() -> None:
    room = await talked([Says("Else.")])
    first = room.session.messages[0].id
    await every(room.session.edit(first, "Else?", ENDPOINT))
    assert len(room.server.threads) == 2
    shelf, forgetter = shelf_of(room)
    await shelf.delete(room.session.head.id)
    await forgetter.settled()
    assert room.server.threads == {}
    assert await room.store.head(room.session.head.id) is None


@virtually
async def test_deleting_for_good_works_without_the_server_and_leaves_what_others_have() -> None:
    room = await talked()
    head, messages = room.session.head, await room.stored()
    copy = replace(head, id="copy", thread_id="", assistant_id="", leaf_id=None)
    await room.store.insert(copy, messages)
    shelf, forgetter = shelf_of(room)
    await shelf.delete("copy")
    await forgetter.settled()
    assert len(room.server.threads) == 1
    room.server.down = DOWN
    await shelf.delete(head.id)
    await forgetter.settled()
    assert await room.store.head(head.id) is None
    assert len(room.server.threads) == 1
