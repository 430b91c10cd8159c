from __future__ import annotations

import asyncio
import logging

import pytest

from studybuddy.domain.endpoints import EndpointKind, Model
from studybuddy.domain.events import ReasoningDelta, StatusChanged, TextDelta, UsageReported
from studybuddy.domain.messages import Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionFinished, CompletionRequest
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from tests.support.completions import QUESTION, events_of, failure_of, serving, text_of
from tests.support.wire import (
    DONE,
    USAGE,
    Answer,
    Cut,
    Drop,
    Event,
    Hang,
    Raw,
    Reply,
    Step,
    Stream,
    Wait,
    answer,
    chunk,
    error,
    model_list,
)

WORD = chunk({"content": "word"})
STOP = chunk({}, "stop")


async def test_the_answer_comes_as_text_usage_and_an_end() -> None:
    async with serving(answer("Because **so** it is 😀.\n")) as (_, provider):
        events = await events_of(provider)
    assert text_of(events) == "Because **so** it is 😀.\n"
    assert events[-2:] == [
        UsageReported(Usage(12, 34, cached=5, reasoning=7)),
        CompletionFinished("stop", "scripted-model"),
    ]


async def test_chunks_that_arrive_in_one_piece_are_one_delta() -> None:
    async with serving(answer("one two three four", together=True)) as (_, provider):
        events = await events_of(provider)
    assert events[0] == TextDelta("one two three four")


async def test_a_word_is_given_out_before_the_next_one_comes() -> None:
    gate = asyncio.Event()
    async with serving(Stream([WORD, Wait(gate), WORD, STOP, DONE])) as (_, provider):
        events = provider.stream(QUESTION)
        assert await anext(events) == TextDelta("word")
        gate.set()
        assert await anext(events) == TextDelta("word")
        assert isinstance(await anext(events), CompletionFinished)


async def test_the_request_holds_what_was_asked_and_asks_for_usage() -> None:
    async with serving(answer("ok"), kind=EndpointKind.OPENAI, key="sk-test") as (server, provider):
        await events_of(provider)
        await events_of(
            provider, CompletionRequest(QUESTION.messages, "other", max_completion_tokens=5)
        )
    assert server.requests[0].json == {
        "model": "scripted-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert server.requests[0].headers["authorization"] == "Bearer sk-test"
    assert server.requests[1].json["model"] == "other"
    assert server.requests[1].json["max_completion_tokens"] == 5
    assert "max_tokens" not in server.requests[1].json


@pytest.mark.parametrize("kind", [EndpointKind.LOCAL, EndpointKind.REMOTE])
async def test_other_servers_get_the_limit_under_both_its_names(kind: EndpointKind) -> None:
    async with serving(answer("ok"), kind=kind) as (server, provider):
        await events_of(provider, CompletionRequest(QUESTION.messages, max_completion_tokens=5))
    sent = server.requests[0].json
    assert (sent["max_tokens"], sent["max_completion_tokens"]) == (5, 5)


async def test_credentials_in_the_environment_are_told_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "secret")
    async with serving(answer("ok")) as (server, provider):
        await events_of(provider)
        await provider.models()
    for request in (*server.requests, *server.others):
        assert "secret" not in str(request.headers)
        assert "authorization" not in request.headers


async def test_local_servers_are_reached_without_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serving(answer("ok")) as (_, provider):
        assert text_of(await events_of(provider)) == "ok"


async def test_text_that_utf8_can_not_carry_is_sent_all_the_same() -> None:
    async with serving(answer("ok")) as (server, provider):
        await events_of(provider, CompletionRequest(((Role.USER, "half \ud83d é"),)))
    assert server.requests[0].json["messages"][0]["content"] == "half \ufffd é"


async def test_one_connection_serves_many_turns() -> None:
    async with serving(answer("ok")) as (server, provider):
        for _ in range(3):
            await events_of(provider)
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("refusal", "left_out", "kept"),
    [
        (error(400, "Unrecognized request argument supplied: stream_options"),
         "stream_options", "max_completion_tokens"),
        (Reply({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not"
                " permitted"}]}, 422), "stream_options", "max_completion_tokens"),
        (error(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
               " 'max_completion_tokens' instead."), "max_tokens", "max_completion_tokens"),
        (error(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not"
               " supported."), "max_tokens", "max_completion_tokens"),
        (error(400, "Unknown field: max_completion_tokens"), "max_completion_tokens",
         "max_tokens"),
    ],
)  # fmt: skip
async def test_a_field_that_the_server_refuses_is_left_out_from_then_on(
    refusal: Reply, left_out: str, kept: str
) -> None:
    request = CompletionRequest(QUESTION.messages, max_completion_tokens=5)
    async with serving(refusal, answer("ok")) as (server, provider):
        assert text_of(await events_of(provider, request)) == "ok"
        await events_of(provider, request)
    assert left_out in server.requests[0].json
    for later in server.requests[1:]:
        assert left_out not in later.json
        assert kept in later.json
    assert len(server.requests) == 3


