from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import Settings
from studybuddy.providers.connector import EndpointConnector, KeyFinder, no_key
from studybuddy.providers.endpoints import at, built_in, openai_endpoint
from tests.support.completions import events_of, text_of
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import answer


async def no_engine() -> Endpoint:
    raise AssertionError("the engine is not asked for")


def connector(find_key: KeyFinder = no_key) -> EndpointConnector:
    return EndpointConnector(built_in=no_engine, find_key=find_key)


async def test_the_same_endpoint_gets_the_same_connection() -> None:
    connecting = connector()
    here, there = at("http://127.0.0.1:1", "m"), at("http://127.0.0.1:2", "m")
    first = await connecting.connect(here)
    assert await connecting.connect(here) is first
    assert await connecting.connect(there) is not first
    assert first.endpoint == here
    await connecting.close()


async def test_a_connection_answers() -> None:
    async with ScriptedServer(answer("ok")) as server:
        connecting = connector()
        provider = await connecting.connect(at(server.base_url))
        assert text_of(await events_of(provider)) == "ok"
        await connecting.close()


async def test_a_key_is_looked_up_once_in_a_thread_and_sent() -> None:
    looked: list[str] = []

    def find_key(endpoint: Endpoint) -> tuple[str, KeySource]:
        assert threading.current_thread() is not threading.main_thread()
        looked.append(endpoint.name)
        return "found", KeySource.KEYCHAIN

    async with ScriptedServer(answer("ok")) as server:
        connecting = connector(find_key)
        endpoint = at(server.base_url, "m")
        for _ in range(2):
            provider = await connecting.connect(endpoint)
            await events_of(provider)
        await connecting.close()
    assert looked == [endpoint.name]
    assert provider.endpoint.key_source is KeySource.KEYCHAIN
    assert server.requests[0].headers["authorization"] == "Bearer found"


async def test_a_keychain_without_a_key_for_a_server_is_not_asked_again() -> None:
    looked: list[str] = []

    def find_key(endpoint: Endpoint) -> tuple[str, KeySource]:
        looked.append(endpoint.name)
        return "", KeySource.NONE

    connecting = connector(find_key)
    for _ in range(2):
        await connecting.connect(at("http://127.0.0.1:1", "m"))
    await connecting.close()
    assert len(looked) == 1


async def test_a_key_for_openai_is_found_once_it_is_there() -> None:
    keys = ["", "sk-pasted"]

    def find_key(endpoint: Endpoint) -> tuple[str, KeySource]:
        return keys.pop(0), KeySource.KEYCHAIN

    connecting = connector(find_key)
    openai = openai_endpoint({}, Settings())
    with pytest.raises(StudyBuddyError):
        await connecting.connect(openai)
    assert (await connecting.connect(openai)).endpoint.key == "sk-pasted"
    await connecting.close()


async def test_openai_without_a_key_is_not_even_asked() -> None:
    with pytest.raises(StudyBuddyError) as raised:
        await connector().connect(openai_endpoint({}, Settings()))
    assert raised.value.problem.kind is ProblemKind.UNAUTHORIZED
    assert "OPENAI_API_KEY" in raised.value.problem.advice


@pytest.mark.parametrize("key", ["sk-ключ", "sk with space", "sk\nline"])
async def test_a_key_that_no_header_can_carry_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(StudyBuddyError) as raised:
        await connector().connect(replace(at("http://127.0.0.1:1", "m"), key=key))
    assert raised.value.problem.kind is ProblemKind.UNAUTHORIZED
    assert key not in str(raised.value)


async def test_the_built_in_endpoint_is_started_and_keeps_the_model_that_was_chosen() -> None:
    async def engine() -> Endpoint:
        return Endpoint("built-in", "http://127.0.0.1:1/v1", EndpointKind.BUILT_IN, "small", "t")

    connecting = EndpointConnector(built_in=engine)
    assert (await connecting.connect(built_in())).endpoint.model == "small"
    assert (await connecting.connect(built_in("mine"))).endpoint.model == "mine"
    await connecting.close()


async def test_an_engine_that_moved_is_connected_to_anew() -> None:
    async with ScriptedServer(answer("first")) as one, ScriptedServer(answer("second")) as two:
        ports = [one.base_url, two.base_url]

        async def engine() -> Endpoint:
            return Endpoint("built-in", ports.pop(0), EndpointKind.BUILT_IN, "small", "t")

        connecting = EndpointConnector(built_in=engine)
        assert text_of(await events_of(await connecting.connect(built_in()))) == "first"
        kept_open = set(one.connections)
        assert text_of(await events_of(await connecting.connect(built_in()))) == "second"
        async with asyncio.timeout(5):
            await asyncio.wait(kept_open)  # the old one is let go
        await connecting.close()


async def test_an_engine_that_does_not_start_is_the_problem_it_told() -> None:
    problem = Problem(ProblemKind.ENGINE, "It did not start.")

    async def engine() -> Endpoint:
        raise StudyBuddyError(problem)

    with pytest.raises(StudyBuddyError) as raised:
        await EndpointConnector(built_in=engine).connect(built_in())
    assert raised.value.problem is problem


def test_preparing_a_connector_loads_neither_the_sdk_nor_the_http_client() -> None:
    code = (
        "import sys\n"
        "import studybuddy.providers.connector, studybuddy.providers.endpoints\n"
        "import studybuddy.providers.discovery\n"
        "from studybuddy.commands import ask, doctor\n"
        "print([m for m in ('openai', 'httpx2', 'msgspec', 'pydantic', 'textual')"
        " if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
