"""`POST /tokenize`, as llama.cpp's server has it: text to token ids."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json, wrong_type
from studybuddy.engine.context import context_of
from studybuddy.engine.responses import json_response, while_client_stays


async def tokenize(request: Request) -> Response:
    """The token ids of `content`."""
    context = context_of(request)
    text = (await read_json(request)).get("content")
    if not isinstance(text, str):
        raise wrong_type("content", (str,), text)
    tokens = await while_client_stays(request, context.closing, context.upstream.tokenize(text))
    return json_response({"tokens": tokens})


routes = [
    Route("/tokenize", tokenize, methods=["POST"]),
    Route("/v1/tokenize", tokenize, methods=["POST"]),
]
