"""`GET /health`: whether the engine and its model are well. No token is needed."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy import __version__
from studybuddy.engine.context import context_of
from studybuddy.engine.responses import json_response

PATH = "/health"


async def health(request: Request) -> Response:
    """Tell who answers here, and how its model is."""
    context = context_of(request)
    model = context.upstream.health()
    return json_response(
        {
            "status": "ok" if model["state"] == "ready" else model["state"],
            "engine": "studybuddy",
            "version": __version__,
            "pid": os.getpid(),
            "model": model,
        }
    )


routes = [Route(PATH, health, methods=["GET"])]
