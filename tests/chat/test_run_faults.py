"""Whatever way stream, polls and server fail, the answer on screen is the server's in the end."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.domain.events import StepChanged
from studybuddy.domain.messages import MessageState
from studybuddy.domain.polling import PATIENCE
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Hit, RunStatus, RunStep
from tests.support.run_scripts import (
    Action,
    Cuts,
    NewMessage,
    Pauses,
    RunsCode,
    Says,
    Searches,
    Stalls,
)
from tests.support.scripted_assistants import DOWN, ScriptedAssistants
from tests.support.study_room import StudyRoom, failed, finished, phases, shown
from tests.support.virtual_time import in_no_time, virtually

pauses = st.sampled_from([0.0, 0.05, 1.0, 12.0])
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Says, st.sampled_from(["one two", "three", "four five six"]), pauses),
    st.just(NewMessage()),
    st.builds(Pauses, pauses),
    st.builds(RunsCode, st.just("1 + 1"), st.just("2"), pauses),
    st.builds(Searches, st.just((Hit("f", "biology.pdf", "Cells."),)), pauses),
    st.just(Cuts()),
    st.just(Stalls()),
)
flaky = st.dictionaries(
    st.sampled_from(["poll", "steps", "messages"]), st.integers(0, 2), max_size=3
)


@settings(max_examples=60)
@given(st.lists(actions, max_size=8), flaky, st.booleans(), st.booleans())
def test_the_text_shown_is_the_servers_however_the_stream_breaks(
    script: list[Action], failures: dict[str, int], streams: bool, holds: bool
) -> None:
    async def ask() -> None:
        server = ScriptedAssistants([Says("Well:"), *script], streams=streams, holds=holds)
        for method, times in failures.items():
            server.failures[method].extend([DOWN] * times)
        room = StudyRoom(server=server)
        events = await room.send("Well?")
        end = finished(events)
        assert end.answer.state is MessageState.COMPLETE
        assert shown(events) == end.answer.text == "\n\n".join(room.thread[1:])
        assert (await room.stored())[-1] == end.answer
        run = room.server.runs[0]
        seen: dict[str, RunStep] = {}
        for event in events:
            if isinstance(event, StepChanged):
                seen[event.step.id] = event.step
        assert seen == run.steps
        assert end.answer.details is not None
        assert end.answer.details.steps == tuple(run.steps.values())
        assert server.requests.count("poll") < 60

    in_no_time(ask())


@virtually
async def test_a_stream_that_breaks_is_continued_by_polls_without_a_word() -> None:
    room = StudyRoom([Says("one two", pause=1), Cuts(), Says("three four", pause=2)])
    events = await room.send("Count!")
    assert shown(events) == "one two three four"
    assert phases(events) == ["thinking", "queued", "thinking", "answering"]


@virtually
async def test_a_stream_that_falls_silent_is_noticed_and_left() -> None:
    room = StudyRoom([Says("one"), Stalls(), Says("two three", pause=1)])
    events = await room.send("Count!")
    finished(events)
    assert shown(events) == "one two three"
    assert asyncio.get_running_loop().time() < 15


@virtually
async def test_a_stream_that_is_only_slow_is_kept() -> None:
    room = StudyRoom([Says("one"), Pauses(60), Says("two three", pause=15)])
    events = await room.send("Count!")
    finished(events)
    assert room.server.requests.count("create_run") == 1
    assert asyncio.get_running_loop().time() < 92
    assert room.server.requests.count("poll") <= 9


@virtually
async def test_a_server_without_streams_is_polled_and_a_30_second_run_costs_25_polls() -> None:
    room = StudyRoom(server=ScriptedAssistants([Pauses(29), Says("Done.", 1)], streams=False))
    finished(await room.send("Well?"))
    assert room.server.requests.count("poll") <= 25


@virtually
async def test_a_server_that_is_away_for_a_while_is_waited_for_and_the_student_told() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(5), Says("two")])
    asking = asyncio.create_task(room.send("Count!"))
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    await asyncio.sleep(60)
    room.server.down = None
    events = await asking
    assert shown(events) == "one two"
    assert f"retrying {DOWN.sentence}" in phases(events)


@virtually
async def test_a_server_that_stays_away_ends_the_turn_and_the_run_is_followed_on_retry() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(5), Says("two")])
    asking = asyncio.create_task(room.send("Count!"))
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    end = failed(await asking)
    assert asyncio.get_running_loop().time() < PATIENCE + 40
    assert (end.answer.state, end.answer.text) == (MessageState.INTERRUPTED, "one")
    assert len(room.store.data.runs) == 1
    room.server.down = None
    events = await room.retry()
    assert shown(events) == finished(events).answer.text == "one two"
    assert room.store.data.runs == {}
    assert len(room.server.runs) == 1
    assert len(await room.stored()) == 2


@virtually
async def test_the_same_question_sent_again_follows_the_run_that_may_still_answer_it() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(300), Says("two")])
    asking = asyncio.create_task(room.send("Count!"))
    await asyncio.sleep(0.5)
    room.server.down = DOWN
    failed(await asking)
    room.server.down = None
    events = await room.send("Count!")
    assert shown(events) == finished(events).answer.text == "one two"
    assert room.thread == ["Count!", "one two"]


@virtually
async def test_a_run_that_the_server_lost_ends_with_a_sentence() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(5), Says("two")])
    asking = asyncio.create_task(room.send("Count!"))
    await asyncio.sleep(0.5)
    room.server.threads[room.session.head.thread_id].runs.clear()
    end = failed(await asking)
    assert end.problem.kind is ProblemKind.NOT_FOUND
    assert end.answer.text == "one"
    assert room.store.data.runs == {}


@virtually
async def test_a_refused_key_ends_the_turn_at_once() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(5)])
    refused = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.")
    room.server.failures["poll"].append(refused)
    assert failed(await room.send("Count!")).problem is refused


@virtually
async def test_a_run_that_ends_while_its_stream_is_cut_is_noticed_at_once() -> None:
    room = StudyRoom([Says("one"), Cuts()])
    finished(await room.send("Count!"))
    assert asyncio.get_running_loop().time() < 0.5
    assert room.server.runs[0].run.status is RunStatus.COMPLETED


@virtually
async def test_a_fault_of_our_own_leaves_the_run_alone_and_keeps_it_in_mind() -> None:
    room = StudyRoom([Says("one"), Cuts(), Pauses(30), Says("two")])
    poll = room.server.poll

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    room.server.poll = broken  # type: ignore[assignment, method-assign]
    end = failed(await room.send("Well?"))
    assert (end.answer.state, end.answer.text) == (MessageState.INTERRUPTED, "one")
    assert room.server.runs[0].run.status is RunStatus.IN_PROGRESS
    assert len(room.store.data.runs) == 1
    room.server.poll = poll  # type: ignore[method-assign]
    assert finished(await room.retry()).answer.text == "one two"
    assert len(room.server.runs) == 1
    assert room.store.data.runs == {}
