"""Upstreams that refuse, break off, or come back."""

from __future__ import annotations

import asyncio
import logging

import pytest

from studybuddy.engine.errors import ApiError, not_ready, overflow
from studybuddy.engine.upstream.problems import BROKE_OFF, UNREACHABLE
from tests.engine.runs.scripted import ScriptedAsker, calls, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BUSY = ApiError(429, "Too many requests.", code="rate_limit_exceeded")
DOWN = ApiError(503, "The server is overloaded.", "server_error")
OFF = ApiError(502, "The server can't be reached.", "server_error", UNREACHABLE)
CUT = ApiError(502, "The model's server broke off the connection.", "server_error", BROKE_OFF)


@pytest.mark.parametrize("error", [BUSY, DOWN, CUT, not_ready("Loading.", "model_loading")])
async def test_what_may_pass_is_tried_again(error: ApiError) -> None:
    error.headers = {"Retry-After": "0"}
    asker = ScriptedAsker([error], [error], says("Yes."))
    async with host(asker) as served:
        run = await served.run()
        assert run.status == "completed"
        assert len(asker.asks) == 3
        assert len(await served.steps(run)) == 1


@pytest.mark.parametrize(
    ("error", "code", "asked"),
    [
        (BUSY, "rate_limit_exceeded", 5),
        (ApiError(429, "No money.", code="insufficient_quota"), "rate_limit_exceeded", 1),
        (DOWN, "server_error", 5),
        (OFF, "server_error", 3),
        (ApiError(401, "The model's server refused the key: no."), "server_error", 1),
        (ApiError(404, "The model 'x' does not exist."), "server_error", 1),
        (ApiError(400, "Your picture is no picture."), "invalid_prompt", 1),
        (overflow(900, 500), "invalid_prompt", 1),
    ],
)
async def test_what_does_not_pass_fails_the_run_with_a_code_and_a_sentence(
    error: ApiError, code: str, asked: int
) -> None:
    asker = ScriptedAsker([error])
    async with host(asker) as served:
        run = await served.run()
        assert (run.status, run.last_error.code) == ("failed", code)
        assert run.last_error.message.startswith(error.message)
        assert run.failed_at
        assert len(asker.asks) == asked
        assert await served.steps(run) == []
        assert (await served.run(run.thread_id)).status == "failed"  # the thread is free again


async def test_an_answer_that_is_cut_off_stays_as_an_incomplete_message() -> None:
    asker = ScriptedAsker(["Half ", "an", CUT])
    async with host(asker) as served:
        run = await served.run()
        assert (run.status, run.last_error.code) == ("failed", "server_error")
        assert len(asker.asks) == 1
        answer = (await served.messages(run.thread_id))[-1]
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_failed")
        assert answer.content[0].text.value == "Half an"
        (step,) = await served.steps(run)
        assert (step.status, step.last_error.message) == ("failed", CUT.message)


async def test_an_answer_without_an_end_fails_the_run() -> None:
    async with host(ScriptedAsker(["Half an"])) as served:
        run = await served.run()
        assert run.status == "failed"
        assert "broke off" in run.last_error.message


async def test_a_failure_after_tools_keeps_what_they_did() -> None:
    asker = ScriptedAsker(calls(("code_interpreter", '{"code": "1"}')), [DOWN])
    async with host(asker) as served:
        run = await served.run(tools=[{"type": "code_interpreter"}])
        assert run.status == "failed"
        assert run.usage.total_tokens == 15
        (step,) = await served.steps(run)
        assert step.status == "completed"


async def test_a_fault_of_the_engine_fails_the_run_without_telling_its_insides(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with host(ScriptedAsker([ZeroDivisionError("inside")])) as served:
        with caplog.at_level(logging.ERROR):
            run = await served.run()
        assert run.status == "failed"
        assert "inside" not in run.last_error.message
        assert "inside" in caplog.text


async def test_an_upstream_that_is_not_known_is_refused_when_the_run_is_created() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        thread_id, assistant_id = await served.thread(), await served.assistant()
        response = await served.client.post(
            f"/v1/threads/{thread_id}/runs",
            json={"assistant_id": assistant_id},
            headers={"StudyBuddy-Upstream": "nowhere"},
        )
        assert response.status_code == 400
        assert "No upstream is registered as 'nowhere'" in response.json()["error"]["message"]


async def test_waiting_for_the_next_try_ends_with_the_run() -> None:
    slow = ApiError(429, "Slow down.", headers={"Retry-After": "60"})
    asker = ScriptedAsker([slow])
    async with host(asker) as served:
        run = await served.start()
        await asyncio.wait_for(asker.arrived.wait(), 20)
        await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        assert (await served.ended(run.thread_id, run.id)).status == "cancelled"