async def test_a_refusal_that_goes_on_is_told_and_not_repeated_for_ever() -> None:
    async with serving(error(400, "stream_options and all else is unsupported")) as (server, p):
        problem, _ = await failure_of(p)
    assert problem.kind is ProblemKind.BAD_REQUEST
    assert len(server.requests) == 2


async def test_a_limit_that_is_too_large_is_an_overflow_and_not_a_refused_field() -> None:
    too_large = error(
        400,
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context"
        " length is 4096 tokens and invalid",
    )
    async with serving(too_large) as (server, provider):
        problem, _ = await failure_of(
            provider, CompletionRequest(QUESTION.messages, max_completion_tokens=5000)
        )
    assert problem.kind is ProblemKind.CONTEXT_OVERFLOW
    assert len(server.requests) == 1


async def test_without_a_model_the_first_one_listed_that_chats_is_asked() -> None:
    models = model_list("nomic-embed-text", "llama3.2", "other")
    async with serving(answer("ok"), model="", models=models) as (server, provider):
        await events_of(provider)
        await events_of(provider)
    assert [request.json["model"] for request in server.requests] == ["llama3.2"] * 2
    assert len(server.others) == 1


async def test_without_any_model_the_problem_says_how_to_get_one() -> None:
    async with serving(answer("ok"), model="", models=model_list()) as (_, provider):
        problem, _ = await failure_of(provider)
    assert problem.kind is ProblemKind.NO_MODEL
    assert "ollama pull" in problem.advice


@pytest.mark.parametrize(
    "script",
    [
        Stream([WORD, STOP, DONE]),
        Stream([WORD, STOP]),  # no [DONE]
        Stream([WORD, DONE]),  # no finish_reason
        Stream([Raw(b": keep-alive\n\n"), WORD, Raw(b": keep-alive\n\n"), STOP, DONE]),
        Stream([chunk({"content": None}), WORD, Event({"choices": []}), STOP, DONE]),
        Stream([WORD, chunk({}, "stop", usage={"prompt_tokens": None}), DONE]),
        Stream([Raw(b"data:" + WORD.encoded()[5:].strip() + b"\r\n\r\ndata: [DONE]\r\n\r\n")]),
        Stream([WORD, STOP, DONE], headers={}),
        Reply({"choices": [{"message": {"content": "word"}, "finish_reason": "stop"}]}),
    ],
)
async def test_careless_servers_are_understood(script: Answer) -> None:
    async with serving(script) as (_, provider):
        events = await events_of(provider)
    assert text_of(events) == "word"
    assert events[-1] == CompletionFinished("stop", "scripted-model")


async def test_usage_that_is_not_reported_is_not_made_up() -> None:
    async with serving(answer("ok", usage=None)) as (_, provider):
        events = await events_of(provider)
    assert not any(isinstance(event, UsageReported) for event in events)


async def test_the_length_limit_is_told_as_the_finish_reason() -> None:
    async with serving(answer("cut", finish="length")) as (_, provider):
        events = await events_of(provider)
    assert events[-1] == CompletionFinished("length", "scripted-model")


async def test_a_model_that_thinks_aloud_first_is_shown_as_thinking() -> None:
    thought = chunk({"reasoning_content": "hm"})
    async with serving(Stream([thought, thought, WORD, STOP, DONE])) as (_, provider):
        events = await events_of(provider)
    assert events[0] == StatusChanged(Phase.THINKING)
    *thoughts, word = events[1:-1]
    assert "".join(each.text for each in thoughts if isinstance(each, ReasoningDelta)) == "hmhm"
    assert word == TextDelta("word")


