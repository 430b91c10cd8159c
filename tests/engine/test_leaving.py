"""A client that leaves, and an engine that ends, stop the work upstream."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.engines import ENOUGH, QUESTION, Engine, listening_engine
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Hang, Stream, chunk


async def until_asked(upstream: ScriptedServer) -> None:
    await asyncio.wait_for(upstream.arrived.wait(), ENOUGH)


async def until_left(upstream: ScriptedServer) -> None:
    """Fails after `ENOUGH` where the engine keeps its connection to the upstream."""
    await asyncio.wait_for(upstream.requests[0].client_left.wait(), ENOUGH)


@pytest.mark.parametrize("stream", [False, True])
async def test_leaving_before_the_first_word_stops_the_upstream(stream: bool) -> None:
    silent = Stream([Hang()])
    async with ScriptedServer(silent) as upstream, listening_engine(upstream.base_url) as served:
        asking = asyncio.create_task(served.chat(model=MODEL, stream=stream))
        await until_asked(upstream)
        asking.cancel()
        await until_left(upstream)


async def test_leaving_in_the_middle_of_an_answer_stops_the_upstream() -> None:
    steps = [chunk({"content": "A cell"}), Hang()]
    async with (
        ScriptedServer(Stream(steps)) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        body = {**QUESTION, "model": MODEL, "stream": True}
        async with served.client.stream("POST", "/v1/chat/completions", json=body) as response:
            async for _ in response.aiter_lines():
                break
        await until_left(upstream)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_engine_that_ends_says_so_to_those_who_wait(stream: bool) -> None:
    async with (
        ScriptedServer(Stream([Hang()])) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        asking = asyncio.create_task(served.chat(model=MODEL, stream=stream))
        await until_asked(upstream)
        served.context.closing.set()
        response = await asyncio.wait_for(asking, ENOUGH)
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "engine_shutting_down"
        await until_left(upstream)


async def test_an_engine_that_ends_says_so_in_the_middle_of_an_answer() -> None:
    steps = [chunk({"content": "A cell"}), Hang()]
    async with (
        ScriptedServer(Stream(steps)) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        lines = await closed_after_first_line(served)
        assert "engine_shutting_down" in lines[-1]
        await until_left(upstream)


async def closed_after_first_line(served: Engine) -> list[str]:
    body = {**QUESTION, "model": MODEL, "stream": True}
    lines: list[str] = []
    async with served.client.stream("POST", "/v1/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            served.context.closing.set()
            lines += [line] if line else []
    return lines
