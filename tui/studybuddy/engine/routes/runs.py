"""`/v1/threads/{thread_id}/runs`, and `/v1/threads/runs`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json
from studybuddy.engine.context import context_of
from studybuddy.engine.errors import ApiError
from studybuddy.engine.fields import metadata_in, not_found
from studybuddy.engine.objects import ACTIVE, Run
from studybuddy.engine.responses import json_response, while_client_stays
from studybuddy.engine.routes.lists import list_query, list_response
from studybuddy.engine.routes.run_events import RunEvents
from studybuddy.engine.routes.threads import thread_from
from studybuddy.engine.routes.upstreams import HEADER, served_by
from studybuddy.engine.runs.broadcast import Listener, Told
from studybuddy.engine.runs.manager import Created
from studybuddy.engine.runs.requests import check_run, outputs_from, run_from
from studybuddy.engine.runs.views import CONTENT, poll_after, shown
from studybuddy.engine.store.objects import Objects, Page
from studybuddy.engine.threads.messages import find_thread

LONGEST_WAIT = 30
"""Seconds that a request for a run may wait for a change."""

_WAIT = re.compile(r'\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;.*)?', re.IGNORECASE)


async def create_run(request: Request) -> Response:
    """Start one on a thread.

    With `Prefer: handling=lenient` (RFC 7240) it takes limits of tokens below the API's least.
    """
    return await _create(request, request.path_params["thread_id"])


async def create_thread_and_run(request: Request) -> Response:
    """Make a thread and start a run on it."""
    return await _create(request, None)


async def list_runs(request: Request) -> Response:
    """A page of a thread's runs."""
    query = list_query(request)
    thread_id = request.path_params["thread_id"]

    def read(objects: Objects) -> Page[Run]:
        find_thread(objects, thread_id)
        return query.page(objects, Run, "run", parent=thread_id)

    return list_response(await context_of(request).store.read(read))


async def get_run(request: Request) -> Response:
    """One of them; with `Prefer: wait=N` once it has changed, or after N seconds.

    The run's change is seen against the `If-None-Match` that the request has; one that is no more
    true is answered at once, and never with 304: who waits wants the run.
    """
    runs = context_of(request).runs
    run_id = request.path_params["run_id"]
    revision = runs.revision(run_id)
    run = await _read(request)
    seconds = _preferred_wait(request)
    known = request.headers.get("if-none-match")
    if seconds and run.status in ACTIVE and (known is None or runs.etag(run, revision) in known):
        try:
            changed = runs.changed(run_id, revision, seconds)
            await while_client_stays(request, context_of(request).closing, changed)
        except ApiError:
            pass  # the engine ends: what is known is still worth telling
        revision = runs.revision(run_id)
        run = await _read(request)
    response = _run_response(run)
    response.headers["ETag"] = runs.etag(run, revision)
    if seconds is not None:
        response.headers["Preference-Applied"] = f"wait={seconds}"
    return response


async def update_run(request: Request) -> Response:
    """Change its metadata."""
    context = context_of(request)
    place = request.path_params["thread_id"], request.path_params["run_id"]
    body = await read_json(request, may_be_empty=True)

    def update(objects: Objects) -> Run:
        run = _find(objects, *place)
        if "metadata" in body:
            run.metadata = metadata_in(body)
        objects.update(run)
        return run

    run = await context.store.write(update)
    context.runs.touch(run.id)
    return _run_response(run)


async def cancel_run(request: Request) -> Response:
    """Begin to cancel one."""
    params = request.path_params
    return _run_response(
        await context_of(request).runs.cancel(params["thread_id"], params["run_id"])
    )


async def submit_outputs(request: Request) -> Response:
    """Give a run the outputs that it waits for."""
    params = request.path_params
    body = await read_json(request)
    upstream = served_by(request)[0] if HEADER in request.headers else None
    run, listener = await context_of(request).runs.submit(
        params["thread_id"],
        params["run_id"],
        outputs_from(body, upstream),
        listen=bool(body.get("stream")),
    )
    return _answer(request, run, listener)


async def _create(request: Request, thread_id: str | None) -> Response:
    context = context_of(request)
    body = await read_json(request)
    check_run(body, lenient="handling=lenient" in _preferences(request))
    upstream, served = served_by(request)
    if body.get("model"):
        await served.names.check(body["model"])

    def create(objects: Objects) -> Created:
        told: tuple[Told, ...] = ()
        place = thread_id
        if place is None:
            thread = thread_from(objects, _thread_of(body), "thread.")
            place, told = thread.id, (Told("thread.created", thread),)
        run = run_from(
            objects, place, body, upstream=upstream, lifetime=context.runs.parts.limits.lifetime
        )
        return Created(run, told)

    run, listener = await context.runs.create(create, listen=bool(body.get("stream")))
    context.ingestion.wake()
    return _answer(request, run, listener)


def _thread_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The thread to make; resources for the run's tools become the thread's, unless it has some."""
    thread = dict(body.get("thread") or {})
    if thread.get("tool_resources") is None:
        thread["tool_resources"] = body.get("tool_resources")
    return thread


def _answer(request: Request, run: Run, listener: Listener | None) -> Response:
    if listener is None:
        return _run_response(run)
    content = CONTENT in request.query_params.getlist("include[]")
    context = context_of(request)
    show = partial(shown, content=content)
    return RunEvents(listener, show, context.closing, context.patience.silence)


def _run_response(run: Run) -> Response:
    response = json_response(run)
    response.headers["openai-poll-after-ms"] = str(poll_after(run))
    return response


def _preferred_wait(request: Request) -> int | None:
    """Seconds to wait for a change (RFC 7240); `None` where none are asked for."""
    for preference in _preferences(request):
        if found := _WAIT.fullmatch(preference):
            return min(LONGEST_WAIT, int(found[1]))
    return None


def _preferences(request: Request) -> list[str]:
    headers = request.headers.getlist("prefer")
    return [part.strip().lower() for header in headers for part in header.split(",")]


async def _read(request: Request) -> Run:
    place = request.path_params["thread_id"], request.path_params["run_id"]
    return await context_of(request).store.read(lambda objects: _find(objects, *place))


def _find(objects: Objects, thread_id: str, run_id: str) -> Run:
    run = objects.get(Run, run_id, parent=thread_id)
    if run is None:
        find_thread(objects, thread_id)
        raise not_found("run", run_id)
    return run


_LIST = "/v1/threads/{thread_id}/runs"
_ONE = _LIST + "/{run_id}"

routes = [
    Route("/v1/threads/runs", create_thread_and_run, methods=["POST"]),
    Route(_LIST, create_run, methods=["POST"]),
    Route(_LIST, list_runs, methods=["GET"]),
    Route(_ONE, get_run, methods=["GET"]),
    Route(_ONE, update_run, methods=["POST"]),
    Route(_ONE + "/cancel", cancel_run, methods=["POST"]),
    Route(_ONE + "/submit_tool_outputs", submit_outputs, methods=["POST"]),
]
