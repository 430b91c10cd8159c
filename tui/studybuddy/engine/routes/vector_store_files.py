"""`/v1/vector_stores/{vector_store_id}/files` and `/file_batches`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json
from studybuddy.engine.context import context_of
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import attributes_in, missing, not_found
from studybuddy.engine.objects import FileBatch, VectorStoreFile
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import choice_in, deleted, list_query, list_response
from studybuddy.engine.store.objects import Objects, Page
from studybuddy.engine.vectors.contents import (
    attach,
    cancel,
    detach,
    find_file,
    find_store,
    in_batch,
    no_counts,
    usable_store,
)
from studybuddy.engine.vectors.requests import batch_files, wanted_file

_STATES = ("in_progress", "completed", "failed", "cancelled")
_POLL_AFTER = {"openai-poll-after-ms": "100"}  # OpenAI's clients wait as long as they are told


async def add_file(request: Request) -> Response:
    """Have one file brought into a vector store."""
    context = context_of(request)
    store_id = request.path_params["vector_store_id"]
    wanted = wanted_file(await read_json(request))

    def add(objects: Objects) -> VectorStoreFile:
        return attach(objects, usable_store(objects, store_id), [wanted])[0]

    file = await context.store.write(add)
    context.ingestion.wake()
    return json_response(file)


async def list_store_files(request: Request) -> Response:
    """A page of a store's files, all or those of one status."""
    return await _files(request, None)


async def get_store_file(request: Request) -> Response:
    """One of them: what became of it."""
    file = await context_of(request).store.read(lambda o: find_file(o, *_place(request)))
    return _told(file)


async def update_store_file(request: Request) -> Response:
    """Replace its attributes."""
    context = context_of(request)
    body = await read_json(request)
    if "attributes" not in body:
        raise missing("attributes")
    attributes = attributes_in(body)

    def update(objects: Objects) -> VectorStoreFile:
        file = find_file(objects, *_place(request))
        file.attributes = attributes
        objects.update(file)
        return file

    file = await context.store.write(update)
    await context.ingestion.share_attributes(*_place(request))
    return json_response(file)


async def delete_store_file(request: Request) -> Response:
    """Take it out of the store; the file itself stays."""
    context = context_of(request)
    place = _place(request)
    await context.store.write(lambda o: detach(o, find_file(o, *place)))
    await context.ingestion.forget(*place)
    return deleted(place[1], "vector_store.file.deleted")


async def get_text(request: Request) -> Response:
    """The text that was read out of it, by pages."""
    context = context_of(request)
    place = _place(request)
    file = await context.store.read(lambda o: find_file(o, *place))
    pages = await context.search.text(*place) if file.status == "completed" else None
    if pages is None:
        why = (file.last_error or {}).get("message") or f"Its status is '{file.status}'."
        raise invalid(f"File '{place[1]}' has no text to show. {why}", "file_id")
    data: list[dict[str, Any]] = [
        {"type": "text", "text": text, "page": page} for page, text in enumerate(pages, 1)
    ]
    body = {"object": "vector_store.file_content.page", "data": data}
    return json_response(body | {"has_more": False, "next_page": None})


async def create_batch(request: Request) -> Response:
    """Have several files brought into a vector store."""
    context = context_of(request)
    store_id = request.path_params["vector_store_id"]
    files = batch_files(await read_json(request))

    def create(objects: Objects) -> FileBatch:
        store = usable_store(objects, store_id)
        batch = FileBatch(vector_store_id=store_id, file_counts=no_counts())
        objects.insert(batch)
        attach(objects, store, files, batch)
        return batch

    batch = await context.store.write(create)
    context.ingestion.wake()
    return json_response(batch)


async def get_batch(request: Request) -> Response:
    """One batch: how far it is."""
    return _told(await context_of(request).store.read(lambda o: _batch(o, request)))


async def cancel_batch(request: Request) -> Response:
    """Leave out what is not done of it."""
    context = context_of(request)
    batch = await context.store.write(lambda o: cancel(o, _batch(o, request)))
    context.ingestion.wake()
    return json_response(batch)


async def list_batch_files(request: Request) -> Response:
    """A page of a batch's files, all or those of one status."""
    batch = await context_of(request).store.read(lambda o: _batch(o, request))
    return await _files(request, in_batch(batch.id))


async def _files(request: Request, noted: dict[str, str] | None) -> Response:
    query = list_query(request)
    status = choice_in(request, "filter", _STATES)
    store_id = request.path_params["vector_store_id"]

    def read(objects: Objects) -> Page[VectorStoreFile]:
        find_store(objects, store_id)
        return query.page(
            objects, VectorStoreFile, "file", parent=store_id, status=status, noted=noted
        )

    return list_response(await context_of(request).store.read(read))


def _batch(objects: Objects, request: Request) -> FileBatch:
    store_id = request.path_params["vector_store_id"]
    batch_id = request.path_params["batch_id"]
    find_store(objects, store_id)
    batch = objects.get(FileBatch, batch_id, parent=store_id)
    if batch is None:
        raise not_found("file batch", batch_id)
    return batch


def _told(thing: VectorStoreFile | FileBatch) -> Response:
    """A thing that clients poll, with a word on when to ask again."""
    response = json_response(thing)
    response.headers.update(_POLL_AFTER)
    return response


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["vector_store_id"], request.path_params["file_id"]


_FILES = "/v1/vector_stores/{vector_store_id}/files"
_FILE = _FILES + "/{file_id}"
_BATCHES = "/v1/vector_stores/{vector_store_id}/file_batches"
_BATCH = _BATCHES + "/{batch_id}"

routes = [
    Route(_FILES, add_file, methods=["POST"]),
    Route(_FILES, list_store_files, methods=["GET"]),
    Route(_FILE, get_store_file, methods=["GET"]),
    Route(_FILE, update_store_file, methods=["POST"]),
    Route(_FILE, delete_store_file, methods=["DELETE"]),
    Route(f"{_FILE}/content", get_text, methods=["GET"]),
    Route(_BATCHES, create_batch, methods=["POST"]),
    Route(_BATCH, get_batch, methods=["GET"]),
    Route(f"{_BATCH}/cancel", cancel_batch, methods=["POST"]),
    Route(f"{_BATCH}/files", list_batch_files, methods=["GET"]),
]
