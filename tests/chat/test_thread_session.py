"""A conversation in assistant mode, without a wire, in virtual time."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from studybuddy.domain.assistants import AssistantSpec
from studybuddy.domain.endpoints import Model
from studybuddy.domain.events import (
    TextDelta,
    TurnStarted,
    UsageReported,
)
from studybuddy.domain.messages import MessageState, Role
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Citation, FunctionCall, Hit, RunStatus
from tests.support.run_scripts import (
    Cuts,
    Ends,
    NewMessage,
    Pauses,
    RunsCode,
    Says,
    Searches,
)
from tests.support.scripted_provider import ENDPOINT
from tests.support.scripted_runs import USAGE
from tests.support.study_room import StudyRoom, failed, finished, phases, shown, until
from tests.support.virtual_time import virtually

QUIZ = FunctionCall("call_1", "display_quiz", "{}")
OTHER = FunctionCall("call_2", "get_weather", "{}")


@virtually
async def test_a_question_makes_a_thread_and_a_run_and_the_answer_streams_in() -> None:
    room = StudyRoom([Pauses(1), Says("Because of scattering.", pause=0.1)])
    events = await room.send("Why is the sky blue?")
    assert isinstance(events[0], TurnStarted)
    assert shown(events) == "Because of scattering."
    assert sum(isinstance(event, TextDelta) for event in events) == 3
    assert phases(events) == ["thinking", "queued", "thinking", "answering"]
    assert UsageReported(USAGE) in events
    answer = finished(events).answer
    assert answer.state is MessageState.COMPLETE
    assert answer.usage == USAGE
    assert answer.details is not None
    assert answer.details.status is RunStatus.COMPLETED
    assert answer.details.assistant_name == "Tutor"
    assert room.thread == ["Why is the sky blue?", "Because of scattering."]
    assert (await room.stored())[1] == answer == room.session.messages[1]
    assert room.store.data.runs == {}


@virtually
async def test_a_streamed_run_costs_one_request_beside_the_first_turns_thread() -> None:
    room = StudyRoom([Says("Hello there.")])
    await room.send("Hello?")
    await room.send("And now?")
    assert room.server.requests == ["assistants", "create_thread", "create_run", "create_run"]


@virtually
async def test_the_question_is_on_disk_before_anything_leaves() -> None:
    room = StudyRoom()
    events = room.session.send("First?", ENDPOINT)
    await until(events, TurnStarted)
    question, answer = await room.stored()
    assert (question.text, answer.state) == ("First?", MessageState.STREAMING)
    assert room.server.requests == []
    assert room.session.busy
    await events.aclose()


@virtually
async def test_the_run_is_remembered_while_it_is_under_way_and_forgotten_at_its_end() -> None:
    room = StudyRoom([Says("one two", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    [(_, run)] = room.store.data.runs.values()
    assert (run.run_id, run.endpoint) == (room.server.runs[0].run.id, ENDPOINT.name)
    assert [event async for event in events]
    assert room.store.data.runs == {}


@virtually
async def test_messages_of_one_run_are_one_answer_with_its_citations_in_place() -> None:
    cited = Citation(5, 8, "file_1", "cells.md")
    room = StudyRoom(
        [
            Says("Let me look."),
            Searches((Hit("file_1", "cells.md", "Cells divide."),), seconds=1),
            Says("Yes. 【1】", citations=(cited,)),
            NewMessage(),
            Says("Anything else?"),
        ]
    )
    events = await room.send("Do cells divide?")
    answer = finished(events).answer
    assert answer.text == shown(events) == "Let me look.\n\nYes. 【1】\n\nAnything else?"
    assert answer.details is not None
    [mark] = answer.details.citations
    assert answer.text[mark.start : mark.end] == "【1】"
    assert len(answer.details.steps) == 4
    assert "searching reading cells.md" in phases(events)


@virtually
async def test_code_is_told_while_it_runs_and_kept_with_the_answer() -> None:
    room = StudyRoom([RunsCode("print(2)", "2", seconds=2), Says("Two.")])
    events = await room.send("1 + 1?")
    assert phases(events) == [
        "thinking",
        "queued",
        "thinking",
        "running_code",
        "thinking",
        "answering",
    ]


# Asking again


@virtually
async def test_a_retry_takes_the_runs_messages_back_and_does_not_ask_twice() -> None:
    room = StudyRoom([Says("First try.")], [Says("Second try.")])
    await room.send("Well?")
    events = await room.retry()
    started = events[0]
    assert isinstance(started, TurnStarted)
    assert len(started.replaced) == 1
    assert room.thread == ["Well?", "Second try."]
    assert [m.text for m in await room.stored()] == ["Well?", "Second try."]


@virtually
async def test_a_failed_turn_sent_again_is_replaced_here_and_on_the_thread() -> None:
    room = StudyRoom([Ends(RunStatus.FAILED, "Out of memory.")], [Says("Fine.")])
    end = failed(await room.send("Well?"))
    assert "Out of memory" in end.problem.sentence
    finished(await room.send("Well?"))
    assert room.thread == ["Well?", "Fine."]
    assert [m.text for m in await room.stored()] == ["Well?", "Fine."]


@virtually
async def test_a_stopped_question_leaves_the_thread_when_something_else_is_asked() -> None:
    room = StudyRoom([Says("Hello.")], [Says("one two", pause=5)], [Says("Fine.")])
    await room.send("Hello?")
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    stopping = asyncio.create_task(room.session.stop())
    assert [event async for event in events]
    await stopping
    await room.send("Something else.")
    assert room.thread == ["Hello?", "Hello.", "Something else.", "Fine."]


@virtually
async def test_an_answer_that_is_stopped_before_its_run_keeps_the_model_that_was_asked() -> None:
    room = StudyRoom([Says("Never.")])
    nameless = replace(ENDPOINT, model="")
    room.limits.accounts.names.listed(nameless, [Model("listed-model")])
    events = room.session.send("Count!", nameless)
    await until(events, TurnStarted)
    stopping = asyncio.create_task(room.session.stop())
    assert [event async for event in events]
    await stopping
    assert (await room.stored())[-1].model == "listed-model"


@virtually
async def test_an_incomplete_answer_is_kept_and_its_limit_named() -> None:
    room = StudyRoom(
        [
            Says("Once upon"),
            Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens"),
        ]
    )
    end = finished(await room.send("A story!"))
    assert (end.answer.state, end.answer.text) == (MessageState.COMPLETE, "Once upon")
    assert (end.finish_reason, bool(end.remark)) == ("length", True)


# What else is kept


@virtually
async def test_another_assistant_goes_on_with_the_same_thread() -> None:
    room = StudyRoom([Says("Hello.")])
    await room.send("Hello?")
    other = room.server.put(room.server.shelf[room.session.assistant_id].spec)
    await room.session.choose(other)
    await room.send("Who are you?")
    assert [request.assistant_id for request in room.server.asked][1] == other.id
    assert len(room.server.threads) == 1


@virtually
async def test_an_answer_is_headed_by_who_gave_it_also_where_another_is_chosen_meanwhile() -> None:
    room = StudyRoom([Says("one two", pause=5)])
    asking = asyncio.create_task(room.send("Hello?"))
    await asyncio.sleep(1)
    await room.session.choose(room.server.put(AssistantSpec("Other")))
    details = finished(await asking).answer.details
    assert details is not None
    assert details.assistant_name == "Tutor"
    assert room.session.head.assistant_name == "Other"


@virtually
async def test_the_systems_prompt_of_the_conversation_is_added_to_the_assistants() -> None:
    room = StudyRoom()
    await room.session.set_system_prompt("Answer in French.")
    await room.send("Hello?")
    assert room.server.asked[0].additional_instructions == "Answer in French."


@virtually
async def test_the_answer_is_journaled_while_it_streams() -> None:
    room = StudyRoom([Says("one two", pause=5)])
    events = room.session.send("Count!", ENDPOINT)
    await until(events, TextDelta)
    await asyncio.sleep(1)
    assert [(m.role, m.text) for m in await room.stored()][1] == (Role.ASSISTANT, "one")
    await events.aclose()


@virtually
async def test_a_disk_that_fails_before_the_question_is_kept_sends_nothing() -> None:
    room = StudyRoom()
    room.store.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
    end = failed(await room.send("Well?"))
    assert end.problem.kind is ProblemKind.STORAGE
    assert room.server.requests == []


@virtually
async def test_several_threads_run_at_once() -> None:
    first = StudyRoom([Says("one two three", pause=1)])
    second = StudyRoom(server=first.server)
    ends = await asyncio.gather(first.send("Count!"), second.send("Count too!"))
    assert [finished(events).answer.text for events in ends] == ["one two three"] * 2
    assert asyncio.get_running_loop().time() < 4


def test_the_log_has_the_end_of_the_run_and_its_requests_but_no_texts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @virtually
    async def ask() -> None:
        room = StudyRoom([Says("secret one"), Cuts(), Pauses(1), Says("secret two")])
        await room.send("secret question")

    with caplog.at_level(logging.DEBUG, "studybuddy.chat"):
        ask()
    ends = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
    assert len(ends) == 1
    assert ends[0].startswith("run run_")
    assert ends[0].endswith(": completed")
    assert any("requests (stream 1, poll" in r.getMessage() for r in caplog.records)
    assert "secret" not in caplog.text
