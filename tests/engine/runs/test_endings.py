"""Runs that are cancelled, expire, or lose their thread."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from tests.engine.runs.scripted import (
    QUICK,
    FakeInterpreters,
    Host,
    ScriptedAsker,
    calls,
    host,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BRIEF = type(QUICK)(lifetime=1, journal=0.01)
WEATHER: Any = [{"type": "function", "function": {"name": "get_weather"}}]
CODE: Any = [{"type": "code_interpreter"}]


def never() -> asyncio.Event:
    return asyncio.Event()


async def cancel(served: Host, run: Any) -> Any:
    return await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


async def test_cancelling_stops_the_model_and_keeps_what_it_wrote() -> None:
    asker = ScriptedAsker(["Half ", "an", never()])
    async with host(asker) as served:
        run = await served.start()
        await until(lambda: served.has_begun(run))
        assert (await cancel(served, run)).status == "cancelling"
        run = await served.ended(run.thread_id, run.id)
        assert (run.status, run.cancelled_at is not None) == ("cancelled", True)
        assert asker.closed == 1
        answer = (await served.messages(run.thread_id))[-1]
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_cancelled")
        assert answer.content[0].text.value == "Half an"
        (step,) = await served.steps(run)
        assert (step.status, step.cancelled_at is not None) == ("cancelled", True)
        assert not served.runs.busy()


async def test_a_run_that_waits_can_be_cancelled() -> None:
    async with host(ScriptedAsker(calls(("get_weather", "{}")))) as served:
        run = await served.run(tools=WEATHER)
        await cancel(served, run)
        run = await served.ended(run.thread_id, run.id, parked=False)
        assert (run.status, run.required_action) == ("cancelled", None)
        (step,) = await served.steps(run)
        assert (step.status, step.usage.total_tokens) == ("cancelled", 15)


async def test_a_run_whose_tool_is_at_work_can_be_cancelled() -> None:
    interpreters = FakeInterpreters(delay=never())
    asker = ScriptedAsker(calls(("code_interpreter", '{"code": "1"}')))
    async with host(asker, interpreters=interpreters) as served:
        run = await served.start(tools=CODE)

        async def is_at_work() -> bool:
            return bool(await served.steps(run))

        await until(is_at_work)
        await cancel(served, run)
        assert (await served.ended(run.thread_id, run.id)).status == "cancelled"
        assert [step.status for step in await served.steps(run)] == ["cancelled"]


async def test_a_run_that_is_over_can_not_be_cancelled() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.run()
        told = "Cannot cancel run with status 'completed'."
        with pytest.raises(openai.BadRequestError, match=told):
            await cancel(served, run)


async def test_cancelling_twice_is_told() -> None:
    async with host(ScriptedAsker([never()])) as served:
        run = await served.start()
        outcomes = await asyncio.gather(
            *(cancel(served, run) for _ in range(3)), return_exceptions=True
        )
        assert sum(isinstance(o, openai.BadRequestError) for o in outcomes) == 2
        assert (await served.ended(run.thread_id, run.id)).status == "cancelled"


async def test_a_run_expires_in_the_middle_of_its_answer() -> None:
    asker = ScriptedAsker(["Half an", never()])
    async with host(asker, limits=BRIEF) as served:
        run = await served.run()
        assert (run.status, run.expires_at) == ("expired", run.created_at + 1)
        assert asker.closed == 1
        answer = (await served.messages(run.thread_id))[-1]
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_expired")
        (step,) = await served.steps(run)
        assert (step.status, step.expired_at is not None) == ("expired", True)


async def test_a_run_that_waits_for_outputs_expires() -> None:
    async with host(ScriptedAsker(calls(("get_weather", "{}"))), limits=BRIEF) as served:
        run = await served.run(tools=WEATHER)
        run = await served.ended(run.thread_id, run.id, parked=False)
        assert (run.status, run.required_action) == ("expired", None)
        told = 'Runs in status "expired" do not accept tool outputs.'
        with pytest.raises(openai.BadRequestError, match=told):
            await served.api.beta.threads.runs.submit_tool_outputs(
                run.id,
                thread_id=run.thread_id,
                tool_outputs=[{"tool_call_id": "call_0", "output": "x"}],
            )


async def test_deleting_a_thread_ends_what_works_on_it() -> None:
    asker = ScriptedAsker(["Half an", never()])
    async with host(asker) as served:
        run = await served.start()
        await until(lambda: served.has_begun(run))
        await served.api.beta.threads.delete(run.thread_id)
        assert asker.closed == 1
        assert not served.runs.busy()
        with pytest.raises(openai.NotFoundError):
            await served.api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


async def test_two_runs_started_at_once_on_a_thread_are_one() -> None:
    async with host(ScriptedAsker([never()])) as served:
        thread_id, assistant = await served.thread(), await served.assistant()
        outcomes = await asyncio.gather(
            *(served.start(thread_id, assistant=assistant) for _ in range(8)),
            return_exceptions=True,
        )
        assert sum(isinstance(o, openai.BadRequestError) for o in outcomes) == 7
        assert len((await served.api.beta.threads.runs.list(thread_id)).data) == 1


async def test_cancelling_races_with_the_end_without_harm() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        assistant = await served.assistant()
        for _ in range(15):
            run = await served.start(assistant=assistant)
            outcome = (await asyncio.gather(cancel(served, run), return_exceptions=True))[0]
            ended = await served.ended(run.thread_id, run.id)
            late = isinstance(outcome, openai.BadRequestError)
            assert ended.status == ("completed" if late else "cancelled")
            assert all(m.status != "in_progress" for m in await served.messages(run.thread_id))
            assert all(s.status != "in_progress" for s in await served.steps(run))
