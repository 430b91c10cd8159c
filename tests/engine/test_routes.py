"""The engine's routes, over a scripted server."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.engine.upstream.http import HttpUpstream
from tests.engine.engines import QUESTION, engine, events_in, listening_engine, text_of
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import DONE, MODEL, USAGE, Reply, Stream, Wait, answer, chunk, model_list

WHOLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "The unit of life."},
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
    "made_up_field": {"kept": True},
}


async def test_a_completion_is_the_upstreams_own() -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream, engine(upstream.base_url) as served:
        assert (await served.chat(model=MODEL)).json() == WHOLE


async def test_a_stream_brings_every_chunk_with_usage_and_the_end_mark() -> None:
    async with (
        ScriptedServer(answer("A cell is small.")) as upstream,
        engine(upstream.base_url) as served,
    ):
        response = await served.chat(
            model=MODEL, stream=True, stream_options={"include_usage": True}
        )
        assert response.headers["content-type"].startswith("text/event-stream")
        events = events_in(response.text)
        assert text_of(events) == "A cell is small."
        assert events[-2]["usage"] == USAGE
        assert events[-1] == "[DONE]"
        assert upstream.requests[0].json["stream_options"] == {"include_usage": True}


async def test_words_are_passed_on_one_by_one_as_they_come() -> None:
    gate = asyncio.Event()
    steps = [chunk({"content": "A"}), Wait(gate), chunk({"content": " cell"}), DONE]
    async with (
        ScriptedServer(Stream(steps)) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        body = {**QUESTION, "model": MODEL, "stream": True}
        async with served.client.stream("POST", "/v1/chat/completions", json=body) as response:
            lines = response.aiter_lines()
            assert '"A"' in await anext(lines)  # while the upstream still waits
            gate.set()
            assert [line async for line in lines if line][-1] == "data: [DONE]"


async def test_unknown_fields_reach_the_upstream_as_they_are() -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream, engine(upstream.base_url) as served:
        await served.chat(model=MODEL, min_p=0.1, made_up={"a": [1, None]})
        sent = upstream.requests[0].json
        assert sent == {**QUESTION, "model": MODEL, "min_p": 0.1, "made_up": {"a": [1, None]}}


async def test_the_upstream_gets_its_own_key_and_not_the_engines_token() -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream:
        async with engine(HttpUpstream(upstream.base_url, "the-upstreams-key")) as served:
            await served.chat(model=MODEL)
        assert upstream.requests[0].headers["authorization"] == "Bearer the-upstreams-key"


async def test_models_are_listed_and_found_by_name() -> None:
    listed = model_list("first", {"id": "org/second", "context_window": 4096})
    async with (
        ScriptedServer(Reply(WHOLE), models=listed) as upstream,
        engine(upstream.base_url) as served,
    ):
        data = (await served.client.get("/v1/models")).json()
        assert data["object"] == "list"
        assert [entry["id"] for entry in data["data"]] == ["first", "org/second"]
        second = (await served.client.get("/v1/models/org/second")).json()
        assert second["context_window"] == 4096
        assert second["object"] == "model"
        missing = await served.client.get("/v1/models/third")
        assert missing.status_code == 404
        assert missing.json()["error"]["code"] == "model_not_found"


async def test_health_needs_no_token_and_tells_who_answers() -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream, engine(upstream.base_url) as served:
        del served.client.headers["Authorization"]
        told = (await served.client.get("/health")).json()
        assert told["engine"] == "studybuddy"
        assert told["model"] == {"state": "ready"}


@pytest.mark.parametrize("path", ["/tokenize", "/v1/tokenize"])
async def test_tokenizing_is_not_found_where_the_upstream_can_not(path: str) -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream, engine(upstream.base_url) as served:
        response = await served.client.post(path, json={"content": "hello"})
        assert response.status_code == 404
        assert "does not tell its tokens" in response.json()["error"]["message"]
        assert upstream.others[-1].path == "/tokenize"


async def test_a_web_page_gets_no_permission_to_read_along() -> None:
    async with ScriptedServer(Reply(WHOLE)) as upstream, engine(upstream.base_url) as served:
        response = await served.client.get("/v1/models", headers={"Origin": "https://example.com"})
        assert not [name for name in response.headers if name.startswith("access-control")]
