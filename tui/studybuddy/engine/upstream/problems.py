"""Failures of an upstream server, in the engine's own words where it had none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from studybuddy.domain.text import harmless
from studybuddy.engine.errors import (
    INVALID_REQUEST,
    SERVER_ERROR,
    ApiError,
    invalid,
    overflow,
)

UNREACHABLE = "upstream_unreachable"
"""The code of an error for a request that never got there."""
BROKE_OFF = "upstream_disconnected"
"""The code of an error for a request that may have been worked on."""
ODD_ANSWER = "upstream_malformed"
"""The code of an error for an answer that is not what the API promises."""

_PASSED_ON = ("retry-after", "retry-after-ms", "x-request-id")
_LONGEST_TEXT = 500  # characters of a body that is no JSON

_NATIVE_CODES = {"exceed_context_size_error": "context_length_exceeded"}


def of_response(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error that an upstream's answer tells, with its status, in OpenAI's envelope."""
    passed = {name: headers[name] for name in _PASSED_ON if name in headers}
    error = of_body(status, body)
    error.headers = passed
    return error


def of_body(status: int, body: bytes) -> ApiError:
    """The error in a body: OpenAI's envelope, its inside, `detail`, or plain text.

    What it says will be shown on terminals: it is made harmless here, for all of them.
    """
    found = _decoded(body)
    inner = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(inner, str):
        inner = {"message": inner}
    if not isinstance(inner, dict):
        inner = {"message": body.decode("utf-8", "replace").strip()[:_LONGEST_TEXT]}
    tokens, context = inner.get("n_prompt_tokens"), inner.get("n_ctx")
    if isinstance(tokens, int) and isinstance(context, int):  # llama.cpp
        return overflow(tokens, context)
    kind, code = inner.get("type"), inner.get("code")
    if isinstance(code, int):  # llama.cpp puts the status there
        code = None
    message = inner.get("message") or inner.get("detail") or ""
    if not isinstance(message, str):
        message = msgspec.json.encode(message).decode()
    message = harmless(message).strip()
    if status in (401, 403):
        message = f"The model's server refused the key: {message}"
    return ApiError(
        status,
        message or f"The model's server answered with status {status}.",
        _word(kind) or _type_of(status),
        code=_word(code) or _NATIVE_CODES.get(str(kind)),
        param=_word(inner.get("param")),
    )


def _word(value: object) -> str | None:
    return harmless(value) if isinstance(value, str) and value else None


def of_transport(error: httpx2.HTTPError | httpx2.InvalidURL, where: str) -> ApiError:
    """The error for a connection that could not be made, or broke.

    Args:
        error: what the client library raised.
        where: the upstream's address, for telling.
    """
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return _unreachable(f"The address of the model's server, {where}, can't be used.")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return _unreachable(f"The model's server at {where} can't be reached. Is it running?")
    if isinstance(error, httpx2.TimeoutException):
        return ApiError(
            504,
            f"The model's server at {where} took too long to answer.",
            SERVER_ERROR,
            code="upstream_timeout",
        )
    return ApiError(
        502,
        f"The model's server at {where} broke off the connection.",
        SERVER_ERROR,
        code=BROKE_OFF,
    )


def of_odd_answer(where: str) -> ApiError:
    """The error for an answer that is not what the API promises."""
    return ApiError(
        502,
        f"The model's server at {where} gave an answer that is not of the OpenAI API.",
        SERVER_ERROR,
        code=ODD_ANSWER,
    )


def no_tokenizer() -> ApiError:
    """404: the upstream can't tell token ids."""
    error = invalid("The model behind this engine does not tell its tokens.", None)
    error.status = 404
    error.code = "not_supported"
    return error


def _unreachable(message: str) -> ApiError:
    return ApiError(502, message, SERVER_ERROR, code=UNREACHABLE)


def _type_of(status: int) -> str:
    return INVALID_REQUEST if status < 500 else SERVER_ERROR


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
