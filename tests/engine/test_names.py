"""Which model answers for the name that was asked."""

from __future__ import annotations

import asyncio
import logging

import pytest

from studybuddy.engine.errors import ApiError
from studybuddy.engine.names import ModelNames, Resolved
from studybuddy.engine.upstream.http import HttpUpstream
from studybuddy.engine.upstream.listing import FAILED_FOR, LISTED_FOR
from tests.engine.engines import engine, text_of
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Answer, Drop, Hang, Reply, Stream, answer, model_list

WHOLE = Reply({"object": "chat.completion", "model": MODEL, "choices": []})


async def test_an_unknown_model_is_served_by_the_default_one_and_its_name_echoed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with ScriptedServer(WHOLE, answer("Yes.")) as upstream:
        async with engine(upstream.base_url) as served:
            whole = await served.chat(model="gpt-4-1106-preview")
            events = await served.events(model="gpt-4-1106-preview")
        assert [request.json["model"] for request in upstream.requests] == [MODEL, MODEL]
    assert whole.json()["model"] == "gpt-4-1106-preview"
    assert {event["model"] for event in events[:-1]} == {"gpt-4-1106-preview"}
    assert text_of(events) == "Yes."
    assert caplog.text.count("“gpt-4-1106-preview” is not known here") == 1


async def test_no_name_means_the_default_model() -> None:
    async with ScriptedServer(WHOLE) as upstream, engine(upstream.base_url) as served:
        assert (await served.chat()).json()["model"] == MODEL
        assert upstream.requests[0].json["model"] == MODEL


async def test_the_given_default_goes_before_the_first_of_the_list() -> None:
    async with ScriptedServer(WHOLE, models=model_list("first", "second")) as upstream:
        async with engine(HttpUpstream(upstream.base_url, default_model="second")) as served:
            await served.chat(model="unknown")
            await served.chat(model="first")
        assert [request.json["model"] for request in upstream.requests] == ["second", "first"]


async def test_strictness_refuses_unknown_names() -> None:
    async with ScriptedServer(WHOLE) as upstream:
        async with engine(upstream.base_url, strict=True) as served:
            refused = await served.chat(model="gpt-4", stream=True)
            assert (await served.chat(model=MODEL)).status_code == 200
        assert len(upstream.requests) == 1
    assert refused.status_code == 404
    error = refused.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")


async def test_a_name_that_the_server_resolves_itself_is_told_as_the_server_does() -> None:
    dated = answer("Hi", model=f"{MODEL}-2026-01-01")
    async with ScriptedServer(dated) as upstream, engine(upstream.base_url) as served:
        events = await served.events(model=MODEL)
        assert events[0]["model"] == f"{MODEL}-2026-01-01"


async def test_ollamas_models_are_known_without_their_tag() -> None:
    async with ScriptedServer(WHOLE, models=model_list("tiny:1b", "llama3.2:latest")) as upstream:
        async with engine(upstream.base_url, strict=True) as served:
            assert (await served.chat(model="llama3.2")).status_code == 200
        assert upstream.requests[0].json["model"] == "llama3.2"


async def test_a_server_without_a_list_judges_names_itself() -> None:
    async with ScriptedServer(WHOLE, models=Reply("", 404)) as upstream:
        async with engine(upstream.base_url) as served:
            assert (await served.client.get("/v1/models")).json()["data"] == []
            await served.chat(model="anything")
        assert upstream.requests[0].json["model"] == "anything"


async def test_the_list_of_models_is_asked_again_when_it_is_old() -> None:
    now = 0.0
    async with ScriptedServer(WHOLE) as server:
        upstream = HttpUpstream(server.base_url, clock=lambda: now)
        await upstream.models()
        now = LISTED_FOR
        await upstream.models()
        assert len(server.others) == 1
        now += 1
        await upstream.models()
        assert len(server.others) == 2
        await upstream.close()


