"""Runs over an upstream that is a server, with all of the engine's own parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from tests.engine.engines import ENOUGH, TOKEN, Engine, listening_engine
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, USAGE, Answer, Cut, Stream, answer, calls, error, text_steps

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]


@asynccontextmanager
async def serving(
    *script: Answer, strict: bool = False
) -> AsyncIterator[tuple[Any, ScriptedServer, Engine]]:
    """OpenAI's client of an engine over a scripted server."""
    async with (
        ScriptedServer(*script) as upstream,
        listening_engine(upstream.base_url, strict=strict) as engine,
    ):
        base_url = f"{engine.base_url}/v1"
        transport = httpx2.AsyncHTTPTransport(verify=False)
        async with httpx2.AsyncClient(transport=transport, timeout=ENOUGH) as client:
            api = AsyncOpenAI(api_key=TOKEN, base_url=base_url, http_client=client, max_retries=0)
            yield api.beta, upstream, engine


async def ask(beta: Any, model: str = MODEL, **fields: Any) -> Any:
    """A run that has come to its end."""
    assistant = await beta.assistants.create(model=model)
    thread = await beta.threads.create(messages=[{"role": "user", "content": "What is a cell?"}])
    return await beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=10, **fields
    )


async def answer_of(beta: Any, run: Any) -> Any:
    """The newest message."""
    return (await beta.threads.messages.list(run.thread_id)).data[0]


async def test_an_answer_and_its_usage_come_from_the_upstream() -> None:
    async with serving(answer("A cell is small.")) as (beta, upstream, _):
        run = await ask(beta)
        assert run.status == "completed"
        assert (await answer_of(beta, run)).content[0].text.value == "A cell is small."
        assert run.usage.total_tokens == USAGE["total_tokens"]
        assert upstream.requests[0].json["model"] == MODEL


async def test_code_is_run_in_the_engines_own_sandbox_which_keeps_its_state() -> None:
    script = [
        calls(("code_interpreter", {"code": "x = 6 * 7"})),
        calls(("code_interpreter", {"code": "print(x)"})),
        answer("It is 42."),
    ]
    async with serving(*script) as (beta, upstream, _):
        run = await ask(beta, tools=CODE)
        assert run.status == "completed", run.last_error
        outputs = [
            m["content"] for m in upstream.requests[2].json["messages"] if m["role"] == "tool"
        ]
        assert outputs[1].strip() == "42"


async def test_an_upstream_that_is_busy_is_asked_again() -> None:
    busy = error(429, "Too many requests.", headers={"retry-after-ms": "1"})
    async with serving(busy, busy, answer("Yes.")) as (beta, upstream, _):
        assert (await ask(beta)).status == "completed"
        assert len(upstream.requests) == 3


async def test_an_answer_cut_off_in_the_middle_fails_the_run_and_is_kept() -> None:
    async with serving(Stream([*text_steps("Half an answer"), Cut()])) as (beta, upstream, _):
        run = await ask(beta)
        assert (run.status, run.last_error.code) == ("failed", "server_error")
        assert "broke off" in run.last_error.message
        message = await answer_of(beta, run)
        assert (message.status, message.content[0].text.value) == ("incomplete", "Half an answer")
        assert len(upstream.requests) == 1


async def test_a_model_the_upstream_does_not_have_is_answered_for_and_its_name_kept() -> None:
    async with serving(answer("Yes.")) as (beta, upstream, _):
        run = await ask(beta, "gpt-4-1106-preview")
        assert (run.status, run.model) == ("completed", "gpt-4-1106-preview")
        assert upstream.requests[0].json["model"] == MODEL


async def test_a_strict_engine_refuses_models_that_are_not_there() -> None:
    async with serving(answer("Yes."), strict=True) as (beta, upstream, _):
        assert (await ask(beta)).status == "completed"
        with pytest.raises(openai.NotFoundError, match="gpt-4-1106-preview"):
            await ask(beta, run_model := "gpt-4-1106-preview")
        with pytest.raises(openai.NotFoundError, match=run_model):
            await ask(beta, extra_body={"model": run_model})
        assert len(upstream.requests) == 1


async def test_a_run_is_answered_by_the_upstream_it_names() -> None:
    async with (
        ScriptedServer(answer("From elsewhere.")) as elsewhere,
        serving(answer("From here.")) as (beta, upstream, engine),
    ):
        await engine.context.upstreams.register("else where", elsewhere.base_url)
        headers = {"StudyBuddy-Upstream": "else%20where"}
        run = await ask(beta, extra_headers=headers)
        assert (await answer_of(beta, run)).content[0].text.value == "From elsewhere."
        assert not upstream.requests
