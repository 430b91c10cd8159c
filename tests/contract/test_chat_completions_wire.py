"""What goes over the wire, against OpenAI's own OpenAPI documents."""

from __future__ import annotations

import pytest

from studybuddy.domain.accounts import Origin
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionRequest
from tests.support import openai_spec
from tests.support.completions import QUESTION, events_of, serving
from tests.support.scripted_server import paced_answer
from tests.support.wire import DONE, USAGE, Event, Reply, answer, chunk, error, model_list

pytestmark = pytest.mark.parametrize("document", openai_spec.available())

REQUESTS = [
    QUESTION,
    CompletionRequest(((Role.USER, "Why?"),), "another", max_completion_tokens=100),
    CompletionRequest(((Role.USER, "Why?"),), origin=Origin("a conversation")),
    CompletionRequest(
        ((Role.SYSTEM, ""), (Role.USER, "é😀"), (Role.ASSISTANT, "a"), (Role.USER, "b" * 10_000))
    ),
]


@pytest.mark.parametrize("kind", [EndpointKind.OPENAI, EndpointKind.LOCAL, EndpointKind.REMOTE])
async def test_each_request_is_one_that_openai_documents(document: str, kind: EndpointKind) -> None:
    async with serving(answer("ok"), kind=kind, key="k") as (server, provider):
        for request in REQUESTS:
            await events_of(provider, request)
        await provider.models()
    assert len(server.requests) == len(REQUESTS)
    for received in server.requests:
        sent = received.json
        openai_spec.check(document, "CreateChatCompletionRequest", sent)
        beyond = openai_spec.unknown_fields(document, "CreateChatCompletionRequest", sent)
        # llama.cpp's own; the others pass over it.
        assert set(beyond) == ({"return_progress"} if kind is EndpointKind.LOCAL else set())
        assert received.headers["content-type"] == "application/json"
    own = {"/api/ps", "/api/v0/models", "/props"}  # asked of servers that list no window
    beside = set() if kind is EndpointKind.OPENAI else own
    first, *more = [request.path for request in server.others]
    assert (first, set(more)) == ("/v1/models", beside)


async def test_each_count_is_asked_of_openai_as_it_documents_it(document: str) -> None:
    told = {"object": "response.input_tokens", "input_tokens": 11}
    openai_spec.check(document, "TokenCountsResource", told)
    posts = {"/v1/responses/input_tokens": Reply(told)}
    kind = EndpointKind.OPENAI
    async with serving(answer("ok"), kind=kind, key="k", posts=posts) as (server, provider):
        for request in REQUESTS:
            assert await provider.count(request) == 11
    assert server.requests == []
    for received in server.others:
        assert received.path == "/v1/responses/input_tokens"
        openai_spec.check(document, "TokenCountsBody", received.json)
        assert not openai_spec.unknown_fields(document, "TokenCountsBody", received.json)


def test_the_scripted_servers_chunks_are_as_openai_documents_them(document: str) -> None:
    chunks = [
        *answer("A whole answer, with usage.").steps,
        *answer("cut", finish="length", usage=None).steps,
        *paced_answer(20, 1000, "end").steps,
        chunk({"role": "assistant", "content": None}),
        chunk({}, "content_filter", usage=USAGE),
    ]
    for event in chunks:
        assert isinstance(event, Event)
        if event != DONE:
            openai_spec.check(document, "CreateChatCompletionStreamResponse", event.data)


def test_the_scripted_servers_lists_and_errors_are_as_openai_documents_them(document: str) -> None:
    openai_spec.check(document, "ListModelsResponse", model_list("a", "b").body)
    openai_spec.check(document, "ErrorResponse", error(400, "no", code="c", param="p").body)


def test_the_check_finds_what_is_wrong(document: str) -> None:
    good = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    openai_spec.check(document, "CreateChatCompletionRequest", good)
    for bad in (
        {"model": "m"},
        {**good, "messages": [{"role": "nobody", "content": "x"}]},
        {**good, "stream": "yes"},
        {**good, "stream_options": {"include_usage": 1}},
    ):
        with pytest.raises(AssertionError):
            openai_spec.check(document, "CreateChatCompletionRequest", bad)
    assert openai_spec.unknown_fields(
        document, "CreateChatCompletionRequest", {**good, "surprise": 1}
    ) == {"surprise"}
