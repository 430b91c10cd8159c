"""The desk: both modes, runs from before a restart, and what is left at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from studybuddy.chat.desk import Desk
from studybuddy.chat.session import ChatSession
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TextDelta, TurnEvent, TurnStarted
from studybuddy.domain.messages import Message, MessageState, Mode, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.runs import RunStatus
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistantConnector, ScriptedAssistants
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)
from tests.support.study_room import finished, shown, until
from tests.support.virtual_time import virtually


class Words:
    def count(self, text: str, model: str) -> tuple[int, bool]:
        return len(text.split()), True

    def count_request(self, messages: object, model: str) -> tuple[int, bool]:
        return 1, True


class Room:
    """A desk on scripted servers."""

    def __init__(
        self,
        server: ScriptedAssistants | None = None,
        data: MemoryData | None = None,
        *,
        script: list[Step] | None = None,
        endpoint: Endpoint | None = ENDPOINT,
    ) -> None:
        self.server = server or ScriptedAssistants([Says("one two three", pause=5)])
        self.assistants = ScriptedAssistantConnector(self.server)
        self.store = MemoryConversationStore(data)
        self.desk = Desk(
            self.store,
            ScriptedConnector(ScriptedProvider(script or says("Hi."))),
            "Be kind.",
            endpoint,
            assistants=self.assistants,
            runs=self.store.runs,
            endpoints=lambda: [replace(ENDPOINT, name="other")],
        )

    def restart(self) -> Room:
        """The app started anew on the same data and the same server."""
        self.store.data.running.clear()
        return Room(self.server, self.store.data)


async def test_each_mode_has_its_kind_of_session_also_when_opened_again() -> None:
    room = Room()
    chat, thread = room.desk.new(), room.desk.new(Mode.ASSISTANT)
    assert isinstance(chat, ChatSession)
    assert isinstance(thread, ThreadSession)
    assert (chat.head.system_prompt, thread.head.system_prompt) == ("Be kind.", "")
    await thread.save_draft("Half a question")
    room.desk.new()
    room.desk.new()
    assert isinstance(await room.desk.open(thread.head.id), ThreadSession)


async def test_conversations_are_listed_by_mode() -> None:
    room = Room()
    for mode in Mode:
        await room.desk.new(mode).save_draft("Half a question")
    for mode in Mode:
        assert [head.mode for head in await room.desk.recent(9, mode=mode)] == [mode]
    assert len(await room.desk.recent(9)) == 2


async def test_without_assistant_mode_a_thread_fails_with_a_sentence() -> None:
    store = MemoryConversationStore()
    connector = ScriptedConnector(ScriptedProvider(says("Hi.")))
    desk = Desk(store, connector, "", ENDPOINT)
    with pytest.raises(StudyBuddyError, match="not available"):
        await desk.assistants.list()
    assert await desk.resume_runs() == []


@virtually
async def test_at_the_end_answers_stop_and_runs_go_on_and_are_followed_at_the_next_start() -> None:
    room = Room(script=[TextDelta("Half"), asyncio.Event()])
    chat, thread = room.desk.new(), room.desk.new(Mode.ASSISTANT)
    reading = [
        asyncio.create_task(read(session.send("Well?", ENDPOINT))) for session in (chat, thread)
    ]
    await asyncio.sleep(2)
    assert set(room.desk.busy()) == {chat, thread}
    await room.desk.close()
    await asyncio.gather(*reading)
    assert chat.messages[-1].state is MessageState.STOPPED
    assert room.server.runs[0].run.status is RunStatus.IN_PROGRESS
    again = room.restart()
    [(session, run)] = await again.desk.resume_runs()
    assert session.head.id == thread.head.id
    assert await again.desk.open(thread.head.id) is session
    again.desk.new()
    again.desk.new()
    assert await again.desk.open(thread.head.id) is session
    came = [event async for event in session.follow(run)]
    assert shown(came) == finished(came).answer.text == "one two three"


@virtually
async def test_runs_wait_for_an_endpoint_to_be_chosen_and_for_the_one_they_began_with() -> None:
    room = Room()
    thread = room.desk.new(Mode.ASSISTANT)
    events = thread.send("Well?", replace(ENDPOINT, name="other"))
    await until(events, TextDelta)
    await thread.leave()
    again = room.restart()
    again.desk.endpoint = None
    assert await again.desk.resume_runs() == []
    again.desk.endpoint = ENDPOINT
    [(session, run)] = await again.desk.resume_runs()
    finished([event async for event in session.follow(run)])
    assert {endpoint.name for endpoint in again.assistants.connected} == {"other"}


@virtually
async def test_a_conversation_carried_into_a_thread_goes_on_there_and_back() -> None:
    room = Room(ScriptedAssistants([Says("Two.")]), script=says("One."))
    chat = room.desk.new()
    assert [event async for event in chat.send("First?", ENDPOINT)]
    thread = await room.desk.carry(chat)
    assert isinstance(thread, ThreadSession)
    assert (chat.head.title, thread.head.title) == ("First?", "First? (thread)")
    assert [m.text for m in thread.messages] == ["First?", "One."]
    finished([event async for event in thread.send("Second?", ENDPOINT)])
    assert room.server.threads[thread.head.thread_id].texts() == [
        "First?",
        "One.",
        "Second?",
        "Two.",
    ]
    back = await room.desk.carry(thread)
    assert isinstance(back, ChatSession)
    assert (back.head.system_prompt, back.head.thread_id) == ("Be kind.", "")
    assert back.head.title == "First? (chat)"
    assert [text for role, text in back.context() if role is not Role.SYSTEM] == [
        "First?",
        "One.",
        "Second?",
        "Two.",
    ]
    assert [m.text for m in chat.messages] == ["First?", "One."]
    assert await room.desk.open_last() is not None


@virtually
async def test_a_carried_answer_can_be_asked_for_again_on_a_thread_without_the_old_one() -> None:
    room = Room(ScriptedAssistants([Says("Better.")]), script=says("One."))
    chat = room.desk.new()
    assert [event async for event in chat.send("First?", ENDPOINT)]
    thread = await room.desk.carry(chat)
    finished([event async for event in thread.retry(ENDPOINT)])
    assert room.server.threads[thread.head.thread_id].texts() == ["First?", "Better."]


@virtually
async def test_a_run_of_a_conversation_that_was_deleted_is_forgotten() -> None:
    room = Room()
    thread = room.desk.new(Mode.ASSISTANT)
    await until(thread.send("Well?", ENDPOINT), TextDelta)
    await thread.leave()
    again = room.restart()
    answer = again.store.data.messages[thread.messages[-1].id]
    del again.store.data.conversations[thread.head.id]
    assert answer
    assert await again.desk.resume_runs() == []
    assert again.store.data.runs == {}


async def read(events: AsyncGenerator[TurnEvent]) -> list[Message]:
    return [event.answer async for event in events if isinstance(event, TurnStarted)]
