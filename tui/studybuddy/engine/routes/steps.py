"""`/v1/threads/{thread_id}/runs/{run_id}/steps`."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.context import context_of
from studybuddy.engine.fields import not_found
from studybuddy.engine.objects import Run, RunStep
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import list_query, list_response
from studybuddy.engine.runs.views import CONTENT, shown
from studybuddy.engine.store.objects import Objects, Page
from studybuddy.engine.threads.messages import find_thread


async def list_steps(request: Request) -> Response:
    """A page of a run's steps."""
    query = list_query(request)
    place = request.path_params["thread_id"], request.path_params["run_id"]

    def read(objects: Objects) -> Page[RunStep]:
        _check_run(objects, *place)
        return query.page(objects, RunStep, "run step", parent=place[1])

    page = await context_of(request).store.read(read)
    return list_response(page, partial(shown, content=_wants_content(request)))


async def get_step(request: Request) -> Response:
    """One of them."""
    place = request.path_params["thread_id"], request.path_params["run_id"]
    step_id = request.path_params["step_id"]

    def read(objects: Objects) -> RunStep:
        _check_run(objects, *place)
        step = objects.get(RunStep, step_id, parent=place[1])
        if step is None:
            raise not_found("run step", step_id)
        return step

    step = await context_of(request).store.read(read)
    return json_response(shown(step, content=_wants_content(request)))


def _check_run(objects: Objects, thread_id: str, run_id: str) -> None:
    if objects.get(Run, run_id, parent=thread_id) is None:
        find_thread(objects, thread_id)
        raise not_found("run", run_id)


def _wants_content(request: Request) -> bool:
    wanted = request.query_params.getlist("include[]") + request.query_params.getlist("include")
    return CONTENT in wanted


_LIST = "/v1/threads/{thread_id}/runs/{run_id}/steps"

routes = [
    Route(_LIST, list_steps, methods=["GET"]),
    Route(_LIST + "/{step_id}", get_step, methods=["GET"]),
]