BROKEN_OFF: list[tuple[Answer, ProblemKind, str]] = [
    (Stream([WORD, Cut()]), ProblemKind.CUT_OFF, "word"),
    (Stream([WORD]), ProblemKind.CUT_OFF, "word"),
    (Stream([WORD, Event("{not json"), WORD]), ProblemKind.MALFORMED, "word"),
    (Stream([WORD, Event({"error": {"message": "out of memory", "code": 500}})]),
     ProblemKind.SERVER_ERROR, "word"),
    (Stream([Event({"message": "too long: context length exceeded"}, name="error")]),
     ProblemKind.CONTEXT_OVERFLOW, ""),
    (Stream([WORD, chunk({}, "content_filter"), DONE]), ProblemKind.CONTENT_FILTER, "word"),
    (Stream([WORD, chunk({}, "error"), DONE]), ProblemKind.SERVER_ERROR, "word"),
    (Stream([chunk({"role": "assistant"}), STOP, DONE]), ProblemKind.EMPTY, ""),
    (Stream([chunk({"reasoning": "hm"}), chunk({}, "length"), DONE]), ProblemKind.EMPTY, ""),
    (Stream([chunk({}, "tool_calls"), DONE]), ProblemKind.EMPTY, ""),
    (Stream([]), ProblemKind.EMPTY, ""),
    (Stream([Cut()]), ProblemKind.NO_CONNECTION, ""),
    (Drop(), ProblemKind.NO_CONNECTION, ""),
    (Reply("<html><body>Log in to the campus network</body></html>"), ProblemKind.MALFORMED, ""),
    (Reply({"hello": "world"}), ProblemKind.EMPTY, ""),
    (Reply("<html>Bad gateway</html>", 502), ProblemKind.SERVER_ERROR, ""),
    (Stream([Raw(b"\x1f\x8b broken")], headers={"content-encoding": "gzip"}),
     ProblemKind.MALFORMED, ""),
]  # fmt: skip


@pytest.mark.parametrize(("script", "kind", "text"), BROKEN_OFF)
async def test_an_answer_that_goes_wrong_keeps_its_text_and_tells_its_problem(
    script: Answer, kind: ProblemKind, text: str
) -> None:
    async with serving(script) as (_, provider):
        problem, events = await failure_of(provider)
    assert problem.kind is kind
    assert text_of(events) == text
    assert problem.sentence
    assert problem.advice


async def test_usage_is_told_even_where_the_answer_goes_wrong() -> None:
    filtered = Stream([WORD, chunk({}, "content_filter"), chunk(usage=USAGE), DONE])
    async with serving(filtered) as (_, provider):
        _, events = await failure_of(provider)
    assert isinstance(events[-1], UsageReported)


async def test_a_wait_that_the_server_asks_for_is_passed_on() -> None:
    slow = error(429, "Rate limit reached", headers={"retry-after": "7"})
    async with serving(slow) as (_, provider):
        problem, _ = await failure_of(provider)
    assert (problem.kind, problem.retry_after) == (ProblemKind.RATE_LIMITED, 7.0)


def reading(processed: int, total: int, cache: int = 0) -> Event:
    told = chunk({"role": "assistant", "content": None})
    told.data["prompt_progress"] = {
        "total": total,
        "cache": cache,
        "processed": processed,
        "time_ms": 1,
    }
    return told


@pytest.mark.parametrize("kind", [EndpointKind.LOCAL, EndpointKind.BUILT_IN])
async def test_how_far_a_long_prompt_is_read_is_told_until_words_come(kind: EndpointKind) -> None:
    gates = [asyncio.Event(), asyncio.Event(), asyncio.Event()]
    steps: list[Step] = [
        reading(0, 8000),
        Wait(gates[0]),
        reading(2400, 8000),
        Wait(gates[1]),
        reading(2400, 8000),
        Wait(gates[2]),
        WORD,
        STOP,
        DONE,
    ]
    async with serving(Stream(steps), kind=kind) as (server, provider):
        found = []
        async for event in provider.stream(QUESTION):
            found.append(event)
            for gate in gates[: len(found) + 1]:
                gate.set()
    assert server.requests[0].json["return_progress"] is True
    assert found[:3] == [
        StatusChanged(Phase.THINKING, "reading 0 of 8,000 tokens"),
        StatusChanged(Phase.THINKING, "reading 2,400 of 8,000 tokens"),
        TextDelta("word"),
    ]


