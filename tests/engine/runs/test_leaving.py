"""Runs whose client reads slowly, or is gone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Reply
from studybuddy.engine.private_files import read_engine_file
from tests.engine.engines import ENOUGH
from tests.engine.runs.scripted import QUICK, ScriptedAsker, calls, host, says, until
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import DONE, MODEL, Stream, Wait, chunk, text_steps

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WEATHER: Any = [{"type": "function", "function": {"name": "get_weather"}}]


async def test_a_reader_that_does_not_read_does_not_hold_up_the_run() -> None:
    pieces = ["word " * 200] * 3000
    asker = ScriptedAsker([*pieces, Reply("".join(pieces), (), "stop", Usage(1, 1))])
    async with host(asker, limits=replace(QUICK, journal=1.0)) as served:
        thread_id = await served.thread()
        body = {"assistant_id": await served.assistant(), "stream": True}
        url = f"/v1/threads/{thread_id}/runs"
        async with served.client.stream("POST", url, json=body) as response:
            (run,) = (await served.api.beta.threads.runs.list(thread_id)).data
            assert (await served.ended(thread_id, run.id)).status == "completed"
            read = await response.aread()
        assert read.endswith(b"event: done\ndata: [DONE]\n\n")
        assert read.count(b"event: thread.message.delta") < 1500  # the others waited as one


async def test_submitting_races_with_cancelling_without_harm() -> None:
    asker = ScriptedAsker(*[calls(("get_weather", "{}")), says("Sunny.")] * 20)
    async with host(asker) as served:
        assistant = await served.assistant()
        runs = served.api.beta.threads.runs
        for number in range(10):
            asker.asks.clear()
            run = await served.run(assistant=assistant, tools=WEATHER)
            (call,) = run.required_action.submit_tool_outputs.tool_calls
            output: Any = {"tool_call_id": call.id, "output": "sun"}
            race = [
                runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[output]),
                runs.cancel(run.id, thread_id=run.thread_id),
            ]
            outcomes = await asyncio.gather(
                *race[:: 1 if number % 2 else -1], return_exceptions=True
            )
            failed = [o for o in outcomes if isinstance(o, BaseException)]
            assert all(isinstance(o, openai.BadRequestError) for o in failed)
            run = await served.ended(run.thread_id, run.id, parked=False)
            assert run.status in ("completed", "cancelled")
            assert all(s.status != "in_progress" for s in await served.steps(run))
            assert all(m.status != "in_progress" for m in await served.messages(run.thread_id))


@pytest.mark.skipif(sys.platform == "win32", reason="the engine's manners as a child of a shell")
async def test_an_engine_whose_app_is_gone_finishes_its_run_before_it_ends(tmp_path: Path) -> None:
    gate = asyncio.Event()
    steps = [*text_steps("A whole "), Wait(gate), *text_steps("answer."), chunk({}, "stop"), DONE]
    (tmp_path / "instances").mkdir()
    ready, data = tmp_path / "ready.json", tmp_path / "data"
    command = (sys.executable, "-m", "studybuddy", "serve", "--port=0", f"--data-dir={data}")
    grace = 0.3
    companion = ("--companion", f"--instances-dir={tmp_path / 'instances'}", f"--grace={grace}")
    async with ScriptedServer(Stream(steps)) as upstream:

        async def start() -> asyncio.subprocess.Process:
            ready.unlink(missing_ok=True)
            return await asyncio.create_subprocess_exec(
                *(*command, *companion, f"--ready-file={ready}"),
                *("--upstream", upstream.base_url),
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )

        process = await start()
        try:
            api = await client_of(ready)
            assistant = await api.beta.assistants.create(model=MODEL)
            run = await api.beta.threads.create_and_run(
                assistant_id=assistant.id,
                thread={"messages": [{"role": "user", "content": "What is a cell?"}]},
            )
            await asyncio.wait_for(upstream.arrived.wait(), ENOUGH)
            await api.close()
            assert process.stdin is not None
            process.stdin.close()  # the app is gone, and there is no other
            with pytest.raises(TimeoutError):  # longer than it waits where nothing is at work
                await asyncio.wait_for(process.wait(), 4 * grace)
            gate.set()
            assert await asyncio.wait_for(process.wait(), ENOUGH) == 0
            process = await start()
            api = await client_of(ready)
            run = await api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
            assert run.status == "completed"
            await api.close()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def client_of(ready: Path) -> AsyncOpenAI:
    """OpenAI's client of an engine that is starting."""

    async def is_ready() -> bool:
        return read_engine_file(ready) is not None

    await until(is_ready)
    file = read_engine_file(ready)
    assert file is not None
    transport = httpx2.AsyncHTTPTransport(verify=False)
    return AsyncOpenAI(
        api_key=file.token,
        base_url=file.base_url,
        http_client=httpx2.AsyncClient(transport=transport, timeout=ENOUGH),
    )
