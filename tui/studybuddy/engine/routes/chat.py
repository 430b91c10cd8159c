"""`POST /v1/chat/completions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import NUMBER, Types, check_types, read_json, wrong_type
from studybuddy.engine.context import context_of
from studybuddy.engine.errors import invalid
from studybuddy.engine.opening import Opening
from studybuddy.engine.responses import DONE, EventStream, json_response, while_client_stays
from studybuddy.engine.upstream.progress import is_progress

_TYPES: Types = {
    "model": (str,),
    "stream": (bool,),
    "stream_options": (dict,),
    "temperature": NUMBER,
    "top_p": NUMBER,
    "frequency_penalty": NUMBER,
    "presence_penalty": NUMBER,
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "n": (int,),
    "seed": (int,),
    "stop": (str, list),
    "logprobs": (bool,),
    "top_logprobs": (int,),
    "logit_bias": (dict,),
    "tools": (list,),
    "tool_choice": (str, dict),
    "parallel_tool_calls": (bool,),
    "response_format": (dict,),
    "reasoning_effort": (str,),
    "user": (str,),
    "metadata": (dict,),
}

_MESSAGE_TYPES: Types = {
    "content": (str, list),
    "name": (str,),
    "tool_calls": (list,),
    "tool_call_id": (str,),
}


async def create_completion(request: Request) -> Response:
    """Have the upstream answer, whole or as a stream; unknown fields are passed on."""
    context = context_of(request)
    body = await read_json(request)
    check_completion(body)
    if body.get("stream"):
        opening = Opening(_stream(request, body))
        try:
            wait = opening.wait(context.patience.opening)
            await while_client_stays(request, context.closing, wait)
        except BaseException:
            await opening.aclose()
            raise
        return EventStream(opening, context.closing, context.patience.silence)
    whole = await while_client_stays(request, context.closing, _complete(request, body))
    return json_response(whole)


def check_completion(body: Mapping[str, Any]) -> None:
    """Refuse a request that is not one for a chat completion.

    Raises:
        ApiError: 400, naming the field.
    """
    messages = body.get("messages")
    if messages is None:
        raise invalid(
            "Missing required parameter: 'messages'.", "messages", "missing_required_parameter"
        )
    if not isinstance(messages, list):
        raise wrong_type("messages", (list,), messages)
    if not messages:
        raise invalid(
            "Invalid 'messages': empty array. Expected an array with at least one message.",
            "messages",
            "empty_array",
        )
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, dict):
            raise wrong_type(where, (dict,), message)
        if not isinstance(message.get("role"), str):
            raise wrong_type(f"{where}.role", (str,), message.get("role"))
        check_types(message, _MESSAGE_TYPES, f"{where}.")
    check_types(body, _TYPES)


async def _complete(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    context = context_of(request)
    names = await context.names.resolve(body.get("model") or "")
    whole = await context.upstream.complete({**body, "model": names.sent})
    return whole | {"model": names.echo} if names.echo else whole


async def _stream(request: Request, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    """The upstream's payloads, with the asked name in them where another model answers for it.

    Reports of how far the prompt is read are for those who asked for them, as one asks llama.cpp;
    to others they are empty: a sign of life.
    """
    context = context_of(request)
    names = await context.names.resolve(body.get("model") or "")
    wanted = bool(body.get("return_progress"))
    stream = context.upstream.stream({**body, "model": names.sent})
    async with aclosing(stream) as payloads:
        async for payload in payloads:
            if not wanted and is_progress(payload):
                yield b""
            else:
                yield payload if names.echo is None else _renamed(payload, names.echo)


def _renamed(payload: bytes, name: str) -> bytes:
    if payload == DONE:
        return payload
    try:
        chunk = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return payload
    if not isinstance(chunk, dict) or "model" not in chunk:
        return payload
    return msgspec.json.encode(chunk | {"model": name})


routes = [Route("/v1/chat/completions", create_completion, methods=["POST"])]
