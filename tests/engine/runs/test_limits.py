"""Limits of tokens that a run is made with, and what it tells of its usage at every end."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.errors import ApiError
from tests.engine.runs.scripted import (
    QUICK,
    ScriptedAsker,
    calls,
    host,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]
WEATHER: Any = [{"type": "function", "function": {"name": "get_weather"}}]
ADD = ("code_interpreter", '{"code": "1 + 1"}')
LENIENT = {"Prefer": "wait=1, handling=lenient"}
BRIEF = type(QUICK)(lifetime=1, journal=0.01)


def usage_of(told: Any) -> tuple[int, int] | None:
    return (told.usage.prompt_tokens, told.usage.completion_tokens) if told.usage else None


@pytest.mark.parametrize("limit", [0, 1, 255])
async def test_a_limit_below_the_apis_least_is_refused_to_all_but_those_who_ask(limit: int) -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        with pytest.raises(openai.BadRequestError, match="below minimum"):
            await served.run(max_completion_tokens=limit)
        if limit:
            run = await served.run(max_completion_tokens=limit, extra_headers=LENIENT)
            assert run.max_completion_tokens == limit
            assert [ask.max_completion_tokens for ask in asker.asks] == [limit]
        else:
            with pytest.raises(openai.BadRequestError, match="below minimum"):
                await served.run(max_completion_tokens=limit, extra_headers=LENIENT)


async def test_a_model_that_heeds_no_limit_ends_its_run_incomplete() -> None:
    asker = ScriptedAsker(says("A long answer.", usage=Usage(10, 400)))
    async with host(asker) as served:
        run = await served.run(max_completion_tokens=300)
        assert (run.status, run.incomplete_details.reason) == (
            "incomplete",
            "max_completion_tokens",
        )
        assert usage_of(run) == (10, 400)


async def test_nothing_more_is_asked_where_rounds_have_used_the_limit_up() -> None:
    asker = ScriptedAsker(calls(ADD, usage=Usage(10, 300)))
    async with host(asker) as served:
        run = await served.run(tools=CODE, max_completion_tokens=300)
        assert run.status == "incomplete"
        assert len(asker.asks) == 1
        assert usage_of(run) == (10, 300)


async def test_each_round_tells_its_usage_when_it_is_done_streamed_and_polled() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker(
        calls(ADD, usage=Usage(10, 5)), calls(ADD, usage=Usage(20, 7)), [gate, *says("Two.")]
    )
    async with host(asker) as served:
        assistant = await served.assistant(tools=CODE)
        thread_id = await served.thread()
        runs = served.api.beta.threads.runs
        told: list[tuple[int, int] | None] = []
        async with await runs.create(thread_id, assistant_id=assistant, stream=True) as events:
            async for event in events:
                if event.event == "thread.run.in_progress":
                    assert event.data.usage is None
                if event.event == "thread.run.step.completed":
                    told.append(usage_of(event.data))
                if len(told) == 2 and not gate.is_set():
                    run_id = event.data.run_id  # type: ignore[union-attr]
                    run = await runs.retrieve(run_id, thread_id=thread_id)
                    assert (run.status, run.usage) == ("in_progress", None)
                    polled = await served.steps(run)
                    assert [usage_of(step) for step in polled[:2]] == [(10, 5), (20, 7)]
                    gate.set()
                if event.event == "thread.run.completed":
                    assert usage_of(event.data) == (40, 17)
        assert told == [(10, 5), (20, 7), (10, 5)]


async def test_a_cancelled_run_tells_what_its_rounds_used() -> None:
    asker = ScriptedAsker(calls(ADD, usage=Usage(10, 5)), ["Half ", asyncio.Event()])
    async with host(asker) as served:
        run = await served.start(tools=CODE)
        await until(lambda: asker.has_been_asked(2))
        await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        run = await served.ended(run.thread_id, run.id)
        assert (run.status, usage_of(run)) == ("cancelled", (10, 5))
        assert sum_of(await served.steps(run)) == (10, 5)


async def test_a_failed_run_tells_what_its_rounds_used() -> None:
    broken = ApiError(400, "No.", "invalid_request_error")
    asker = ScriptedAsker(calls(ADD, usage=Usage(10, 5)), [broken])
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        assert (run.status, usage_of(run)) == ("failed", (10, 5))


async def test_an_expired_run_tells_what_its_rounds_used() -> None:
    asker = ScriptedAsker(calls(ADD, usage=Usage(10, 5)), ["Half ", asyncio.Event()])
    async with host(asker, limits=BRIEF) as served:
        run = await served.run(tools=CODE)
        assert (run.status, usage_of(run)) == ("expired", (10, 5))


async def test_a_run_that_waits_and_is_cancelled_tells_what_asking_used() -> None:
    async with host(ScriptedAsker(calls(("get_weather", "{}"), usage=Usage(30, 9)))) as served:
        run = await served.run(tools=WEATHER)
        assert (run.status, run.usage) == ("requires_action", None)
        await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        run = await served.ended(run.thread_id, run.id, parked=False)
        assert (run.status, usage_of(run)) == ("cancelled", (30, 9))


def sum_of(steps: Any) -> tuple[int, int]:
    found = [usage_of(step) or (0, 0) for step in steps]
    return sum(prompt for prompt, _ in found), sum(completion for _, completion in found)
