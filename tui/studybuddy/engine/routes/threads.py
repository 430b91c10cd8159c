"""`/v1/threads`; a list of them is an addition of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import check_types, read_json
from studybuddy.engine.context import EngineContext, context_of
from studybuddy.engine.fields import metadata_in, objects_in
from studybuddy.engine.objects import Thread
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import deleted, list_query, list_response
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.threads.messages import create_message, find_thread
from studybuddy.engine.threads.resources import own_stores, resources_in


async def create_thread(request: Request) -> Response:
    """Make one, with the messages that it is to begin with."""
    context = context_of(request)
    body = await read_json(request, may_be_empty=True)
    thread = await context.store.write(lambda objects: thread_from(objects, body))
    context.ingestion.wake()
    return json_response(thread)


def thread_from(objects: Objects, body: Mapping[str, Any], where: str = "") -> Thread:
    """Store a thread as a request describes it, with its messages.

    Call `Ingestion.wake` after the transaction.

    Raises:
        ApiError: 400 where a field is wrong, 404 where a file or vector store is not there.
    """
    check_types(body, {"messages": (list,)}, where)
    messages = objects_in(body.get("messages") or [], f"{where}messages")
    thread = Thread(metadata=metadata_in(body, where))
    thread.tool_resources = resources_in(objects, body, where, owner=thread.id) or {}
    objects.insert(thread)
    for number, message in enumerate(messages):
        create_message(objects, thread.id, message, f"{where}messages[{number}].")
    return find_thread(objects, thread.id)  # its tools may have got attachments


async def list_threads(request: Request) -> Response:
    """A page of them."""
    query = list_query(request)
    store = context_of(request).store
    return list_response(await store.read(lambda o: query.page(o, Thread, "thread")))


async def get_thread(request: Request) -> Response:
    """One of them."""
    id = request.path_params["thread_id"]
    return json_response(await context_of(request).store.read(lambda o: find_thread(o, id)))


async def update_thread(request: Request) -> Response:
    """Change its metadata and tool resources."""
    context = context_of(request)
    id = request.path_params["thread_id"]
    body = await read_json(request, may_be_empty=True)

    def update(objects: Objects) -> Thread:
        thread = find_thread(objects, id)
        if "metadata" in body:
            thread.metadata = metadata_in(body)
        if "tool_resources" in body:
            resources = resources_in(objects, body, owner=id)
            kept = {} if resources is None else thread.tool_resources or {}
            thread.tool_resources = kept | (resources or {})
        objects.update(thread)
        return thread

    thread = await context.store.write(update)
    context.ingestion.wake()
    return json_response(thread)


async def delete_thread(request: Request) -> Response:
    """Remove one with all that belongs to it: messages, runs, steps, what its tools keep."""
    id = request.path_params["thread_id"]
    await remove_thread(context_of(request), id)
    return deleted(id, "thread.deleted")


async def remove_thread(context: EngineContext, id: str) -> None:
    """Remove a thread, and tell all who keep something of it.

    Raises:
        ApiError: 404 where there is none of that id.
    """

    def remove(objects: Objects) -> list[str]:
        thread = find_thread(objects, id)
        stores = own_stores(objects, thread)
        for store in stores:
            objects.delete(store)
        objects.delete(thread)
        return [store.id for store in stores]

    for store_id in await context.store.write(remove):
        await context.ingestion.forget_store(store_id)
    for forget in context.thread_deleted:
        await forget(id)


routes = [
    Route("/v1/threads", create_thread, methods=["POST"]),
    Route("/v1/threads", list_threads, methods=["GET"]),
    Route("/v1/threads/{thread_id}", get_thread, methods=["GET"]),
    Route("/v1/threads/{thread_id}", update_thread, methods=["POST"]),
    Route("/v1/threads/{thread_id}", delete_thread, methods=["DELETE"]),
]
