"""Runs streamed: the documented events, in the documented order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engine.runs.scripted import (
    FakeIndex,
    Host,
    ScriptedAsker,
    calls,
    host,
    passage,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]
WEATHER: Any = [{"type": "function", "function": {"name": "get_weather"}}]


async def events(stream: AsyncIterator[Any]) -> list[Any]:
    return [event async for event in stream]


def names(found: list[Any]) -> list[str]:
    """The events' names, deltas of one kind in a row as one."""
    made: list[str] = []
    for event in found:
        if not (made and event.event == made[-1] and event.event.endswith(".delta")):
            made.append(event.event)
    return [name.removeprefix("thread.") for name in made]


async def stream(served: Host, thread_id: str, **fields: Any) -> list[Any]:
    fields["assistant_id"] = fields.pop("assistant", None) or await served.assistant()
    return await events(await served.api.beta.threads.runs.create(thread_id, stream=True, **fields))


MESSAGE = [
    "run.step.created",
    "run.step.in_progress",
    "message.created",
    "message.in_progress",
    "message.delta",
    "message.completed",
    "run.step.completed",
]


async def test_an_answer_comes_word_by_word() -> None:
    async with host(ScriptedAsker(says("A cell is small."))) as served:
        found = await stream(served, await served.thread())
        assert names(found) == [
            "run.created",
            "run.queued",
            "run.in_progress",
            *MESSAGE,
            "run.completed",
        ]
        deltas = [e.data.delta.content[0] for e in found if e.event == "thread.message.delta"]
        assert "".join(delta.text.value for delta in deltas) == "A cell is small."
        created = next(e.data for e in found if e.event == "thread.message.created")
        assert (created.status, created.content) == ("in_progress", [])
        assert found[-1].data.usage.total_tokens == 15


async def test_empty_lines_at_the_beginning_are_no_part_of_the_answer() -> None:
    async with host(ScriptedAsker(["\n", "\n", "Yes.", *says("\n\nYes.")[-1:]])) as served:
        found = await stream(served, await served.thread())
        deltas = [e.data.delta.content[0] for e in found if e.event == "thread.message.delta"]
        assert [delta.text.value for delta in deltas] == ["Yes."]
        completed = next(e.data for e in found if e.event == "thread.message.completed")
        assert completed.content[0].text.value == "Yes."


async def test_the_lines_are_named_events_and_the_last_one_is_done() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        response = await served.client.post(
            f"/v1/threads/{await served.thread()}/runs",
            json={"assistant_id": await served.assistant(), "stream": True},
        )
        assert response.headers["content-type"].startswith("text/event-stream")
        blocks = response.text.strip().split("\n\n")
        assert blocks[-1] == "event: done\ndata: [DONE]"
        for block in blocks[:-1]:
            event, data = block.split("\n")
            assert event.startswith("event: thread.")
            assert json.loads(data.removeprefix("data: "))["object"].startswith("thread.")


async def test_code_and_what_it_printed_come_as_deltas_of_the_step() -> None:
    asker = ScriptedAsker(calls(("code_interpreter", '{"code": "1 + 1"}')), says("2."))
    async with host(asker) as served:
        found = await stream(served, await served.thread(), tools=CODE)
        assert names(found)[3:7] == [
            "run.step.created",
            "run.step.in_progress",
            "run.step.delta",
            "run.step.completed",
        ]
        created, *_ = [e.data for e in found if e.event == "thread.run.step.created"]
        assert created.step_details.tool_calls == []
        given, printed = [
            e.data.delta.step_details.tool_calls[0]
            for e in found
            if e.event == "thread.run.step.delta"
        ]
        assert (given.index, given.id, given.code_interpreter.input) == (0, "call_0", "1 + 1")
        assert (printed.index, printed.code_interpreter.outputs[0].logs) == (0, "ran 1 + 1")


