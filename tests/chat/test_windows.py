"""Conversations that are open more than once, in one window or in several."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from studybuddy.domain.events import TextDelta, TurnFailed, TurnStarted
from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import RunStatus
from tests.chat.test_desk import Room, read
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import failed, finished, shown, until
from tests.support.virtual_time import virtually


async def a_thread(room: Room, text: str = "Well?") -> str:
    """A thread whose run is under way, and whose window is then gone; its conversation."""
    thread = room.desk.new(Mode.ASSISTANT)
    events = thread.send(text, ENDPOINT)
    await until(events, TextDelta)
    await thread.leave()
    await events.aclose()
    return thread.head.id


def next_to(room: Room) -> Room:
    """Another window on the same data and the same server."""
    return Room(room.server, room.store.data)


@virtually
async def test_a_conversation_is_never_two_sessions_while_someone_has_it() -> None:
    room = Room()
    aside = room.desk.new(Mode.ASSISTANT)
    await aside.save_draft("Half a question")
    for _ in range(3):
        room.desk.new()
    assert await room.desk.open(aside.head.id) is aside
    reading = asyncio.create_task(read(aside.send("Well?", ENDPOINT)))
    await asyncio.sleep(1)
    assert list(room.desk.busy()) == [aside]
    await room.desk.close()
    await reading


async def test_the_conversation_that_was_opened_last_is_the_one_of_the_next_start() -> None:
    room = Room()
    first, second = room.desk.new(), room.desk.new(Mode.ASSISTANT)
    for session in (first, second):
        await session.save_draft("Half a question")
    assert await room.desk.open(first.head.id) is first
    last = await room.restart().desk.open_last()
    assert last is not None
    assert last.head.id == first.head.id


@virtually
async def test_a_run_is_under_way_as_soon_as_it_is_claimed_and_asks_no_server_for_that() -> None:
    room = Room()
    thread_id = await a_thread(room)
    again = room.restart()
    await again.desk.claim_runs()
    session = await again.desk.open(thread_id)
    assert session is not None
    assert session.messages[-1].state is MessageState.STREAMING
    assert not session.elsewhere
    assert again.assistants.connected == []
    [(resumed, run)] = await again.desk.resume_runs()
    assert resumed is session
    assert await again.desk.resume_runs() == []
    finished([event async for event in resumed.follow(run)])


@virtually
async def test_a_run_waits_for_its_busy_session_and_then_takes_its_own_place() -> None:
    room = Room(ScriptedAssistants([Says("one two three", pause=5)], [Says("four", pause=9)]))
    thread_id = await a_thread(room)
    again = room.restart()
    await again.desk.claim_runs()
    session = await again.desk.open(thread_id)
    assert session is not None
    asking = asyncio.create_task(read(session.send("And then?", ENDPOINT)))
    await asyncio.sleep(1)
    assert await again.desk.resume_runs() == []
    await asking
    [(resumed, run)] = await again.desk.resume_runs()
    assert resumed.question_of(run) == "Well?"
    came = [event async for event in resumed.follow(run)]
    started = came[0]
    assert isinstance(started, TurnStarted)
    assert started.question.text == "Well?"
    assert shown(came) == "one two three"
    assert [m.text for m in session.messages] == ["Well?", "one two three", "And then?", "four"]


@virtually
async def test_a_retry_of_what_was_claimed_follows_its_run_and_no_one_follows_it_again() -> None:
    room = Room()
    thread_id = await a_thread(room)
    again = room.restart()
    await again.desk.claim_runs()
    session = await again.desk.open(thread_id)
    assert session is not None
    came = [event async for event in session.retry(ENDPOINT)]
    assert shown(came) == finished(came).answer.text == "one two three"
    assert await again.desk.resume_runs() == []
    assert len(room.server.runs) == 1
    assert room.store.data.runs == {}


@virtually
async def test_a_run_whose_endpoint_is_not_set_up_any_more_is_looked_for_and_never_forgotten() -> (
    None
):
    room = Room()
    thread = room.desk.new(Mode.ASSISTANT)
    events = thread.send("Well?", replace(ENDPOINT, name="gone"))
    await until(events, TextDelta)
    await thread.leave()
    threads = dict(room.server.threads)
    room.server.threads.clear()  # the server that answers now is another one
    again = room.restart()
    [(session, run)] = await again.desk.resume_runs()
    end = failed([event async for event in session.follow(run)])
    assert "“gone”" in end.problem.sentence
    assert end.answer.state is MessageState.INTERRUPTED
    room.server.threads.update(threads)  # the engine had it all the time
    once_more = again.restart()
    [(session, run)] = await once_more.desk.resume_runs()
    assert finished([event async for event in session.follow(run)]).answer.text == "one two three"


@virtually
async def test_a_finished_answer_is_not_lost_at_a_start_without_the_key() -> None:
    room = Room()
    await a_thread(room)
    await asyncio.sleep(60)
    again = room.restart()
    again.assistants.problem = Problem(ProblemKind.UNAUTHORIZED, "There is no key.", "Paste one.")
    [(session, run)] = await again.desk.resume_runs()
    end = failed([event async for event in session.follow(run)])
    assert end.answer.state is MessageState.INTERRUPTED
    assert "There is no key. Paste one." in end.problem.sentence
    again.assistants.problem = None
    came = [event async for event in session.retry(ENDPOINT)]
    assert finished(came).answer.text == "one two three"
    assert again.store.data.runs == {}


@virtually
async def test_what_another_window_is_answering_is_not_asked_again() -> None:
    room = Room()
    thread = room.desk.new(Mode.ASSISTANT)
    reading = asyncio.create_task(read(thread.send("Well?", ENDPOINT)))
    await asyncio.sleep(1)
    other = next_to(room)
    session = await other.desk.open(thread.head.id)
    assert session is not None
    assert session.elsewhere
    assert not thread.elsewhere
    for events in (session.retry(ENDPOINT), session.send("More?", ENDPOINT)):
        [end] = [event async for event in events]
        assert isinstance(end, TurnFailed)
        assert "another window" in end.problem.sentence
    await reading
    [end] = [event async for event in session.retry(ENDPOINT)]  # it looked unfinished
    assert isinstance(end, TurnFailed)
    assert not session.elsewhere
    assert session.messages[-1].text == "one two three"
    assert len(room.server.runs) == 1
    came = [event async for event in session.send("More?", ENDPOINT)]
    assert finished(came).answer.text == "one two three"


@virtually
async def test_a_chat_that_another_window_answers_is_refreshed_and_not_asked_again() -> None:
    gate = asyncio.Event()
    room = Room(script=[TextDelta("Half"), gate])
    chat = room.desk.new()
    events = chat.send("Well?", ENDPOINT)
    await until(events, TextDelta)
    other = next_to(room)
    session = await other.desk.open(chat.head.id)
    assert session is not None
    [end] = [event async for event in session.retry(ENDPOINT)]
    assert isinstance(end, TurnFailed)
    await events.aclose()
    assert await session.refresh()
    assert session.messages[-1].state is MessageState.STOPPED


@virtually
async def test_a_window_that_lives_takes_the_runs_of_one_that_died() -> None:
    room = Room()
    living = next_to(room)
    thread_id = await a_thread(room)
    session = await living.desk.open(thread_id)
    assert session is not None
    assert session.elsewhere
    assert await living.desk.resume_runs() == []
    room.store.data.running.discard(room.store.instance)
    [(resumed, run)] = await living.desk.resume_runs()
    assert resumed is session
    assert finished([event async for event in resumed.follow(run)]).answer.text == "one two three"


@virtually
async def test_a_copy_is_whole_also_where_its_making_is_cancelled() -> None:
    room = Room()
    chat = room.desk.new()
    finished([event async for event in chat.send("Well?", ENDPOINT)])
    saved, add = asyncio.Event(), room.store.add

    async def slow_add(conversation_id: str, *messages: object) -> None:
        saved.set()
        await asyncio.sleep(1)
        await add(conversation_id, *messages)  # type: ignore[arg-type]

    room.store.add = slow_add  # type: ignore[method-assign]
    carrying = asyncio.create_task(room.desk.carry(chat))
    await saved.wait()
    carrying.cancel()
    await room.desk.close()
    [copy] = await room.desk.recent(9, mode=Mode.ASSISTANT)
    opened = await room.store.load(copy.id)
    assert opened is not None
    assert len(opened.messages) == 2


@virtually
async def test_a_copy_of_a_thread_at_work_does_not_follow_its_run() -> None:
    room = Room()
    thread_id = await a_thread(room)
    again = room.restart()
    again.server.down = Problem(ProblemKind.NO_CONNECTION, "It is away.", transient=True)
    [(session, run)] = await again.desk.resume_runs()
    failed([event async for event in session.follow(run)])
    assert session.messages[-1].details is not None
    copy = await again.desk.carry(session)
    assert copy.head.id != thread_id
    assert copy.messages[-1].details is None
    assert session.messages[-1].details.status is not RunStatus.COMPLETED
