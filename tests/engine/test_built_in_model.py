"""The real built-in model: it answers, stops, crashes and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from studybuddy.engine.assembly import make_built_in, make_context
from studybuddy.engine.context import EngineContext
from studybuddy.engine.model.process import ModelProcess
from studybuddy.engine.private_files import read_engine_file
from studybuddy.engine.serve import ServeOptions
from tests.engine.built_in import is_gone, native_child, needs_model, until
from tests.engine.engines import ENOUGH, TOKEN, Engine, events_in, listening_engine, text_of

pytestmark = needs_model

LONG = {"max_tokens": 2000, "ignore_eos": True}
"""Has the model write to a limit that no test waits for."""


@dataclass(frozen=True)
class BuiltIn:
    served: Engine
    process: ModelProcess

    async def is_idle(self) -> bool:
        """Whether the model works on nothing, by llama.cpp's own account."""
        return not any(slot["is_processing"] for slot in await self.slots())

    async def slots(self) -> list[dict[str, Any]]:
        """What llama.cpp says of the requests it works on, or worked on last."""
        address = await self.process.address()
        async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
            response = await client.get(
                f"http://127.0.0.1:{address.port}/slots",
                headers={"Authorization": f"Bearer {address.key}"},
            )
        found: list[dict[str, Any]] = response.json()
        return found


@asynccontextmanager
async def built_in() -> AsyncIterator[BuiltIn]:
    options = ServeOptions("127.0.0.1", 0, TOKEN, token_is_random=False)
    parts = make_built_in(options)
    assert parts is not None
    context: EngineContext = make_context(options, parts)
    async with listening_engine(context.upstream) as served:
        yield BuiltIn(served, parts.process)


async def test_it_answers_whole_and_streamed_with_usage_and_tells_tokens() -> None:
    async with built_in() as model:
        served = model.served
        whole = (await served.chat(max_tokens=12, seed=1)).json()
        assert whole["model"] == "smollm2-135m-instruct"
        assert whole["usage"]["completion_tokens"] == 12
        assert whole["choices"][0]["finish_reason"] == "length"
        assert len(whole["choices"][0]["message"]["content"]) > 12

        events = await served.events(max_tokens=12, stream_options={"include_usage": True})
        assert len(text_of(events)) > 12
        assert events[-2]["usage"]["completion_tokens"] == 12
        assert events[-1] == "[DONE]"
        assert not any("prompt_progress" in event for event in events[:-1])

        tokens = (await served.client.post("/v1/tokenize", json={"content": "Hello"})).json()
        assert tokens["tokens"]
        assert all(isinstance(token, int) for token in tokens["tokens"])


async def test_its_answer_keeps_to_a_json_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    async with built_in() as model:
        whole = (await model.served.chat(response_format=form)).json()
        assert isinstance(json.loads(whole["choices"][0]["message"]["content"])["city"], str)


async def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers() -> None:
    messages = [{"role": "user", "content": "hello there " * 9000}]
    async with built_in() as model:
        for stream in (False, True):
            response = await model.served.chat(messages=messages, stream=stream)
            assert response.status_code == 400
            error = response.json()["error"]
            assert error["code"] == "context_length_exceeded"
            assert error["n_ctx"] == 8192
            assert error["n_prompt_tokens"] > 18000


async def test_leaving_stops_the_model() -> None:
    async with built_in() as model:
        client = model.served.client
        body = {"messages": [{"role": "user", "content": "Tell me a story."}], **LONG}
        streamed = {**body, "stream": True}
        async with client.stream("POST", "/v1/chat/completions", json=streamed) as response:
            async for line in response.aiter_lines():
                if '"content":"' in line:
                    assert await busy(model)
                    break  # which closes the connection
        await until(model.is_idle)

        whole = asyncio.create_task(client.post("/v1/chat/completions", json=body))
        await until(lambda: busy(model))
        whole.cancel()
        await until(model.is_idle)


async def busy(model: BuiltIn) -> bool:
    return not await model.is_idle()


async def test_leaving_while_it_reads_a_long_prompt_stops_it_long_before_the_end() -> None:
    messages = [{"role": "user", "content": "The cell divides. " * 1900}]
    async with built_in() as model:
        asking = asyncio.create_task(model.served.chat(messages=messages, max_tokens=1))
        await until(lambda: busy(model))
        asking.cancel()
        await until(model.is_idle)
        read = max(slot.get("n_prompt_tokens", 0) for slot in await model.slots())
        assert 0 < read < 4000  # of 7,600


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_killed_in_the_middle_of_an_answer_it_says_so_and_comes_back() -> None:
    async with built_in() as model:
        await model.process.address()
        body = {"messages": [{"role": "user", "content": "Tell me a story."}], **LONG}
        lines: list[str] = []
        async with model.served.client.stream(
            "POST", "/v1/chat/completions", json={**body, "stream": True}
        ) as response:
            async for line in response.aiter_lines():
                lines.append(line)
                if '"content":"' in line and model.process.pid is not None:
                    os.kill(model.process.pid, signal.SIGKILL)
        assert events_in("\n".join(lines))[-1]["error"]["code"] == "model_crashed"
        assert (await model.served.chat(max_tokens=3)).status_code == 200


async def test_a_file_that_only_looks_like_a_model_fails_with_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "broken-model.gguf"
    wrong.write_bytes(b"GGUF" + bytes(5000))
    options = ServeOptions("127.0.0.1", 0, TOKEN, token_is_random=False, model_file=wrong)
    parts = make_built_in(options)
    assert parts is not None
    async with listening_engine(make_context(options, parts).upstream) as served:
        response = await served.chat()
        assert response.status_code == 500
        assert response.json()["error"]["code"] == "model_failed"
        assert "broken-model.gguf can't be loaded" in response.json()["error"]["message"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("when", ["it loads", "it is ready"])
async def test_it_does_not_outlive_an_engine_that_is_killed_while(
    when: str, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "studybuddy", "serve", "--port=0"]
    command += [f"--ready-file={ready}", f"--data-dir={tmp_path / 'data'}"]
    null = asyncio.subprocess.DEVNULL
    engine = await asyncio.create_subprocess_exec(*command, stdin=null, stdout=null, stderr=null)
    try:
        await until(lambda: native_child(engine.pid) is not None)
        child = native_child(engine.pid)
        assert child is not None
        if when == "it is ready":
            await until(lambda: is_ready(ready))
        else:
            await until(lambda: has_mapped_the_weights(child))
    finally:
        engine.kill()
        await engine.wait()
    await until(lambda: is_gone(child))


async def is_ready(ready: Path) -> bool:
    file = read_engine_file(ready)
    if file is None:
        return False
    async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=ENOUGH) as client:
        health = await client.get(f"http://127.0.0.1:{file.port}/health")
    found: bool = health.json()["model"]["state"] == "ready"
    return found


def has_mapped_the_weights(child: psutil.Process) -> bool:
    """Whether it is in the middle of loading, when Python's threads stand still."""
    if not sys.platform.startswith("linux"):
        return True
    return ".gguf" in Path(f"/proc/{child.pid}/maps").read_text()
