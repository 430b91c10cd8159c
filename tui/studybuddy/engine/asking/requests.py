"""Chat completions asked of an upstream: the body, the stream, and its failures."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from studybuddy.engine.asking.gathering import Gathering, chunk_in
from studybuddy.engine.asking.port import Ask
from studybuddy.engine.errors import SERVER_ERROR, ApiError
from studybuddy.engine.responses import DONE
from studybuddy.engine.upstream import problems
from studybuddy.engine.upstream.port import Upstream


def plain_body(ask: Ask, model: str) -> dict[str, Any]:
    """The request without any tools.

    Args:
        ask: what is asked; its messages are sent as they are.
        model: the upstream's name for it.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": list(ask.messages),
        "response_format": ask.response_format,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "max_completion_tokens": ask.max_completion_tokens,
        "reasoning_effort": ask.reasoning_effort,
    }
    return {name: value for name, value in body.items() if value is not None}


def body_with_tools(ask: Ask, model: str) -> dict[str, Any]:
    """The request with its tools, where there are any."""
    body = plain_body(ask, model)
    if not ask.tools:
        return body
    body["tools"] = list(ask.tools)
    if ask.tool_choice != "auto":
        body["tool_choice"] = ask.tool_choice
    if not ask.parallel_tool_calls:
        body["parallel_tool_calls"] = False
    return body


async def stream_text(
    upstream: Upstream, body: Mapping[str, Any], gathering: Gathering
) -> AsyncGenerator[str, None]:
    """Have a completion streamed: its text as it comes, and all the rest into `gathering`.

    Raises:
        ApiError: the upstream's, also one that comes in the middle of the stream.
    """
    finished = False
    sent = {**body, "stream": True, "stream_options": {"include_usage": True}}
    async with aclosing(upstream.stream(sent)) as payloads:
        async for payload in payloads:
            if payload.strip() == DONE:
                finished = True
                break
            chunk = chunk_in(payload)
            if chunk is None:
                raise problems.of_odd_answer("its address")
            if chunk.get("error"):
                raise problems.of_body(_status(chunk["error"]), payload)
            if text := gathering.add(chunk):
                yield text
    if rest := gathering.rest():
        yield rest
    if not finished and not gathering.finish_reason:
        raise ApiError(
            502,
            "The model's server broke off in the middle of its answer.",
            SERVER_ERROR,
            code=problems.BROKE_OFF,
        )


def _status(error: Any) -> int:
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
