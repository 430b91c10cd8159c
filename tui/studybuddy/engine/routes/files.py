"""`/v1/files`."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from studybuddy.engine.context import context_of
from studybuddy.engine.errors import ApiError
from studybuddy.engine.expiry import is_expired, lifetime_in
from studybuddy.engine.fields import check_choice, missing, not_found
from studybuddy.engine.objects import File, new_object_id
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import deleted, list_query, list_response
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.uploads import receive

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")

_MOST = 10_000  # in one page


async def upload_file(request: Request) -> Response:
    """Take a file in; it is there whole, or not at all."""
    context = context_of(request)
    file_id = new_object_id("file")
    try:
        upload = await receive(request, context.files.unfinished(file_id))
        purpose = upload.fields.get("purpose")
        if not purpose:
            raise missing("purpose")
        check_choice(purpose, PURPOSES, "purpose")
        lifetime = lifetime_in(upload.fields, purpose)
        await asyncio.to_thread(context.files.keep, file_id)
    except BaseException:
        context.files.drop(file_id)
        raise
    file = File(id=file_id, bytes=upload.size, filename=upload.filename, purpose=purpose)
    if lifetime is not None:
        file.expires_at = file.created_at + lifetime
    # Where this fails the content is not known of, and goes at the next start.
    await context.store.write(lambda objects: objects.insert(file))
    return json_response(file)


async def list_files(request: Request) -> Response:
    """A page of them, all or those of one purpose."""
    query = list_query(request, most=_MOST, usual=_MOST)
    await context_of(request).expiry.remove_expired()
    purpose = request.query_params.get("purpose")
    having = {"purpose": purpose} if purpose else None
    store = context_of(request).store
    return list_response(await store.read(lambda o: query.page(o, File, "file", having=having)))


async def get_file(request: Request) -> Response:
    """One of them."""
    id = request.path_params["file_id"]
    return json_response(await context_of(request).store.read(lambda o: find_upload(o, id)))


async def get_content(request: Request) -> Response:
    """Its bytes; unlike OpenAI's, also those of files for assistants: they are the student's."""
    context = context_of(request)
    id = request.path_params["file_id"]
    file = await context.store.read(lambda o: find_upload(o, id))
    path = context.files.path(file.id)
    if not await asyncio.to_thread(path.is_file):
        raise ApiError(404, f"The content of file '{id}' is gone from the disk.")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=file.filename,
        headers={"X-Content-Type-Options": "nosniff"},
    )


async def delete_file(request: Request) -> Response:
    """Remove one, from the vector stores too."""
    context = context_of(request)
    id = request.path_params["file_id"]

    await context.expiry.remove(lambda objects: [find_upload(objects, id)])
    return deleted(id, "file")


def find_upload(objects: Objects, id: str) -> File:
    """An uploaded file.

    Raises:
        ApiError: 404 where there is none of that id, or it has expired.
    """
    file = objects.get(File, id)
    if file is None or is_expired(file):
        raise not_found("file", id)
    return file


routes = [
    Route("/v1/files", upload_file, methods=["POST"]),
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", get_file, methods=["GET"]),
    Route("/v1/files/{file_id}", delete_file, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", get_content, methods=["GET"]),
]
