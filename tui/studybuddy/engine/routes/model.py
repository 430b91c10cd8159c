"""`POST /studybuddy/model`: have the built-in model loaded, where it waits to be asked."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.context import context_of
from studybuddy.engine.responses import json_response
from studybuddy.engine.upstream.late import LateUpstream


async def load_model(request: Request) -> Response:
    """Begin to load it, and tell how it is; `GET /health` tells how that goes on."""
    upstream = context_of(request).upstream
    if isinstance(upstream, LateUpstream):
        await upstream.wake()
    else:
        await upstream.start()
    return json_response(upstream.health())


routes = [Route("/studybuddy/model", load_model, methods=["POST"])]
