"""What every CompletionProvider does, whatever stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import pytest

from studybuddy.domain.endpoints import Model
from studybuddy.domain.events import StatusChanged, TextDelta, UsageReported
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionFinished, CompletionProvider, CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from tests.support.completions import QUESTION, events_of, failure_of, serving, text_of
from tests.support.scripted_provider import ScriptedProvider, says
from tests.support.wire import Hang, Reply, Stream, answer, chunk, error, model_list

USAGE = Usage(12, 34, cached=5, reasoning=7)


class Stage(Protocol):
    """Makes providers of one kind that behave in a certain way."""

    def answering(self, text: str) -> AbstractAsyncContextManager[CompletionProvider]:
        """One that says `text` and reports USAGE, and that lists the models m1 and m2."""
        ...

    def counting(self, tokens: int) -> AbstractAsyncContextManager[CompletionProvider]:
        """One with a tokenizer, which says of every request that it has so many tokens."""
        ...

    def failing(self) -> AbstractAsyncContextManager[CompletionProvider]:
        """One that is rate limited, in answers and in lists."""
        ...

    def stuck(self) -> AbstractAsyncContextManager[CompletionProvider]:
        """One that says “word ” and then nothing."""
        ...


class Wire:
    """The provider over HTTP, before a scripted server."""

    @asynccontextmanager
    async def answering(self, text: str) -> AsyncIterator[CompletionProvider]:
        async with serving(answer(text), models=model_list("m1", "m2")) as (_, provider):
            yield provider

    @asynccontextmanager
    async def counting(self, tokens: int) -> AsyncIterator[CompletionProvider]:
        told = Reply({"input_tokens": tokens})
        route = "/v1/chat/completions/input_tokens"
        async with serving(answer("ok"), posts={route: told}) as (_, provider):
            yield provider

    @asynccontextmanager
    async def failing(self) -> AsyncIterator[CompletionProvider]:
        slow_down = error(429, "slow down", headers={"retry-after": "3"})
        async with serving(slow_down, models=slow_down) as (_, provider):
            yield provider

    @asynccontextmanager
    async def stuck(self) -> AsyncIterator[CompletionProvider]:
        async with serving(Stream([chunk({"content": "word "}), Hang()])) as (_, provider):
            yield provider


class Fake:
    """The provider that tests of the core use."""

    @asynccontextmanager
    async def answering(self, text: str) -> AsyncIterator[CompletionProvider]:
        *words, end = says(text)
        models = (Model("m1"), Model("m2"))
        yield ScriptedProvider([*words, UsageReported(USAGE), end], models=models)

    @asynccontextmanager
    async def counting(self, tokens: int) -> AsyncIterator[CompletionProvider]:
        yield ScriptedProvider(says("ok"), counts=tokens)

    @asynccontextmanager
    async def failing(self) -> AsyncIterator[CompletionProvider]:
        problem = Problem(
            ProblemKind.RATE_LIMITED, "Slow down.", "Wait.", transient=True, retry_after=3.0
        )
        yield ScriptedProvider([problem], models=problem)

    @asynccontextmanager
    async def stuck(self) -> AsyncIterator[CompletionProvider]:
        yield ScriptedProvider([TextDelta("word "), asyncio.Event()])


@pytest.fixture(params=[Wire, Fake])
def stage(request: pytest.FixtureRequest) -> Stage:
    make: Callable[[], Stage] = request.param
    return make()


async def test_the_text_comes_whole_and_the_end_comes_last(stage: Stage) -> None:
    async with stage.answering("Why not?\n") as provider:
        events = await events_of(provider)
    assert text_of(events) == "Why not?\n"
    assert isinstance(events[-1], CompletionFinished)
    assert events[-1].finish_reason == "stop"
    assert events[-1].model
    assert sum(isinstance(event, CompletionFinished) for event in events) == 1


async def test_no_event_is_of_another_kind_and_no_text_is_empty(stage: Stage) -> None:
    async with stage.answering("a b c") as provider:
        for event in await events_of(provider):
            assert isinstance(event, StatusChanged | TextDelta | UsageReported | CompletionFinished)
            assert not isinstance(event, TextDelta) or event.text


async def test_usage_comes_before_the_end(stage: Stage) -> None:
    async with stage.answering("ok") as provider:
        events = await events_of(provider)
    assert events[-2] == UsageReported(USAGE)


async def test_it_answers_again_and_again(stage: Stage) -> None:
    async with stage.answering("ok") as provider:
        for _ in range(3):
            assert text_of(await events_of(provider)) == "ok"


async def test_two_answers_can_be_under_way_at_once(stage: Stage) -> None:
    async with stage.answering("same for all") as provider:
        answers = await asyncio.gather(*(events_of(provider) for _ in range(5)))
    assert {text_of(events) for events in answers} == {"same for all"}


async def test_a_failure_is_a_problem_with_what_to_do(stage: Stage) -> None:
    async with stage.failing() as provider:
        problem, events = await failure_of(provider)
        assert events == []
        assert problem.kind is ProblemKind.RATE_LIMITED
        assert problem.transient
        assert problem.retry_after == 3.0
        assert problem.sentence
        assert problem.advice
        with pytest.raises(StudyBuddyError):
            await provider.models()


async def test_nothing_is_asked_before_the_first_event_is_wanted(stage: Stage) -> None:
    async with stage.failing() as provider:
        events = provider.stream(QUESTION)
        await events.aclose()


async def test_an_answer_can_be_left_in_the_middle_and_another_one_asked(stage: Stage) -> None:
    async with stage.stuck() as provider:
        for _ in range(2):
            events = provider.stream(QUESTION)
            assert await anext(events) == TextDelta("word ")
            await events.aclose()


async def test_cancelling_ends_it(stage: Stage) -> None:
    begun = asyncio.Event()

    async def read(provider: CompletionProvider) -> None:
        async for _ in provider.stream(QUESTION):
            begun.set()

    async with stage.stuck() as provider, asyncio.timeout(5):
        reading = asyncio.create_task(read(provider))
        await begun.wait()
        reading.cancel()
        await asyncio.wait({reading})
        assert reading.cancelled()


async def test_a_request_is_counted_where_there_is_a_tokenizer(stage: Stage) -> None:
    async with stage.counting(1234) as provider:
        for _ in range(2):
            assert await provider.count(QUESTION) == 1234
        assert text_of(await events_of(provider)) == "ok"


async def test_a_request_that_can_not_be_counted_is_no_failure(stage: Stage) -> None:
    async with stage.answering("ok") as provider:
        assert await provider.count(QUESTION) is None
    async with stage.failing() as provider:
        assert await provider.count(QUESTION) is None


async def test_models_are_listed_in_order(stage: Stage) -> None:
    async with stage.answering("ok") as provider:
        assert [model.id for model in await provider.models()] == ["m1", "m2"]


async def test_it_names_its_endpoint_and_can_be_closed(stage: Stage) -> None:
    async with stage.answering("ok") as provider:
        assert provider.endpoint.model
        await events_of(provider, CompletionRequest(((Role.USER, "Why?"),), "another"))
        await provider.close()