@pytest.mark.parametrize(
    "report", [reading(0, 300), reading(7900, 8000, cache=7900), Event({"prompt_progress": "far"})]
)
async def test_a_prompt_that_is_soon_read_is_not_told_of(report: Event) -> None:
    async with serving(Stream([report, WORD, STOP, DONE])) as (_, provider):
        events = await events_of(provider)
    assert not [event for event in events if isinstance(event, StatusChanged)]
    assert text_of(events) == "word"


async def test_a_server_that_does_not_take_the_wish_for_progress_is_asked_without_it() -> None:
    refusal = error(422, "Extra inputs are not permitted: return_progress")
    async with serving(refusal, answer("ok"), answer("ok")) as (server, provider):
        assert text_of(await events_of(provider)) == "ok"
        await events_of(provider)
    assert ["return_progress" in request.json for request in server.requests] == [
        True,
        False,
        False,
    ]


async def test_other_servers_are_not_asked_for_progress() -> None:
    async with serving(answer("ok"), kind=EndpointKind.REMOTE) as (server, provider):
        await events_of(provider)
    assert "return_progress" not in server.requests[0].json


async def test_comments_before_the_answer_are_passed_over() -> None:
    stream = Stream([Raw(b":\n\n"), Raw(b": reading\n\n"), WORD, Raw(b":\n\n"), STOP, DONE])
    async with serving(stream) as (_, provider):
        events = await events_of(provider)
    assert events == [TextDelta("word"), CompletionFinished("stop", "scripted-model")]


async def test_a_server_that_falls_silent_is_given_up() -> None:
    async with serving(Stream([WORD, Hang()]), silence=0.05) as (_, provider):
        problem, events = await failure_of(provider)
    assert problem.kind is ProblemKind.TIMEOUT
    assert text_of(events) == "word"


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with serving(Stream([WORD, Hang()])) as (server, provider):
        events = provider.stream(QUESTION)
        await anext(events)
        await events.aclose()
        async with asyncio.timeout(5):
            await server.requests[0].client_left.wait()


@pytest.mark.parametrize("script", [Stream([WORD, Hang()]), Stream([Hang()])])
async def test_cancelling_the_reader_closes_the_connection(script: Stream) -> None:
    async with serving(script) as (server, provider):
        reading = asyncio.create_task(events_of(provider))
        async with asyncio.timeout(5):
            await server.arrived.wait()
            reading.cancel()
            await asyncio.wait({reading})
            await server.requests[0].client_left.wait()
        assert reading.cancelled()


async def test_one_attempt_is_made_and_no_more() -> None:
    async with serving(error(500, "boom")) as (server, provider):
        await failure_of(provider)
    assert len(server.requests) == 1


async def test_a_failure_shows_neither_key_nor_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    echo = error(400, "your key topsecretkey is fine but the request is not")
    async with serving(echo, key="topsecretkey") as (_, provider):
        with pytest.raises(StudyBuddyError) as raised:
            await events_of(provider)
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    assert "topsecretkey" not in str(raised.value)
    assert "topsecretkey" not in caplog.text


async def test_models_are_listed_in_the_servers_order_with_what_is_told_of_them() -> None:
    models = model_list("b", {"id": "a", "meta": {"n_ctx_train": 8192}})
    async with serving(answer("ok"), models=models) as (_, provider):
        assert await provider.models() == [Model("b", "tests"), Model("a", context_window=8192)]


async def test_only_openais_list_is_cleared_of_what_does_not_chat() -> None:
    models = model_list("whisper-1", "gpt-6-luna", "brand-new")
    async with serving(answer("ok"), models=models, kind=EndpointKind.OPENAI, key="k") as (_, p):
        assert [model.id for model in await p.models()] == ["gpt-6-luna", "brand-new"]
    async with serving(answer("ok"), models=models) as (_, p):
        assert len(await p.models()) == 3


@pytest.mark.parametrize(
    ("models", "kind"),
    [
        (error(401, "no"), ProblemKind.UNAUTHORIZED),
        (Reply("<html>hello</html>"), ProblemKind.MALFORMED),
        (Reply({"surprise": 1}), ProblemKind.MALFORMED),
        (Reply({"detail": "Not Found"}, 404), ProblemKind.NOT_FOUND),
    ],
)
async def test_a_list_that_can_not_be_had_is_a_problem(models: Reply, kind: ProblemKind) -> None:
    async with serving(answer("ok"), models=models) as (_, provider):
        with pytest.raises(StudyBuddyError) as raised:
            await provider.models()
    assert raised.value.problem.kind is kind
