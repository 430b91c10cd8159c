"""What runs say over the wire, against OpenAI's own OpenAPI documents, to OpenAI's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from studybuddy.engine.errors import ApiError
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
from tests.support import openai_spec

pytestmark = [
    pytest.mark.parametrize("document", openai_spec.available()),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXT = "Mitochondria are the powerhouse of the cell."
WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
}
TOOLS: Any = [{"type": "code_interpreter"}, {"type": "file_search"}, WEATHER]
ROUND = calls(
    ("code_interpreter", '{"code": "1 + 1"}'),
    ("file_search", '{"query": "mitochondria"}'),
    ("get_weather", "{}"),
    text="Let me see.",
)
SCHEMAS = {
    "thread.run": "RunObject",
    "thread.run.step": "RunStepObject",
    "thread.run.step.delta": "RunStepDeltaObject",
    "thread.message": "MessageObject",
    "thread.message.delta": "MessageDeltaObject",
    "thread": "ThreadObject",
}


@dataclass
class Wire:
    """All requests and responses of a test that were about runs."""

    document: str
    requests: list[tuple[str, Any]] = field(default_factory=list)
    objects: int = 0

    async def received(self, response: httpx2.Response) -> None:
        request = response.request
        body = json.loads(request.content) if request.content[:1] == b"{" else None
        if not response.headers["content-type"].startswith("text/event-stream"):
            await response.aread()
            self.check_response(response.status_code, response.json())
        if "/runs" in request.url.path and body is not None and response.status_code == 200:
            self.check_request(request.url.path, body)

    def check_request(self, path: str, body: Any) -> None:
        last = path.rsplit("/", 1)[1]
        if last == "submit_tool_outputs":
            schema = "SubmitToolOutputsRunRequest"
        elif path.endswith("/threads/runs"):
            schema = "CreateThreadAndRunRequest"
        elif last == "runs":
            schema = "CreateRunRequest"
        else:
            return
        openai_spec.check(self.document, schema, body)
        self.requests.append((schema, body))

    def check_response(self, status: int, body: Any) -> None:
        if status != 200:
            openai_spec.check(self.document, "ErrorResponse", body)
        elif body.get("object") == "list":
            kinds = {item["object"] for item in body["data"]}
            for kind, schema in (
                ("thread.run", "ListRunsResponse"),
                ("thread.run.step", "ListRunStepsResponse"),
                ("thread.message", "ListMessagesResponse"),
            ):
                if kinds == {kind}:
                    openai_spec.check(self.document, schema, body)
                    self.objects += 1
        elif body.get("object") in SCHEMAS:
            openai_spec.check(self.document, SCHEMAS[body["object"]], body)
            self.objects += 1

    def check_stream(self, text: str) -> list[str]:
        """Check all events of a stream, and return their names."""
        names = []
        for block in text.strip().split("\n\n"):
            first, second = block.split("\n")
            event, data = first.removeprefix("event: "), second.removeprefix("data: ")
            told = data if event == "done" else json.loads(data)
            openai_spec.check(self.document, "AssistantStreamEvent", {"event": event, "data": told})
            if event != "done":
                openai_spec.check(self.document, SCHEMAS[told["object"]], told)
            names.append(event)
        return names


@asynccontextmanager
async def watched(document: str, asker: ScriptedAsker) -> AsyncIterator[tuple[Host, Wire, str]]:
    """An engine whose answers are checked, and an assistant with all tools and a file."""
    async with host(asker, index=FakeIndex([passage(TEXT)])) as served:
        file = await served.api.files.create(file=("a.md", TEXT.encode()), purpose="assistants")
        store = await served.api.vector_stores.create(file_ids=[file.id])

        async def is_indexed() -> bool:
            found = await served.api.vector_stores.retrieve(store.id)
            return found.file_counts.completed == 1

        await until(is_indexed)
        wire = Wire(document)
        served.client.event_hooks["response"].append(wire.received)
        assistant = await served.assistant(
            instructions="Be kind.",
            tools=TOOLS,
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
        yield served, wire, assistant


async def test_a_run_through_all_tools_is_as_documented_at_every_poll(document: str) -> None:
    asker = ScriptedAsker(ROUND, says(f"{TEXT[:-1]} 【1】."))
    async with watched(document, asker) as (served, wire, assistant):
        runs = served.api.beta.threads.runs
        run = await runs.create_and_poll(
            thread_id=await served.thread(),
            assistant_id=assistant,
            model="gpt-4-1106-preview",
            additional_instructions="Be brief.",
            additional_messages=[{"role": "user", "content": "And now?"}],
            metadata={"colour": "blue"},
            temperature=0.5,
            top_p=0.9,
            max_prompt_tokens=5000,
            max_completion_tokens=5000,
            truncation_strategy={"type": "last_messages", "last_messages": 5},
            tool_choice={"type": "file_search"},
            parallel_tool_calls=True,
            response_format={"type": "text"},
            tools=TOOLS,
        )
        assert (run.status, run.model) == ("requires_action", "gpt-4-1106-preview")
        await served.steps(run)
        await served.steps(run, content=True)
        run = await runs.submit_tool_outputs_and_poll(
            run_id=run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": "call_2", "output": "sun"}],
        )
        assert run.status == "completed"
        for step in await served.steps(run, content=True):
            await runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id)
        await runs.update(run.id, thread_id=run.thread_id, metadata={"a": "b"})
        assert len((await runs.list(run.thread_id)).data) == 1
        assert len((await served.messages(run.thread_id))[-1].content[0].text.annotations) == 1
        assert wire.objects > 12
        assert [schema for schema, _ in wire.requests] == [
            "CreateRunRequest",
            "SubmitToolOutputsRunRequest",
        ]


async def test_every_event_of_a_stream_is_as_documented(document: str) -> None:
    asker = ScriptedAsker(ROUND, says(f"{TEXT[:-1]} 【1】."))
    async with watched(document, asker) as (served, wire, assistant):
        response = await served.client.post(
            "/v1/threads/runs",
            json={
                "assistant_id": assistant,
                "stream": True,
                "thread": {"messages": [{"role": "user", "content": "So?"}]},
            },
            params={"include[]": "step_details.tool_calls[*].file_search.results[*].content"},
        )
        names = wire.check_stream(response.text)
        assert names[0] == "thread.created"
        assert names[-2:] == ["thread.run.requires_action", "done"]
        (thread,) = (await served.client.get("/v1/threads")).json()["data"]
        (run,) = (await served.api.beta.threads.runs.list(thread["id"])).data
        response = await served.client.post(
            f"/v1/threads/{thread['id']}/runs/{run.id}/submit_tool_outputs",
            json={"stream": True, "tool_outputs": [{"tool_call_id": "call_2", "output": "sun"}]},
        )
        names += wire.check_stream(response.text)
        assert names[-2:] == ["thread.run.completed", "done"]
        assert {name for name in names if "delta" in name} == {
            "thread.message.delta",
            "thread.run.step.delta",
        }


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (["Half an", ApiError(502, "It broke.", "server_error")], "failed"),
        (says("Half an", finish="length"), "incomplete"),
        ([ApiError(429, "Too many requests.")], "failed"),
    ],
)
async def test_bad_ends_are_as_documented(document: str, script: Any, status: str) -> None:
    async with watched(document, ScriptedAsker(script)) as (served, wire, assistant):
        run = await served.run(assistant=assistant)
        assert run.status == status
        await served.steps(run)
        await served.messages(run.thread_id)
        response = await served.client.post(
            f"/v1/threads/{run.thread_id}/runs", json={"assistant_id": assistant, "stream": True}
        )
        assert wire.check_stream(response.text)[-2:] == [f"thread.run.{status}", "done"]


async def test_a_cancelled_run_is_as_documented(document: str) -> None:
    asker = ScriptedAsker(["Half an", asyncio.Event()])
    async with watched(document, asker) as (served, wire, assistant):
        run = await served.start(assistant=assistant)
        await until(lambda: served.has_begun(run))
        run = await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        assert run.status == "cancelling"
        run = await served.ended(run.thread_id, run.id)
        await served.steps(run)
        await served.messages(run.thread_id)
        assert wire.objects > 5


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "assistant_id"),
    ({"assistant_id": 1}, "assistant_id"),
    ({"model": 1}, "model"),
    ({"instructions": []}, "instructions"),
    ({"additional_messages": {}}, "additional_messages"),
    ({"additional_messages": [1]}, "additional_messages[0]"),
    ({"additional_messages": [{"role": "user"}]}, "additional_messages[0].content"),
    ({"tools": {}}, "tools"),
    ({"tools": [{"type": "hammer"}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    ({"metadata": {"a": 1}}, "metadata.a"),
    ({"temperature": "hot"}, "temperature"),
    ({"temperature": 3}, "temperature"),
    ({"top_p": 2}, "top_p"),
    ({"stream": "yes"}, "stream"),
    ({"max_prompt_tokens": 1}, "max_prompt_tokens"),
    ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
    ({"truncation_strategy": "auto"}, "truncation_strategy"),
    ({"truncation_strategy": {"type": "some"}}, "truncation_strategy.type"),
    ({"truncation_strategy": {"type": "last_messages"}}, "truncation_strategy.last_messages"),
    ({"tool_choice": 1}, "tool_choice"),
    ({"tool_choice": "maybe"}, "tool_choice"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
    ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
    ({"response_format": 5}, "response_format"),
]


async def test_wrong_fields_are_refused_by_name(document: str) -> None:
    async with watched(document, ScriptedAsker(says("Yes."))) as (served, _, assistant):
        thread_id = await served.thread()
        for fields, name in WRONG:
            body = fields if name == "assistant_id" else {"assistant_id": assistant, **fields}
            response = await served.client.post(f"/v1/threads/{thread_id}/runs", json=body)
            assert response.status_code == 400, fields
            assert response.json()["error"]["param"] == name
            openai_spec.check(document, "ErrorResponse", response.json())
        assert (await served.api.beta.threads.runs.list(thread_id)).data == []
        served.client.event_hooks["response"].clear()  # no document knows such a request
        fine = {"assistant_id": assistant, "made_up": {"a": 1}, "model": None, "metadata": None}
        response = await served.client.post(f"/v1/threads/{thread_id}/runs", json=fine)
        assert response.status_code == 200


async def test_what_is_not_there_is_told_with_404(document: str) -> None:
    async with watched(document, ScriptedAsker(says("Yes."))) as (served, _, assistant):
        run = await served.run(assistant=assistant)
        other = await served.thread()
        place = f"/v1/threads/{run.thread_id}/runs/{run.id}"
        for method, path in [
            ("GET", "/v1/threads/thread_x/runs"),
            ("GET", f"/v1/threads/{run.thread_id}/runs/run_x"),
            ("GET", f"/v1/threads/{other}/runs/{run.id}"),
            ("GET", f"/v1/threads/{other}/runs/{run.id}/steps"),
            ("GET", f"{place}/steps/step_x"),
            ("POST", f"/v1/threads/{other}/runs/{run.id}/cancel"),
        ]:
            response = await served.client.request(method, path)
            assert response.status_code == 404, path
            openai_spec.check(document, "ErrorResponse", response.json())
        for path, body in [
            ("/v1/threads/thread_x/runs", {"assistant_id": assistant}),
            (f"/v1/threads/{other}/runs", {"assistant_id": "asst_x"}),
            (f"{place[:-3]}xyz/submit_tool_outputs", {"tool_outputs": []}),
        ]:
            response = await served.client.post(path, json=body)
            assert response.status_code == 404, path


async def test_lists_are_in_pages(document: str) -> None:
    async with watched(document, ScriptedAsker(says("Yes."))) as (served, _, assistant):
        thread_id = await served.thread()
        made = [(await served.run(thread_id, assistant=assistant)).id for _ in range(5)]
        page = await served.api.beta.threads.runs.list(thread_id, limit=2)
        assert [run.id for run in page.data] == made[:2:-1]
        assert [run.id async for run in page] == made[::-1]
