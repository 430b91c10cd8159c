"""`GET /v1/models` and `GET /v1/models/{id}`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.context import context_of
from studybuddy.engine.errors import no_such_model
from studybuddy.engine.responses import json_response, while_client_stays


async def list_models(request: Request) -> Response:
    """The upstream's models, as it tells them."""
    context = context_of(request)
    entries = await while_client_stays(request, context.closing, _models(request))
    return json_response({"object": "list", "data": entries})


async def get_model(request: Request) -> Response:
    """One of them."""
    asked = request.path_params["model"]
    context = context_of(request)
    entries = await while_client_stays(request, context.closing, _models(request))
    for entry in entries:
        if entry["id"] == asked:
            return json_response(entry)
    raise no_such_model(asked)


async def _models(request: Request) -> list[dict[str, object]]:
    entries = await context_of(request).upstream.models()
    defaults = {"object": "model", "created": 0, "owned_by": "unknown"}
    return [{"id": entry["id"], **defaults, **entry} for entry in entries]


routes = [
    Route("/v1/models", list_models, methods=["GET"]),
    Route("/v1/models/{model:path}", get_model, methods=["GET"]),
]
