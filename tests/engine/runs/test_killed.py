"""Runs of an engine that is killed, and of one that is told to end: real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from openai import AsyncOpenAI

from studybuddy.engine.private_files import read_engine_file
from tests.engine.engines import ENOUGH
from tests.engine.runs.scripted import until
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Answer, Hang, Stream, answer, calls, text_steps

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(os.name != "posix", reason="signals"),
]

TOOLS: Any = [
    {"type": "code_interpreter"},
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    },
]
WEATHER = calls(("get_weather", {"city": "Paris"}))
ENDLESS = calls(("code_interpreter", {"code": "while True:\n    pass"}))
TALKING = calls(
    ("code_interpreter", {"code": "while True:\n    pass"}), text="Let me calculate that."
)
HALF = Stream([*text_steps("Half an"), Hang()])
WHOLE = answer("A whole answer.")


class Api:
    """OpenAI's client of an engine that is a process."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self.beta: Any = client.beta

    async def start(self) -> Any:
        """A run that was just created."""
        assistant = await self.beta.assistants.create(model=MODEL, tools=TOOLS)
        return await self.beta.threads.create_and_run(
            assistant_id=assistant.id,
            thread={"messages": [{"role": "user", "content": "What is a cell?"}]},
        )

    async def look(self, run: Any) -> tuple[Any, list[Any], list[Any]]:
        """The run, its steps and its thread's messages, oldest first."""
        again = await self.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        steps = await self.beta.threads.runs.steps.list(
            run.id, thread_id=run.thread_id, order="asc"
        )
        messages = await self.beta.threads.messages.list(run.thread_id, order="asc")
        return again, steps.data, messages.data

    async def until(self, run: Any, holds: Callable[[Any, list[Any], list[Any]], bool]) -> Any:
        """The run once something holds of it, its steps and its messages."""

        async def look() -> bool:
            return holds(*await self.look(run))

        await until(look)
        return (await self.look(run))[0]


@asynccontextmanager
async def serving(
    upstream: ScriptedServer, data_dir: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Api]]:
    """An engine as a process, over the upstream; killed at the end if it still runs."""
    ready, null = data_dir / "ready.json", asyncio.subprocess.DEVNULL
    ready.unlink(missing_ok=True)
    # No pipe: the end of it would be that of the code that the engine was running.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "studybuddy", "serve", "--port=0", f"--ready-file={ready}"),
        *(f"--upstream={upstream.base_url}", f"--data-dir={data_dir}"),
        stdin=null,
        stdout=null,
        stderr=null,
    )
    try:

        async def is_ready() -> bool:
            assert process.returncode is None, "the engine ended"
            return read_engine_file(ready) is not None

        await until(is_ready)
        file = read_engine_file(ready)
        assert file is not None
        transport = httpx2.AsyncHTTPTransport(verify=False)
        async with httpx2.AsyncClient(transport=transport, timeout=ENOUGH) as client:
            yield (
                process,
                Api(AsyncOpenAI(api_key=file.token, base_url=file.base_url, http_client=client)),
            )
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def nothing_left_running(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """End what an engine that was killed leaves: code that runs to the end of its time."""
    left = psutil.Process(process.pid).children(recursive=True)
    try:
        yield
    finally:
        for child in left:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def is_begun(run: Any, steps: list[Any], messages: list[Any]) -> bool:
    return len(messages) == 2


def is_in_progress(run: Any, steps: list[Any], messages: list[Any]) -> bool:
    return bool(run.status == "in_progress")


def has_step(run: Any, steps: list[Any], messages: list[Any]) -> bool:
    return bool(steps)


def calls_a_tool(run: Any, steps: list[Any], messages: list[Any]) -> bool:
    return bool(steps) and steps[-1].type == "tool_calls"


@pytest.mark.parametrize(
    ("first", "reached"),
    [
        pytest.param(Stream([Hang()]), is_in_progress, id="before its first word"),
        pytest.param(HALF, is_begun, id="in the middle of its answer"),
        pytest.param(ENDLESS, has_step, id="while code runs"),
        pytest.param(TALKING, calls_a_tool, id="while code runs that it has talked of"),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_run_at_work_is_done_by_the_next_engine(
    first: Answer, reached: Callable[..., bool], number: int, tmp_path: Path
) -> None:
    async with ScriptedServer(first, WHOLE) as upstream:
        async with serving(upstream, tmp_path) as (process, api):
            run = await api.start()
            await api.until(run, reached)
            async with nothing_left_running(process):
                process.send_signal(number)
                await asyncio.wait_for(process.wait(), ENOUGH)
        async with serving(upstream, tmp_path) as (_, api):
            run = await api.until(run, lambda run, *_: run.status == "completed")
            _, steps, messages = await api.look(run)
            assert [m.content[0].text.value for m in messages] == [
                "What is a cell?",
                "A whole answer.",
            ]
            assert {step.status for step in steps} <= {"completed", "failed"}
            assert steps[-1].status == "completed"
        sent = [message["role"] for message in upstream.requests[-1].json["messages"]]
        assert sent == ["user"]  # nothing of the answer that was given up


async def test_a_run_that_waits_for_outputs_still_takes_them(tmp_path: Path) -> None:
    async with ScriptedServer(WEATHER, WHOLE) as upstream:
        async with serving(upstream, tmp_path) as (process, api):
            run = await api.start()
            run = await api.until(run, lambda run, *_: run.status == "requires_action")
            process.kill()
        async with serving(upstream, tmp_path) as (_, api):
            again, (step,), _ = await api.look(run)
            assert again == run
            assert step.status == "in_progress"
            (call,) = run.required_action.submit_tool_outputs.tool_calls
            await api.beta.threads.runs.submit_tool_outputs(
                run.id,
                thread_id=run.thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}],
            )
            await api.until(run, lambda run, *_: run.status == "completed")
        assert upstream.requests[-1].json["messages"][-1]["content"] == "sunny"


async def test_outputs_that_were_taken_are_not_asked_for_again(tmp_path: Path) -> None:
    async with ScriptedServer(WEATHER, HALF, WHOLE) as upstream:
        async with serving(upstream, tmp_path) as (process, api):
            run = await api.start()
            run = await api.until(run, lambda run, *_: run.status == "requires_action")
            (call,) = run.required_action.submit_tool_outputs.tool_calls
            await api.beta.threads.runs.submit_tool_outputs(
                run.id,
                thread_id=run.thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}],
            )
            await api.until(run, is_begun)
            process.kill()
        async with serving(upstream, tmp_path) as (_, api):
            await api.until(run, lambda run, *_: run.status == "completed")
        assert upstream.requests[-1].json["messages"][-1]["content"] == "sunny"


async def test_what_was_over_stays_as_it_was(tmp_path: Path) -> None:
    async with ScriptedServer(WHOLE) as upstream:
        async with serving(upstream, tmp_path) as (process, api):
            run = await api.start()
            await api.until(run, lambda run, *_: run.status == "completed")
            before = await api.look(run)
            process.kill()
        async with serving(upstream, tmp_path) as (_, api):
            assert await api.look(run) == before
        assert len(upstream.requests) == 1
