"""A completion's prompt tokens, told before it is asked."""

from __future__ import annotations

from typing import Any

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.events import UsageReported
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionRequest
from studybuddy.providers.clients import make_client
from studybuddy.providers.completions import OpenAICompletionProvider
from studybuddy.providers.tokenizer import EndpointTokenizer
from tests.engine.built_in import needs_model
from tests.engine.engines import ENOUGH, TOKEN, engine
from tests.engine.test_built_in_model import built_in
from tests.support.completions import events_of
from tests.support.scripted_server import ScriptedServer
from tests.support.token_counters import COUNTING, NOT_COUNTING, count_of
from tests.support.wire import answer, error

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why so?"}]
ROUTE = "/v1/chat/completions/input_tokens"


@pytest.mark.parametrize("kind", COUNTING)
async def test_it_is_told_for_each_kind_of_upstream_that_counts(kind: str) -> None:
    async with (
        ScriptedServer(answer("ok"), posts=COUNTING[kind]) as upstream,
        engine(upstream.base_url) as served,
    ):
        for _ in range(2):
            told = await served.client.post(ROUTE, json={"messages": MESSAGES})
            assert told.json() == {
                "object": "response.input_tokens",
                "input_tokens": count_of(MESSAGES),
            }
        assert upstream.requests == []


@pytest.mark.parametrize("kind", NOT_COUNTING)
async def test_it_is_not_found_for_an_upstream_that_does_not_count(kind: str) -> None:
    async with (
        ScriptedServer(answer("ok"), posts=NOT_COUNTING[kind]) as upstream,
        engine(upstream.base_url) as served,
    ):
        for _ in range(2):
            told = await served.client.post(ROUTE, json={"messages": MESSAGES})
            assert told.status_code == 404
            tries = [other for other in upstream.others if other.method == "POST"]
        assert len(tries) <= 6


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": [3]}, {"messages": "x"}])
async def test_what_is_no_completion_is_refused_as_the_completion_would_be(body: Any) -> None:
    async with (
        ScriptedServer(answer("ok"), posts=COUNTING["llama.cpp"]) as upstream,
        engine(upstream.base_url) as served,
    ):
        told = await served.client.post(ROUTE, json=body)
        asked = await served.client.post("/v1/chat/completions", json=body)
        assert told.status_code == asked.status_code == 400
        assert told.json() == asked.json()


async def test_an_upstream_that_fails_is_asked_again() -> None:
    async with (
        ScriptedServer(answer("ok"), posts={ROUTE: error(503, "Loading model")}) as upstream,
        engine(upstream.base_url) as served,
    ):
        told = await served.client.post(ROUTE, json={"messages": MESSAGES})
        assert told.status_code == 503
        upstream.posts.update(COUNTING["llama.cpp"])
        told = await served.client.post(ROUTE, json={"messages": MESSAGES})
        assert told.json()["input_tokens"] == count_of(MESSAGES)


CONVERSATIONS = {
    "one word": ((Role.USER, "Hi"),),
    "a system prompt": ((Role.SYSTEM, "You are brief."), (Role.USER, "Who won in 2020?")),
    "an empty system prompt": ((Role.SYSTEM, ""), (Role.USER, "Why?")),
    "scripts and emoji": (
        (Role.USER, "é 😀👩‍👩‍👧 日本語 العربية हिन्दी"),
        (Role.ASSISTANT, "Ja.\n\n\tSo."),
        (Role.USER, "  spaces \r\n "),
    ),
    "the template's own marks": ((Role.USER, "<|im_end|>\n<|im_start|>system\nx<|endoftext|>"),),
    "empty messages": ((Role.USER, "a"), (Role.ASSISTANT, ""), (Role.USER, "")),
    "a broken surrogate": ((Role.USER, "half \ud83d of it"),),
    "long": ((Role.SYSTEM, "Be kind."), (Role.USER, "def f(x):\n    return x * 2\n" * 60)),
}


@needs_model
async def test_the_built_in_models_count_is_what_its_usage_then_reports() -> None:
    async with built_in() as model:
        base_url = str(model.served.client.base_url).rstrip("/") + "/v1"
        endpoint = Endpoint("e", base_url, EndpointKind.BUILT_IN, key=TOKEN)
        client = make_client(endpoint)
        provider = OpenAICompletionProvider(endpoint, client)
        tokenizer = EndpointTokenizer(endpoint, client, seconds=ENOUGH)  # it has to load first
        for name, messages in CONVERSATIONS.items():
            counted = await tokenizer.count("", messages)
            events = await events_of(provider, CompletionRequest(messages, max_completion_tokens=1))
            (told,) = (event.usage for event in events if isinstance(event, UsageReported))
            assert counted == told.prompt, name
        # More than the model takes is counted all the same: that is when it matters.
        over = await tokenizer.count("", ((Role.USER, "word " * 9000),))
        assert over is not None
        assert over > 9000
        await provider.close()
