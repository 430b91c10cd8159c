"""Errors as OpenAI's API tells them: a status and one envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


@dataclass(slots=True)
class ApiError(Exception):
    """An answer that is an error; raised anywhere in the engine, it reaches the client as told."""

    status: int
    """HTTP status."""
    message: str
    type: str = INVALID_REQUEST
    code: str | None = None
    param: str | None = None
    """The request's field that is at fault, such as `messages[0].role`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the response, such as Retry-After."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More members of the error object, such as the numbers of a context overflow."""

    def __str__(self) -> str:
        return self.message

    def envelope(self) -> dict[str, Any]:
        """The body of the response."""
        error = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error | dict(self.extra)}


class ClientGone(Exception):
    """The client closed its connection: no one is left to answer."""


def invalid(message: str, param: str | None, code: str | None = None) -> ApiError:
    """400: a field of the request is missing or wrong."""
    return ApiError(400, message, code=code, param=param)


def unauthorized(message: str) -> ApiError:
    """401: no token, or not the engine's."""
    return ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})


def no_such_model(name: str) -> ApiError:
    """404: the model is not known, and no other may stand in for it."""
    return ApiError(
        404,
        f"The model '{name}' does not exist. GET /v1/models lists those that do.",
        code="model_not_found",
        param="model",
    )


def too_large(limit: int) -> ApiError:
    """413: the body has more than `limit` bytes."""
    return ApiError(
        413,
        f"The request is too large: at most {limit // (1024 * 1024)} MB are taken.",
        code="request_too_large",
    )


def shutting_down() -> ApiError:
    """503: the engine is about to end."""
    return ApiError(503, "The engine is shutting down.", SERVER_ERROR, code="engine_shutting_down")


def not_ready(message: str, code: str, retry_after: int = 1) -> ApiError:
    """503: the model is loading or has just crashed; `retry_after` is in seconds."""
    return ApiError(
        503, message, SERVER_ERROR, code=code, headers={"Retry-After": str(retry_after)}
    )


def overflow(prompt_tokens: int, context: int) -> ApiError:
    """400: the prompt does not fit the model's context window; both in tokens."""
    return ApiError(
        400,
        f"This model's maximum context length is {context} tokens. However, your messages "
        f"resulted in {prompt_tokens} tokens. Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
        extra={"n_prompt_tokens": prompt_tokens, "n_ctx": context},
    )