NO_LIST = [
    pytest.param(Stream([Hang()]), id="a list that never comes"),
    pytest.param(Reply({"error": {"message": "no list for you"}}, 403), id="a refusal"),
    pytest.param(Reply({"error": {"message": "broken"}}, 500), id="a fault"),
    pytest.param(Drop(), id="a connection that breaks"),
]


@pytest.mark.parametrize("models", NO_LIST)
async def test_a_server_that_does_not_give_its_list_answers_all_the_same(models: Answer) -> None:
    async with ScriptedServer(WHOLE, models=models) as server:
        async with engine(HttpUpstream(server.base_url, list_within=0.05)) as served:
            assert (await served.chat(model="anything")).status_code == 200
        assert server.requests[0].json["model"] == "anything"


@pytest.mark.parametrize("models", NO_LIST)
async def test_the_default_model_is_asked_without_any_list(models: Answer) -> None:
    async with ScriptedServer(WHOLE, models=models) as server:
        upstream = HttpUpstream(server.base_url, default_model="given", list_within=0.05)
        async with engine(upstream) as served:
            assert (await served.chat(model="given")).status_code == 200
            assert (await served.chat()).status_code == 200
        assert [request.json["model"] for request in server.requests] == ["given", "given"]
        assert server.others == []


@pytest.mark.parametrize("models", NO_LIST)
async def test_strictness_needs_the_list(models: Answer) -> None:
    async with ScriptedServer(WHOLE, models=models) as server:
        upstream = HttpUpstream(server.base_url, list_within=0.05)
        async with engine(upstream, strict=True) as served:
            assert (await served.chat(model="anything")).status_code >= 400
        assert server.requests == []


async def test_the_default_stands_in_where_the_list_is_shown_to_no_one() -> None:
    refusal = Reply({"error": {"message": "no list for you"}}, 403)
    async with ScriptedServer(models=refusal) as server:
        upstream = HttpUpstream(server.base_url, default_model="given")
        assert await ModelNames(upstream).resolve("gpt-4") == Resolved("given", "gpt-4")
        await upstream.close()


async def test_names_that_were_known_once_are_known_while_the_list_fails() -> None:
    now = 0.0
    async with ScriptedServer(models=model_list("first", "second")) as server:
        upstream = HttpUpstream(server.base_url, clock=lambda: now)
        names = ModelNames(upstream)
        assert await names.resolve("second") == Resolved("second")
    now = LISTED_FOR + 1  # and the server is gone
    assert await names.resolve("second") == Resolved("second")
    assert await names.resolve("third") == Resolved("first", "third")
    await upstream.close()


async def test_a_list_that_failed_is_not_asked_for_again_at_once() -> None:
    now = 0.0
    async with ScriptedServer(models=Reply("", 500)) as server:
        upstream = HttpUpstream(server.base_url, clock=lambda: now)
        for _ in range(3):
            with pytest.raises(ApiError):
                await upstream.models()
        assert len(server.others) == 1
        now = FAILED_FOR + 1
        with pytest.raises(ApiError):
            await upstream.models()
        assert len(server.others) == 2
        await upstream.close()


async def test_a_server_that_was_off_is_asked_again_at_once() -> None:
    server = ScriptedServer()
    async with server:
        port = server.port
    upstream = HttpUpstream(f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ApiError):
        await upstream.models()
    async with ScriptedServer(port=port):
        assert [entry["id"] for entry in await upstream.models()] == [MODEL]
    await upstream.close()


async def test_who_asks_at_the_same_time_shares_one_request() -> None:
    async with ScriptedServer() as server:
        upstream = HttpUpstream(server.base_url)
        first, *others = [asyncio.create_task(upstream.models()) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()  # which must not take the list from the others
        lists = await asyncio.gather(*others)
        assert all(entries[0]["id"] == MODEL for entries in lists)
        assert len(server.others) == 1
        await upstream.close()
