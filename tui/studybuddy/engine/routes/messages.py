"""`/v1/threads/{thread_id}/messages`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json
from studybuddy.engine.context import context_of
from studybuddy.engine.fields import metadata_in, not_found
from studybuddy.engine.objects import Message
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import deleted, list_query, list_response
from studybuddy.engine.store.objects import Objects, Page
from studybuddy.engine.threads.messages import create_message, find_thread


async def add_message(request: Request) -> Response:
    """Add one to a thread that no run works on."""
    context = context_of(request)
    thread_id = request.path_params["thread_id"]
    body = await read_json(request)
    message = await context.store.write(lambda o: create_message(o, thread_id, body))
    context.ingestion.wake()
    return json_response(message)


async def list_messages(request: Request) -> Response:
    """A page of a thread's messages, all or those of one run."""
    query = list_query(request)
    thread_id = request.path_params["thread_id"]
    run_id = request.query_params.get("run_id")

    def read(objects: Objects) -> Page[Message]:
        find_thread(objects, thread_id)
        having = {"run_id": run_id} if run_id else None
        return query.page(objects, Message, "message", parent=thread_id, having=having)

    return list_response(await context_of(request).store.read(read))


async def get_message(request: Request) -> Response:
    """One of them."""
    place = request.path_params["thread_id"], request.path_params["message_id"]
    return json_response(await context_of(request).store.read(lambda o: _find(o, *place)))


async def update_message(request: Request) -> Response:
    """Change its metadata."""
    place = request.path_params["thread_id"], request.path_params["message_id"]
    body = await read_json(request, may_be_empty=True)

    def update(objects: Objects) -> Message:
        message = _find(objects, *place)
        if "metadata" in body:
            message.metadata = metadata_in(body)
        objects.update(message)
        return message

    return json_response(await context_of(request).store.write(update))


async def delete_message(request: Request) -> Response:
    """Remove one."""
    place = request.path_params["thread_id"], request.path_params["message_id"]
    await context_of(request).store.write(lambda o: o.delete(_find(o, *place)))
    return deleted(place[1], "thread.message.deleted")


def _find(objects: Objects, thread_id: str, message_id: str) -> Message:
    find_thread(objects, thread_id)
    message = objects.get(Message, message_id, parent=thread_id)
    if message is None:
        raise not_found("message", message_id)
    return message


_LIST = "/v1/threads/{thread_id}/messages"
_ONE = _LIST + "/{message_id}"

routes = [
    Route(_LIST, add_message, methods=["POST"]),
    Route(_LIST, list_messages, methods=["GET"]),
    Route(_ONE, get_message, methods=["GET"]),
    Route(_ONE, update_message, methods=["POST"]),
    Route(_ONE, delete_message, methods=["DELETE"]),
]