async def test_the_sdks_helper_puts_messages_and_steps_together() -> None:
    asker = ScriptedAsker(
        calls(("code_interpreter", '{"code": "1"}'), ("get_weather", "{}"), text="Let me see."),
        says("Sunny."),
    )
    async with host(asker) as served:
        async with served.api.beta.threads.runs.stream(
            thread_id=await served.thread(),
            assistant_id=await served.assistant(),
            tools=[*CODE, *WEATHER],
        ) as helper:
            await helper.until_done()
            run = helper.current_run
            assert run is not None
            assert run.status == "requires_action"
            (message,) = await helper.get_final_messages()
            assert message.content[0].text.value == "Let me see."  # type: ignore[union-attr]
            _, step = await helper.get_final_run_steps()
            code, weather = step.step_details.tool_calls  # type: ignore[union-attr]
            assert code.code_interpreter.outputs[0].logs == "ran 1"  # type: ignore
            assert (weather.id, weather.function.arguments) == ("call_1", "{}")  # type: ignore
        async with served.api.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": "call_1", "output": "sun"}],
        ) as helper:
            found = await events(helper)
            assert names(found) == [
                "run.step.completed",
                "run.queued",
                "run.in_progress",
                *MESSAGE,
                "run.completed",
            ]
            (message,) = await helper.get_final_messages()
            assert message.content[0].text.value == "Sunny."  # type: ignore[union-attr]


async def test_a_thread_and_its_run_are_made_in_one_request() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        found = await events(
            await served.api.beta.threads.create_and_run(
                assistant_id=await served.assistant(),
                thread={"messages": [{"role": "user", "content": "Is it?"}]},
                stream=True,
            )
        )
        assert names(found)[:2] == ["created", "run.created"]
        assert asker.asks[0].messages == [{"role": "user", "content": "Is it?"}]
        run = await served.api.beta.threads.create_and_run(assistant_id=await served.assistant())
        assert (await served.ended(run.thread_id, run.id)).status == "completed"


async def test_annotations_come_before_the_message_is_completed() -> None:
    text = "Mitochondria are the powerhouse of the cell."
    asker = ScriptedAsker(calls(("file_search", '{"query": "x"}')), says(f"{text[:-1]} 【1】."))
    async with host(asker, index=FakeIndex([passage(text)])) as served:
        file = await served.api.files.create(file=("a.md", b"text"), purpose="assistants")
        attached: Any = {
            "role": "user",
            "content": "So?",
            "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
        }
        found = await stream(
            served,
            await served.thread(),
            additional_messages=[attached],
            tools=[{"type": "file_search"}],
        )
        completed = next(e.data for e in found if e.event == "thread.message.completed")
        assert len(completed.content[0].text.annotations) == 1
        step = next(e.data for e in found if e.event == "thread.run.step.completed")
        assert step.step_details.tool_calls[0].file_search.results[0].content is None


async def test_a_failed_run_tells_so_and_the_stream_ends_in_order() -> None:
    async with host(ScriptedAsker(["Half an", RuntimeError()])) as served:
        found = await stream(served, await served.thread())
        assert names(found)[-3:] == ["message.incomplete", "run.step.failed", "run.failed"]
        assert found[-1].data.last_error.code == "server_error"


async def test_a_cancelled_run_tells_so() -> None:
    async with host(ScriptedAsker(["Half an", asyncio.Event()])) as served:
        thread_id = await served.thread()
        reading = asyncio.create_task(stream(served, thread_id))

        async def is_begun() -> bool:
            return len(await served.messages(thread_id)) == 2

        await until(is_begun)
        (run,) = (await served.api.beta.threads.runs.list(thread_id)).data
        await served.api.beta.threads.runs.cancel(run.id, thread_id=thread_id)
        assert names(await reading)[-4:] == [
            "run.cancelling",
            "message.incomplete",
            "run.step.cancelled",
            "run.cancelled",
        ]


async def test_the_readers_leaving_does_not_end_the_run() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker(["A cell ", gate, *says("A cell is small.")[2:]])
    async with host(asker) as served:
        thread_id = await served.thread()
        reading = await served.api.beta.threads.runs.create(
            thread_id, assistant_id=await served.assistant(), stream=True
        )
        async for event in reading:
            if event.event == "thread.message.delta":
                break
        await reading.close()
        gate.set()
        (run,) = (await served.api.beta.threads.runs.list(thread_id)).data
        assert (await served.ended(thread_id, run.id)).status == "completed"


async def test_the_engines_end_ends_the_stream_with_an_error() -> None:
    async with host(ScriptedAsker(["A cell ", asyncio.Event()])) as served:
        thread_id = await served.thread()
        body = {"assistant_id": await served.assistant(), "stream": True}
        url = f"/v1/threads/{thread_id}/runs"
        async with served.client.stream("POST", url, json=body) as response:
            lines = response.aiter_lines()
            async for line in lines:
                if "thread.message.delta" in line:
                    break
            served.context.closing.set()
            rest = [line async for line in lines]
        data = json.loads(rest[rest.index("event: error") + 1].removeprefix("data: "))
        assert data["code"] == data["error"]["code"] == "engine_shutting_down"
