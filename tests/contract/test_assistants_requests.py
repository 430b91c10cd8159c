"""What the app sends of the Assistants API, against OpenAI's own OpenAPI documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from studybuddy.domain.assistant_ports import RunRequest
from studybuddy.domain.assistants import AssistantSpec, Function, Tool
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.providers.assistants.link import Answerer, EngineLink, EngineSource
from studybuddy.providers.assistants.service import OpenAIAssistantService
from tests.contract.assistant_service import all_of, last_run
from tests.engine.engines import TOKEN
from tests.engine.runs.scripted import FakeInterpreters, ScriptedAsker, calls, host, says
from tests.support import openai_spec

QUIZ = Function("display_quiz", "Ask.", '{"type": "object", "properties": {}}')
SPECS = [
    AssistantSpec("Bare"),
    AssistantSpec("Full", "Be kind.", "Helps.", "m-1", frozenset(Tool), (QUIZ,), "tutor"),
]
SCHEMAS = {
    r"POST /v1/assistants": "CreateAssistantRequest",
    r"POST /v1/assistants/[^/]+": "ModifyAssistantRequest",
    r"POST /v1/threads": "CreateThreadRequest",
    r"POST /v1/threads/[^/]+/runs": "CreateRunRequest",
    r"POST /v1/threads/[^/]+/runs/[^/]+/submit_tool_outputs": "SubmitToolOutputsRunRequest",
    r"POST /v1/vector_stores": "CreateVectorStoreRequest",
    r"POST /v1/vector_stores/[^/]+/files": "CreateVectorStoreFileRequest",
}
"""Requests with a JSON body, and what they must be."""
BODILESS = r"POST /v1/threads/[^/]+/runs/[^/]+/cancel|POST /v1/files|(?:GET|DELETE) /.*"


async def sent(tmp_path: Path) -> list[tuple[str, Any]]:
    """Method with path, and decoded body, of every request that the app can make."""
    seen: list[tuple[str, Any]] = []

    async def watch(request: httpx2.Request) -> None:
        place = f"{request.method} {request.url.path}"
        if "/files" not in place:
            assert request.headers["openai-beta"] == "assistants=v2"
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = await request.aread() if is_json else b""
        seen.append((place, json.loads(body) if body else None))

    script = ScriptedAsker(
        calls(("display_quiz", "{}"), ("display_quiz", "{}")), says("Well."), says("Done.")
    )
    async with host(script, data_dir=tmp_path / "e", interpreters=FakeInterpreters()) as served:
        base_url = str(served.api.base_url).rstrip("/")

        async def engine(_own_model: bool) -> Endpoint:
            return Endpoint("built-in", base_url, EndpointKind.BUILT_IN, "", TOKEN)

        async def answerer() -> Answerer | None:
            return None

        link = EngineLink(engine)
        endpoint = Endpoint("built-in", "", EndpointKind.BUILT_IN)
        service = OpenAIAssistantService(endpoint, EngineSource(link, answerer))
        await service.ready()
        assert link._sdk is not None
        link._sdk._client.event_hooks = {"request": [watch], "response": []}
        await _all_that_it_can(service, tmp_path)
        await link.close()
    return seen


async def _all_that_it_can(service: OpenAIAssistantService, folder: Path) -> None:
    for spec in SPECS:
        made = await service.create_assistant(spec)
        await service.update_assistant(made.id, spec)
    await service.assistants()
    path = folder / "notes.md"
    path.write_text("Light is a wave.")
    note = await service.add_note(made.id, path, lambda *_: None)
    thread = await service.create_thread([(Role.USER, "Hi."), (Role.ASSISTANT, "Hello.")])
    await service.note_pages(made.id, thread, note.file_id)
    request = RunRequest(made.id, "m-2", "Why?", "Be brief.", max_completion_tokens=500)
    run = last_run(await all_of(service.create_run(thread, request)))
    outputs = {call.id: "[]" for call in run.calls}
    await all_of(service.submit(thread, run.id, outputs))
    await all_of(service.create_run(thread, RunRequest(made.id)))
    await service.poll(thread, run.id, hold=1, tag='"x"')
    await service.steps(thread, run.id)
    await service.active_run(thread)
    await service.cancel(thread, run.id)
    await service.delete_messages(thread, run_id=run.id)
    await service.notes(made.id)
    await service.remove_note(made.id, note.file_id)
    await service.delete_thread(thread)
    await service.delete_assistant(made.id)


@pytest.mark.parametrize("document", openai_spec.available())
async def test_each_request_is_one_that_openai_documents(document: str, tmp_path: Path) -> None:
    checked: set[str] = set()
    for place, body in await sent(tmp_path):
        found = [schema for form, schema in SCHEMAS.items() if re.fullmatch(form, place)]
        if not found:
            assert re.fullmatch(BODILESS, place), place
            continue
        [schema] = found
        checked.add(schema)
        openai_spec.check(document, schema, body)
        assert not openai_spec.unknown_fields(document, schema, body), place
    assert checked == set(SCHEMAS.values())
