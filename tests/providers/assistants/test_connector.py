"""Which server assistant mode uses, how it is found again, and who it is told answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from studybuddy.domain.assistant_ports import RunRequest
from studybuddy.domain.assistants import AssistantSpec
from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.engine.upstream.registry import DEFAULT
from studybuddy.providers.assistants.connector import CompanionAssistantConnector
from studybuddy.providers.connector import EndpointConnector
from studybuddy.providers.endpoints import at, built_in, openai_endpoint
from tests.contract.assistant_service import all_of, last_run, streamed
from tests.engine.engines import TOKEN, Engine, listening_engine, unused_port
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Reply, answer, model_list

KEY = "sk-the-students"


@dataclass
class Engines:
    """Engines, one after the other, as the app's companion gives them."""

    stack: AsyncExitStack
    running: Engine | None = None
    asked: list[bool] = field(default_factory=list)
    """For each time it was looked for, whether its own model was wanted."""
    started: int = 0
    problem: Problem | None = None
    _one: AsyncExitStack | None = None

    async def find(self, own_model: bool) -> Endpoint:
        self.asked.append(own_model)
        if self.problem is not None:
            raise StudyBuddyError(self.problem)
        if self.running is None:
            self._one = await self.stack.enter_async_context(AsyncExitStack())
            nowhere = f"http://127.0.0.1:{unused_port()}/v1"
            self.running = await self._one.enter_async_context(listening_engine(nowhere))
            self.started += 1
        return Endpoint(
            "built-in", f"{self.running.base_url}/v1", EndpointKind.BUILT_IN, "small", TOKEN
        )

    async def kill(self) -> None:
        """End the engine; another one begins with nothing, at another port."""
        assert self._one is not None
        self.running = None
        await self._one.aclose()


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class App:
    """A connector over such engines."""

    engines: Engines
    endpoints: EndpointConnector
    connector: CompanionAssistantConnector
    clock: Clock
    keys: dict[str, str] = field(default_factory=dict)


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with AsyncExitStack() as stack:
        engines, clock = Engines(stack), Clock()
        keys: dict[str, str] = {}

        def find_key(endpoint: Endpoint) -> tuple[str, KeySource]:
            key = keys.get(endpoint.name, "")
            return key, KeySource.FILE if key else KeySource.NONE

        async def no_built_in() -> Endpoint:
            raise AssertionError("threads do not wait for the built-in model")

        endpoints = EndpointConnector(built_in=no_built_in, find_key=find_key)
        connector = CompanionAssistantConnector(endpoints, engines.find, clock)
        yield App(engines, endpoints, connector, clock, keys)
        await connector.close()
        await endpoints.close()


@asynccontextmanager
async def a_model(*texts: str, models: Sequence[str] = ("m1",)) -> AsyncIterator[ScriptedServer]:
    """A server that chats, and knows nothing of assistants."""
    script = [answer(text) for text in texts or ("Hello.",)]
    async with ScriptedServer(*script, models=model_list(*models)) as server:
        yield server


async def answered(app: App, endpoint: Endpoint) -> str:
    """What a new thread with a new assistant says."""
    service = await app.connector.connect(endpoint)
    assistant = await service.create_assistant(AssistantSpec("Tutor"))
    thread = await service.create_thread()
    events = await all_of(service.create_run(thread, RunRequest(assistant.id, question="Why?")))
    assert not last_run(events).error
    return streamed(events)


async def test_a_chosen_endpoint_answers_the_runs_of_the_engine_with_its_key(app: App) -> None:
    async with a_model("From the lab.") as server:
        app.keys["lab"] = KEY
        lab = replace(at(server.base_url, "m1"), name="lab", kind=EndpointKind.REMOTE)
        assert await answered(app, lab) == "From the lab."
        [request] = server.requests
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.json["model"] == "m1"
    assert app.engines.started == 1
    assert not any(app.engines.asked)  # its own model is not wanted


async def test_endpoints_share_the_engine_and_its_threads(app: App) -> None:
    async with a_model("One.") as first, a_model("Two.") as second:
        one = await app.connector.connect(at(first.base_url, "m1"))
        assistant = await one.create_assistant(AssistantSpec("Tutor"))
        thread = await one.create_thread()
        for endpoint in (at(first.base_url, "m1"), at(second.base_url, "m1")):
            service = await app.connector.connect(endpoint)
            await all_of(service.create_run(thread, RunRequest(assistant.id, question="Why?")))
        assert [m.text for m in await one.messages(thread)] == ["Why?", "One.", "Why?", "Two."]
    assert app.engines.started == 1


async def test_the_same_endpoint_gets_the_same_service(app: App) -> None:
    async with a_model() as server:
        endpoint = at(server.base_url, "m1")
        service = await app.connector.connect(endpoint)
        for _ in range(5):
            assert await app.connector.connect(endpoint) is service
        assert service.endpoint == endpoint
        asked = [request.path for request in server.others]
        assert asked.count("/v1/assistants?limit=1") == 1
    assert app.engines.started == 1


async def test_a_model_that_chats_is_taken_where_none_was_chosen(app: App) -> None:
    async with a_model("Ok.", models=("nomic-embed-text", "llama3.2")) as server:
        assert await answered(app, at(server.base_url)) == "Ok."
        assert server.requests[0].json["model"] == "llama3.2"


async def test_another_model_or_key_of_the_same_endpoint_takes_effect(app: App) -> None:
    async with a_model() as server:
        lab = replace(at(server.base_url, "m1"), name="lab")
        await answered(app, lab)
        await answered(app, replace(lab, model="m2"))
        await answered(app, replace(lab, key=KEY))
        sent = [(r.json["model"], r.headers.get("authorization", "")) for r in server.requests]
    assert sent == [("m1", ""), ("m2", ""), ("m1", f"Bearer {KEY}")]


