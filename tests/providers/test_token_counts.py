"""Requests counted by an endpoint's own tokenizer, whatever kind of server it is."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.accounts import Origin
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionRequest
from studybuddy.providers.clients import make_client
from studybuddy.providers.endpoints import at
from studybuddy.providers.tokenizer import PAUSE, EndpointTokenizer
from tests.support.completions import QUESTION, events_of, serving, text_of
from tests.support.scripted_server import Received, ScriptedServer
from tests.support.token_counters import COUNTING, NOT_COUNTING, count_of
from tests.support.wire import Answer, Drop, Hang, Reply, Stream, answer, error

LONG = CompletionRequest(
    ((Role.SYSTEM, "Be brief."), (Role.USER, "é 😀 \ud83d x " * 50), (Role.ASSISTANT, "Yes."))
)
ROUTE = "/v1/chat/completions/input_tokens"


def expected(request: CompletionRequest) -> int:
    return count_of([{"role": role, "content": text} for role, text in request.messages])


@pytest.mark.parametrize("kind", COUNTING)
async def test_a_request_is_counted_by_each_kind_of_server(kind: str) -> None:
    async with serving(answer("ok"), posts=COUNTING[kind]) as (server, provider):
        assert await provider.count(QUESTION) == expected(QUESTION)
        tries = len(server.others)
        assert await provider.count(LONG) == expected(LONG)
        assert len(server.others) - tries == (2 if kind == "older llama.cpp" else 1)
        assert server.requests == []
        for request in server.others:
            assert "authorization" not in request.headers


@pytest.mark.parametrize("kind", NOT_COUNTING)
async def test_a_server_that_can_not_count_is_found_out_once(kind: str) -> None:
    async with serving(answer("ok"), posts=NOT_COUNTING[kind]) as (server, provider):
        assert await provider.count(QUESTION) is None
        tries = len(server.others)
        assert 1 <= tries <= 6
        assert await provider.count(LONG) is None
        assert len(server.others) == tries
        assert text_of(await events_of(provider)) == "ok"


async def test_the_same_request_is_counted_once() -> None:
    async with serving(answer("ok"), posts=COUNTING["llama.cpp"]) as (server, provider):
        for _ in range(3):
            assert await provider.count(QUESTION) == expected(QUESTION)
        assert len(server.others) == 1


async def test_openai_is_asked_by_the_route_it_documents_and_by_no_other() -> None:
    posts = {"/v1/responses/input_tokens": Reply({"input_tokens": 21})}
    kind = EndpointKind.OPENAI
    async with serving(answer("ok"), kind=kind, key="k", posts=posts) as (server, provider):
        assert await provider.count(QUESTION) == 21
        (request,) = server.others
    assert request.headers["authorization"] == "Bearer k"
    assert request.json == {
        "model": "scripted-model",
        "input": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
        ],
    }


async def test_openai_without_that_route_is_not_asked_again() -> None:
    async with serving(answer("ok"), kind=EndpointKind.OPENAI, key="k") as (server, provider):
        assert await provider.count(QUESTION) is None
        assert await provider.count(LONG) is None
        assert len(server.others) == 1


@pytest.mark.parametrize("failure", [error(500, "no"), error(429, "slow down"), Drop()])
async def test_a_server_that_fails_is_left_alone_for_a_while(failure: Answer) -> None:
    now = 0.0
    async with ScriptedServer(answer("ok"), posts={ROUTE: failure}) as server:
        endpoint = at(server.base_url, "m")
        client = make_client(endpoint)
        tokenizer = EndpointTokenizer(endpoint, client, clock=lambda: now)
        assert await tokenizer.count("m", QUESTION.messages) is None
        assert await tokenizer.count("m", QUESTION.messages) is None
        assert len(server.others) == 1
        server.posts.update(COUNTING["llama.cpp"])
        now += PAUSE
        assert await tokenizer.count("m", QUESTION.messages) == expected(QUESTION)
        await client.close()


async def test_a_server_that_is_silent_is_not_waited_for() -> None:
    async with ScriptedServer(answer("ok"), posts={ROUTE: Stream([Hang()])}) as server:
        endpoint = at(server.base_url, "m")
        client = make_client(endpoint)
        tokenizer = EndpointTokenizer(endpoint, client, seconds=0.05)
        assert await tokenizer.count("m", QUESTION.messages) is None
        async with asyncio.timeout(5):
            await server.others[0].client_left.wait()
        await client.close()


async def test_a_request_that_the_server_refuses_does_not_end_counting() -> None:
    def picky(request: Received) -> Answer:
        if request.json["messages"][-1]["role"] != "user":
            return error(400, "Conversation roles must alternate")
        return Reply({"input_tokens": 9})

    async with serving(answer("ok"), posts={ROUTE: picky}) as (_, provider):
        assert await provider.count(LONG) is None
        assert await provider.count(QUESTION) == 9


async def test_counting_does_not_hold_up_an_answer() -> None:
    asked = asyncio.Event()

    def silent(_: Received) -> Answer:
        asked.set()
        return Stream([Hang()])

    async with serving(answer("ok"), posts={ROUTE: silent}) as (_, provider), asyncio.timeout(5):
        counting = asyncio.create_task(provider.count(QUESTION))
        await asked.wait()
        assert text_of(await events_of(provider)) == "ok"
        assert not counting.done()
        counting.cancel()
        await asyncio.wait({counting})


async def test_a_conversation_has_one_prompt_cache_key_for_openai_alone() -> None:
    def of(conversation: str) -> CompletionRequest:
        return CompletionRequest(QUESTION.messages, origin=Origin(conversation))

    async with serving(answer("ok"), kind=EndpointKind.OPENAI, key="k") as (server, provider):
        for conversation in ("one", "one", "two", ""):
            await events_of(provider, of(conversation))
        keys = [request.json.get("prompt_cache_key") for request in server.requests]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is None
    assert all("one" not in key and len(key) <= 64 for key in keys[:3])
    for kind in (EndpointKind.LOCAL, EndpointKind.REMOTE, EndpointKind.BUILT_IN):
        async with serving(answer("ok"), kind=kind, key="k") as (server, provider):
            await events_of(provider, of("one"))
            assert "prompt_cache_key" not in server.requests[0].json


async def test_a_prompt_cache_key_that_is_not_taken_is_left_out_from_then_on() -> None:
    refusal = error(400, "Unknown parameter: 'prompt_cache_key'.", param="prompt_cache_key")
    request = CompletionRequest(QUESTION.messages, origin=Origin("one"))
    kind = EndpointKind.OPENAI
    async with serving(refusal, answer("ok"), kind=kind, key="k") as (server, provider):
        for _ in range(2):
            assert text_of(await events_of(provider, request)) == "ok"
        assert ["prompt_cache_key" in r.json for r in server.requests] == [True, False, False]
