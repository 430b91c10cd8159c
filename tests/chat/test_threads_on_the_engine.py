"""Threads of the chat on the real engine: sessions, wire, run loop and store together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from studybuddy.chat.desk import Desk
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.events import ActionRequired, TextDelta
from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.runs import CodeCall, RunStatus
from studybuddy.providers.assistants.connector import CompanionAssistantConnector
from studybuddy.providers.connector import EndpointConnector
from studybuddy.providers.endpoints import at
from tests.engine.engines import ENOUGH, TOKEN, Engine, listening_engine, unused_port
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider, says
from tests.support.scripted_server import ScriptedServer
from tests.support.study_room import failed, finished, shown, until
from tests.support.wire import Answer, Stream, Wait, answer, calls, model_list

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Words:
    def count(self, text: str, model: str) -> tuple[int, bool]:
        return len(text.split()), True

    def count_request(self, messages: object, model: str) -> tuple[int, bool]:
        return 1, True


@dataclass
class Companion:
    """The app's engine, which can be killed; it is started anew where it is asked for."""

    stack: AsyncExitStack
    folder: Path
    running: Engine | None = None
    _one: AsyncExitStack | None = None

    async def find(self, own_model: bool) -> Endpoint:
        if self.running is None:
            self._one = await self.stack.enter_async_context(AsyncExitStack())
            nowhere = f"http://127.0.0.1:{unused_port()}/v1"
            served = listening_engine(nowhere, data_dir=self.folder)
            self.running = await self._one.enter_async_context(served)
        url = f"{self.running.base_url}/v1"
        return Endpoint("built-in", url, EndpointKind.BUILT_IN, "small", TOKEN)

    async def kill(self) -> None:
        assert self._one is not None
        self.running = None
        await self._one.aclose()


@dataclass
class Study:
    """A desk over the engine over a scripted model."""

    desk: Desk
    model: ScriptedServer
    companion: Companion
    endpoint: Endpoint
    data: MemoryData
    connector: CompanionAssistantConnector

    def restart(self) -> Desk:
        """The app started anew; the engine goes on."""
        self.data.running.clear()
        return make_desk(self.data, self.connector, self.endpoint)


def make_desk(data: MemoryData, connector: CompanionAssistantConnector, endpoint: Endpoint) -> Desk:
    store = MemoryConversationStore(data)
    unused = ScriptedConnector(ScriptedProvider(says("No.")))
    return Desk(store, unused, "", endpoint, assistants=connector, runs=store.runs)


@asynccontextmanager
async def study(folder: Path, *script: Answer) -> AsyncIterator[Study]:
    async def no_built_in() -> Endpoint:
        raise AssertionError("threads do not wait for the built-in model")

    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(ScriptedServer(*script, models=model_list("m1")))
        companion = Companion(stack, folder)
        endpoints = EndpointConnector(
            built_in=no_built_in, find_key=lambda endpoint: ("", KeySource.NONE)
        )
        connector = CompanionAssistantConnector(endpoints, companion.find)
        endpoint = replace(at(model.base_url, "m1"), name="lab")
        data = MemoryData()
        async with asyncio.timeout(ENOUGH):
            yield Study(
                make_desk(data, connector, endpoint), model, companion, endpoint, data, connector
            )
        await connector.close()
        await endpoints.close()


def thread_of(desk: Desk) -> ThreadSession:
    session = desk.new(Mode.ASSISTANT)
    assert isinstance(session, ThreadSession)
    return session


async def test_a_conversation_streams_and_goes_on_and_is_retried(tmp_path: Path) -> None:
    script = [answer("Cells are small."), answer("Very small."), answer("Tiny.")]
    async with study(tmp_path, *script) as room:
        session = thread_of(room.desk)
        events = [event async for event in session.send("What is a cell?", room.endpoint)]
        assert shown(events) == finished(events).answer.text == "Cells are small."
        assert finished(events).answer.usage is not None
        assert sum(isinstance(event, TextDelta) for event in events) > 1
        events = [event async for event in session.send("How small?", room.endpoint)]
        events = [event async for event in session.retry(room.endpoint)]
        assert finished(events).answer.text == "Tiny."
        last = [(m["role"], m["content"]) for m in room.model.requests[-1].json["messages"]]
        assert last[-3:] == [
            ("user", "What is a cell?"),
            ("assistant", "Cells are small."),
            ("user", "How small?"),
        ]