async def test_two_windows_can_mean_different_models_by_the_same_name(app: App) -> None:
    other = CompanionAssistantConnector(app.endpoints, app.engines.find)
    async with a_model() as server:
        lab = replace(at(server.base_url), name="lab")
        here = await app.connector.connect(replace(lab, model="m1"))
        there = await other.connect(replace(lab, model="m2"))
        assistant = await here.create_assistant(AssistantSpec("Tutor"))
        for service in (here, there, here, there):
            thread = await service.create_thread()
            await all_of(service.create_run(thread, RunRequest(assistant.id, question="Why?")))
        assert [request.json["model"] for request in server.requests] == ["m1", "m2", "m1", "m2"]
    await other.close()


async def test_an_engine_that_was_killed_is_found_again_by_the_next_call(app: App) -> None:
    async with a_model() as server:
        endpoint = at(server.base_url, "m1")
        service = await app.connector.connect(endpoint)
        await service.create_thread()
        await app.engines.kill()
        assert await service.create_thread()
        await app.engines.kill()
        assert await answered(app, endpoint) == "Hello."
    assert app.engines.started == 3


async def test_an_engine_that_forgot_who_answers_is_told_again(app: App) -> None:
    async with a_model() as server:
        endpoint = at(server.base_url, "m1")
        await answered(app, endpoint)
        running = app.engines.running
        assert running is not None
        # As where it was ended and started between two looks, with the same port and token.
        upstreams = running.context.upstreams
        upstreams._served = {DEFAULT: upstreams._served[DEFAULT]}
        upstreams._addresses.clear()
        assert await answered(app, endpoint) == "Hello."


async def test_the_engine_is_looked_for_once_a_second_at_most(app: App) -> None:
    async with a_model() as server:
        service = await app.connector.connect(at(server.base_url, "m1"))
        thread = await service.create_thread()
        looked = len(app.engines.asked)
        for _ in range(5):
            await service.messages(thread)
        assert len(app.engines.asked) == looked
        app.connector._link._clock = lambda: 1e9  # type: ignore[union-attr]
        await service.messages(thread)
        assert len(app.engines.asked) == looked + 1


async def test_the_built_in_model_is_asked_for_by_the_engine_and_not_waited_for(app: App) -> None:
    service = await app.connector.connect(built_in())
    assert await service.create_thread()
    assert all(app.engines.asked)
    assert service.endpoint == built_in()


async def test_an_engine_that_can_not_be_started_is_told(app: App) -> None:
    app.engines.problem = Problem(ProblemKind.NO_WEIGHTS, "There are no weights.", "Fetch them.")
    with pytest.raises(StudyBuddyError, match="There are no weights"):
        await app.connector.connect(built_in())
    app.engines.problem = None
    assert await (await app.connector.connect(built_in())).create_thread()


async def test_openai_without_a_key_is_told_before_anything_is_started(app: App) -> None:
    with pytest.raises(StudyBuddyError) as caught:
        await app.connector.connect(replace(openai_endpoint({}, _settings()), key=""))
    assert caught.value.problem.kind is ProblemKind.UNAUTHORIZED
    assert app.engines.started == 0


async def test_a_server_that_has_assistants_itself_is_used_without_an_engine(app: App) -> None:
    async with a_model("From afar.") as model, listening_engine(model.base_url) as served:
        there = replace(
            at(f"{served.base_url}/v1"), name="school", key=TOKEN, kind=EndpointKind.REMOTE
        )
        assert await answered(app, there) == "From afar."
        await app.connector.connect(there)
    assert app.engines.asked == []


async def test_a_server_that_lost_its_assistants_is_served_by_the_engine_at_the_next_try(
    app: App,
) -> None:
    empty = {"object": "list", "data": [], "has_more": False}
    async with ScriptedServer(answer("Hello."), others={"/v1/assistants": Reply(empty)}) as server:
        endpoint = at(server.base_url, "m1")
        service = await app.connector.connect(endpoint)
        with pytest.raises(StudyBuddyError) as caught:
            await service.create_thread()
        assert "does not serve the Assistants API" in caught.value.problem.sentence
        assert app.engines.started == 0
        server.other_answers.clear()
        assert await answered(app, endpoint) == "Hello."
    assert app.engines.started == 1


async def test_a_server_that_can_not_be_reached_is_looked_at_again_later(app: App) -> None:
    port = unused_port()
    endpoint = at(f"http://127.0.0.1:{port}/v1", "m1")
    service = await app.connector.connect(endpoint)
    assert await service.assistants() == []  # the engine has them; a run would say what is wrong
    assert await app.connector.connect(endpoint) is service
    app.clock.now += 61
    assert await app.connector.connect(endpoint) is not service


async def test_a_server_that_does_not_answer_holds_no_other_one_up(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, never = asyncio.Event(), asyncio.Event()
    direct = app.connector._direct_source

    async def silent(endpoint: Endpoint, provider: Any) -> Any:
        if endpoint.name == "silent":
            asked.set()
            await never.wait()
        return await direct(endpoint, provider)

    monkeypatch.setattr(app.connector, "_direct_source", silent)
    async with a_model() as server:
        endpoint = at(server.base_url, "m1")
        waiting = asyncio.create_task(app.connector.connect(replace(endpoint, name="silent")))
        await asked.wait()
        async with asyncio.timeout(30):
            await app.connector.connect(endpoint)
        waiting.cancel()


async def test_the_key_is_in_no_log(app: App, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_model() as server:
        lab = replace(at(server.base_url, "m1"), key=KEY)
        await answered(app, lab)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text


def _settings() -> Any:
    from studybuddy.domain.settings import Settings

    return Settings()
