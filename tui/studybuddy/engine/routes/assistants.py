"""`/v1/assistants`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json
from studybuddy.engine.context import context_of
from studybuddy.engine.fields import missing, not_found
from studybuddy.engine.objects import Assistant
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import deleted, list_query, list_response
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.threads.resources import resources_in
from studybuddy.engine.threads.settings import EFFORT, assistant_fields, effort_in


async def create_assistant(request: Request) -> Response:
    """Make one; the name of its model is kept as it was asked."""
    context = context_of(request)
    body = await read_json(request)
    fields = assistant_fields(body)
    note = {EFFORT: effort_in(body)}
    if not fields.get("model"):
        raise missing("model")
    await context.names.check(fields["model"])

    def create(objects: Objects) -> Assistant:
        assistant = Assistant(**fields, tool_resources=resources_in(objects, body) or {})
        objects.insert(assistant, note=note)
        return assistant

    assistant = await context.store.write(create)
    context.ingestion.wake()
    return json_response(assistant)


async def list_assistants(request: Request) -> Response:
    """A page of them."""
    query = list_query(request)
    store = context_of(request).store
    return list_response(await store.read(lambda o: query.page(o, Assistant, "assistant")))


async def get_assistant(request: Request) -> Response:
    """One of them."""
    id = request.path_params["assistant_id"]
    return json_response(await context_of(request).store.read(lambda o: find_assistant(o, id)))


async def update_assistant(request: Request) -> Response:
    """Change the fields that the request has."""
    context = context_of(request)
    id = request.path_params["assistant_id"]
    body = await read_json(request, may_be_empty=True)
    fields = assistant_fields(body)
    note = {EFFORT: effort_in(body)} if EFFORT in body else {}
    if "model" in fields:
        if not fields["model"]:
            raise missing("model")
        await context.names.check(fields["model"])

    def update(objects: Objects) -> Assistant:
        assistant = find_assistant(objects, id)
        for field, value in fields.items():
            setattr(assistant, field, value)
        if "tool_resources" in body:
            resources = resources_in(objects, body)
            kept = {} if resources is None else assistant.tool_resources or {}
            assistant.tool_resources = kept | (resources or {})
        objects.update(assistant, note={**objects.note(assistant), **note})
        return assistant

    assistant = await context.store.write(update)
    context.ingestion.wake()
    return json_response(assistant)


async def delete_assistant(request: Request) -> Response:
    """Remove one; its threads and runs stay."""
    id = request.path_params["assistant_id"]
    await context_of(request).store.write(lambda o: o.delete(find_assistant(o, id)))
    return deleted(id, "assistant.deleted")


def find_assistant(objects: Objects, id: str) -> Assistant:
    """An assistant.

    Raises:
        ApiError: 404 where there is none of that id.
    """
    assistant = objects.get(Assistant, id)
    if assistant is None:
        raise not_found("assistant", id)
    return assistant


routes = [
    Route("/v1/assistants", create_assistant, methods=["POST"]),
    Route("/v1/assistants", list_assistants, methods=["GET"]),
    Route("/v1/assistants/{assistant_id}", get_assistant, methods=["GET"]),
    Route("/v1/assistants/{assistant_id}", update_assistant, methods=["POST"]),
    Route("/v1/assistants/{assistant_id}", delete_assistant, methods=["DELETE"]),
]
