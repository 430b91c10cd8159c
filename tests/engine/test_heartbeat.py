"""Clients that wait for a model are given signs of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest

from studybuddy.engine.heartbeat import COMMENT, Patience
from studybuddy.engine.opening import Opening
from tests.engine import engines
from tests.engine.engines import ENOUGH, QUESTION, Engine, events_in, listening_engine, text_of
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Answer, Cut, Step, Stream, Wait, answer, chunk

HASTY = Patience(silence=0.02, opening=0.02)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    made = engines.context_for
    monkeypatch.setattr(
        engines, "context_for", lambda *a, **k: replace(made(*a, **k), patience=HASTY)
    )


@asynccontextmanager
async def asked(script: Answer) -> AsyncIterator[tuple[Engine, httpx2.Response]]:
    async with (
        ScriptedServer(script) as upstream,
        listening_engine(upstream.base_url) as served,
        served.client.stream(
            "POST", "/v1/chat/completions", json={**QUESTION, "model": MODEL, "stream": True}
        ) as response,
    ):
        yield served, response


async def until_comments(reads: AsyncIterator[bytes], number: int = 3) -> bytes:
    """What came until so many comments had come; no limit of time but `ENOUGH`."""
    found = b""
    async with asyncio.timeout(ENOUGH):
        async for data in reads:
            found += data
            if found.count(COMMENT) >= number:
                break
    return found


@pytest.mark.usefixtures("hasty")
async def test_a_stream_begins_with_comments_while_the_model_reads() -> None:
    gate = asyncio.Event()
    steps: list[Step] = [Wait(gate), *answer("Cells are small.").steps]
    async with asked(Stream(steps)) as (_, response):
        assert response.status_code == 200
        reads = response.aiter_bytes()
        found = await until_comments(reads)
        assert set(found.split(COMMENT)) == {b""}
        gate.set()
        rest = b"".join([data async for data in reads])
    assert text_of(events_in(rest.decode())) == "Cells are small."


@pytest.mark.usefixtures("hasty")
async def test_comments_come_between_words_too() -> None:
    gate = asyncio.Event()
    steps: list[Step] = [
        chunk({"content": "Cells "}),
        Wait(gate),
        chunk({"content": "live."}, "stop"),
    ]
    async with asked(Stream(steps)) as (_, response):
        reads = response.aiter_bytes()
        found = await until_comments(reads)
        gate.set()
        found += b"".join([data async for data in reads])
    assert text_of(events_in(found.decode())) == "Cells live."


@pytest.mark.usefixtures("hasty")
async def test_an_error_after_signs_of_life_is_told_in_the_stream_with_its_status() -> None:
    gate = asyncio.Event()
    async with asked(Stream([Wait(gate), Cut()])) as (_, response):
        reads = response.aiter_bytes()
        await until_comments(reads)
        gate.set()
        rest = b"".join([data async for data in reads])
    error = events_in(rest.decode())[-1]["error"]
    assert (error["code"], error["status"]) == ("upstream_disconnected", 502)


@pytest.mark.usefixtures("hasty")
async def test_a_client_that_leaves_among_comments_stops_the_upstream() -> None:
    gate = asyncio.Event()
    async with (
        ScriptedServer(Stream([Wait(gate)])) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        body = {**QUESTION, "model": MODEL, "stream": True}
        async with served.client.stream("POST", "/v1/chat/completions", json=body) as response:
            await until_comments(response.aiter_bytes())
        await asyncio.wait_for(upstream.requests[0].client_left.wait(), ENOUGH)


async def test_an_opening_that_is_closed_early_ends_its_source() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncGenerator[bytes, None]:
        try:
            begun.set()
            await asyncio.Event().wait()
            yield b""
        finally:
            ended.set()

    opening = Opening(source())
    await opening.wait(0)
    await begun.wait()
    await opening.aclose()
    assert ended.is_set()
