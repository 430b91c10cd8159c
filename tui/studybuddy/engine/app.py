"""The engine's ASGI application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from studybuddy.engine.context import EngineContext
from studybuddy.engine.errors import SERVER_ERROR, ApiError, ClientGone
from studybuddy.engine.guards import HostGuard, TokenGuard
from studybuddy.engine.responses import error_response
from studybuddy.engine.routes import (
    assistants,
    chat,
    files,
    health,
    messages,
    model,
    models,
    runs,
    steps,
    threads,
    tokenize,
    upstreams,
    vector_store_files,
    vector_stores,
)
from studybuddy.engine.serve import LOOPBACK_NAMES

log = logging.getLogger(__name__)

_CLIENT_CLOSED = 499  # nginx's number; no one is left to see it


def create_app(
    context: EngineContext, token: str, hosts: Collection[str] = LOOPBACK_NAMES
) -> Starlette:
    """The application.

    Args:
        context: what the routes work with; its parts are opened and closed with the app.
        token: the bearer token that every request but `GET /health` must carry.
        hosts: names that a Host header may have; none given allows all.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(context.search.close)
            for part in (context.store, context.files, context.ingestion, context.expiry):
                await part.open()
                last_first.push_async_callback(part.close)
            last_first.push_async_callback(context.upstreams.close)
            await context.upstreams.start()
            await context.runs.open()
            last_first.push_async_callback(context.runs.close)
            last_first.callback(context.closing.set)
            yield

    app = Starlette(
        routes=[
            *health.routes,
            *models.routes,
            *chat.routes,
            *tokenize.routes,
            *upstreams.routes,
            *model.routes,
            *assistants.routes,
            *runs.routes,  # /threads/runs is no thread of that name
            *threads.routes,
            *messages.routes,
            *steps.routes,
            *files.routes,
            *vector_stores.routes,
            *vector_store_files.routes,
        ],
        middleware=[
            Middleware(HostGuard, hosts=hosts),
            Middleware(TokenGuard, token=token, open_paths={health.PATH}),
        ],
        exception_handlers={
            ApiError: _tell,
            ClientGone: _forget,
            HTTPException: _tell_routing,
            Exception: _tell_fault,
        },
        lifespan=lifespan,
    )
    app.state.context = context
    return app


async def _tell(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def _forget(_: Request, error: Exception) -> Response:
    return Response(status_code=_CLIENT_CLOSED)


async def _tell_routing(request: Request, error: Exception) -> Response:
    """Say what Starlette's router found wrong."""
    assert isinstance(error, HTTPException)
    place = f"{request.method} {request.url.path}"
    if error.status_code == 404:
        told = ApiError(404, f"Invalid URL ({place}).", code="unknown_url")
    elif error.status_code == 405:
        told = ApiError(405, f"Method not allowed ({place}).", code="method_not_supported")
    else:
        told = ApiError(error.status_code, error.detail)
    told.headers = dict(error.headers or {})
    return error_response(told)


async def _tell_fault(request: Request, error: Exception) -> Response:
    """Admit a fault of the engine's own; Starlette raises it again, and the server logs it."""
    return error_response(
        ApiError(500, "The engine had an error of its own. Its log tells more.", SERVER_ERROR)
    )