async def test_code_is_run_and_its_step_kept(tmp_path: Path) -> None:
    script = [calls(("code_interpreter", {"code": "print(6 * 7)"})), answer("It is 42.")]
    async with study(tmp_path, *script) as room:
        session = thread_of(room.desk)
        events = [event async for event in session.send("6 * 7?", room.endpoint)]
        details = finished(events).answer.details
        assert details is not None
        [call] = [call for step in details.steps for call in step.calls]
        assert isinstance(call, CodeCall)
        assert call.logs.strip() == "42"


async def test_a_quiz_outlives_the_app_and_its_answers_go_back(tmp_path: Path) -> None:
    quiz = {"title": "Cells", "questions": []}
    script = [calls(("display_quiz", quiz)), answer("Well done.")]
    async with study(tmp_path, *script) as room:
        session = thread_of(room.desk)
        events = session.send("Quiz me!", room.endpoint)
        required = (await until(events, ActionRequired))[-1]
        assert isinstance(required, ActionRequired)
        await session.save_action_draft("[1]")
        await session.leave()
        [(session, run)] = await room.restart().resume_runs()
        events = session.follow(run)
        again = (await until(events, ActionRequired))[-1]
        assert again == replace(required, draft="[1]")
        answering = asyncio.create_task(session.answer({required.calls[0].id: "[42]"}))
        rest = [event async for event in events]
        await answering
        assert finished(rest).answer.text == "Well done."
        tools = [m for m in room.model.requests[-1].json["messages"] if m["role"] == "tool"]
        assert tools[-1]["content"] == "[42]"


def held(text: str, gate: asyncio.Event) -> Stream:
    """An answer that stops after its first words until the gate opens."""
    steps = answer(text).steps
    return Stream([*steps[:3], Wait(gate), *steps[3:]])


async def test_a_run_that_was_left_is_whole_after_the_start(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with study(tmp_path, held("One two three.", gate)) as room:
        session = thread_of(room.desk)
        events = session.send("Count!", room.endpoint)
        await until(events, TextDelta)
        await session.leave()
        [(session, run)] = await room.restart().resume_runs()
        gate.set()
        came = [event async for event in session.follow(run)]
        assert shown(came) == finished(came).answer.text == "One two three."


async def test_stopping_cancels_the_run_on_the_engine(tmp_path: Path) -> None:
    script = [held("One two three.", asyncio.Event()), answer("Fine.")]
    async with study(tmp_path, *script) as room:
        session = thread_of(room.desk)
        events = session.send("Count!", room.endpoint)
        await until(events, TextDelta)
        stopping = asyncio.create_task(session.stop())
        end = finished([event async for event in events])
        await stopping
        assert end.answer.state is MessageState.STOPPED
        assert end.answer.details is not None
        assert end.answer.details.status is RunStatus.CANCELLED
        events = session.send("Something else.", room.endpoint)
        assert finished([event async for event in events]).answer.text == "Fine."
        asked = [m["content"] for m in room.model.requests[-1].json["messages"][1:]]
        assert asked == ["Something else."]


async def test_an_engine_that_dies_is_started_again_and_says_what_became_of_the_run(
    tmp_path: Path,
) -> None:
    script = [held("One two three.", asyncio.Event()), answer("One two three.")]
    async with study(tmp_path, *script) as room:
        session = thread_of(room.desk)
        events = session.send("Count!", room.endpoint)
        await until(events, TextDelta)
        killing = asyncio.create_task(room.companion.kill())
        end = failed([event async for event in events])
        await killing
        assert (end.answer.state, end.answer.text) == (MessageState.FAILED, "One")
        assert "broken off by a restart" in end.problem.sentence
        assert room.data.runs == {}
        events = session.retry(room.endpoint)
        assert finished([event async for event in events]).answer.text == "One two three."
        asked = [m["content"] for m in room.model.requests[-1].json["messages"][1:]]
        assert asked == ["Count!"]
