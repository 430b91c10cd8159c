"""What counts tokens: `POST /tokenize`, and a chat completion's `input_tokens`.

Both are as llama.cpp's server has them. The second takes the very body of the completion, and
tells what its `usage.prompt_tokens` will be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import read_json, wrong_type
from studybuddy.engine.context import context_of
from studybuddy.engine.responses import json_response, while_client_stays
from studybuddy.engine.routes.chat import check_completion


async def tokenize(request: Request) -> Response:
    """The token ids of `content`."""
    context = context_of(request)
    text = (await read_json(request)).get("content")
    if not isinstance(text, str):
        raise wrong_type("content", (str,), text)
    tokens = await while_client_stays(request, context.closing, context.upstream.tokenize(text))
    return json_response({"tokens": tokens})


async def count_completion(request: Request) -> Response:
    """The prompt tokens of a chat completion that is not asked yet.

    The object is the one that OpenAI documents for counts of Responses (`TokenCountsResource`).
    """
    body = await read_json(request)
    check_completion(body)
    tokens = await while_client_stays(request, context_of(request).closing, _count(request, body))
    return json_response({"object": "response.input_tokens", "input_tokens": tokens})


async def _count(request: Request, body: Mapping[str, Any]) -> int:
    context = context_of(request)
    names = await context.names.resolve(body.get("model") or "")
    return await context.upstream.count({**body, "model": names.sent})


routes = [
    Route("/v1/chat/completions/input_tokens", count_completion, methods=["POST"]),
    Route("/tokenize", tokenize, methods=["POST"]),
    Route("/v1/tokenize", tokenize, methods=["POST"]),
]
