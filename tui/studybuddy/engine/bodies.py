"""Request bodies: read within a limit, decoded, and checked for wrong types by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from studybuddy.engine.errors import ClientGone, invalid, too_large

JSON_LIMIT = 32 * 1024 * 1024
"""Bytes of a JSON body."""

_DRAIN_LIMIT = 256 * 1024 * 1024  # bytes

_DEEPEST = 200  # levels of arrays and objects

Types = Mapping[str, tuple[type, ...]]
"""Field to the types its value may have; null always may stand for a field left out."""

NUMBER: tuple[type, ...] = (int, float)

_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


async def read_json(
    request: Request, limit: int = JSON_LIMIT, *, may_be_empty: bool = False
) -> dict[str, Any]:
    """The request's body, which must be a JSON object of at most `limit` bytes.

    Where it may be empty, no body at all is an empty object.

    Raises:
        ApiError: 400 where it is no JSON object, 413 where it is too large.
        ClientGone: where the client left before all of it came.
    """
    body = await _read(request, limit)
    if may_be_empty and not body.strip():
        return {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(
            f"We could not parse the JSON body of your request: {error}.", None
        ) from error
    if not isinstance(found, dict):
        raise invalid(f"The request body must be an object, but it is {_name(found)}.", None)
    if body.count(b"{") + body.count(b"[") > _DEEPEST and _is_deeper(found, _DEEPEST):
        # What could just be read could perhaps not be written again, in a list of such objects.
        raise invalid(f"The request body is nested more than {_DEEPEST} levels deep.", None)
    return found


def check_types(body: Mapping[str, Any], types: Types, where: str = "") -> None:
    """Refuse a field whose value has a wrong type; unknown fields may be anything.

    Args:
        body: the object to look at.
        types: what is known about its fields.
        where: its place in the request, such as `messages[0].`.

    Raises:
        ApiError: 400, naming the field.
    """
    for field, allowed in types.items():
        value = body.get(field)
        if value is not None and not _is_one_of(value, allowed):
            raise wrong_type(where + field, allowed, value)


def wrong_type(param: str, allowed: tuple[type, ...], value: object) -> Exception:
    """The error for a value of a wrong type, in the words of OpenAI's API."""
    # An integer is a number: say only the wider of the two.
    wanted = [kind for kind in allowed if not (kind is int and float in allowed)]
    expected = " or ".join(_NAMES[kind] for kind in wanted)
    return invalid(
        f"Invalid type for '{param}': expected {expected}, but got {_name(value)} instead.",
        param,
        "invalid_type",
    )


def _is_one_of(value: object, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):  # which Python takes for an integer
        return bool in allowed
    return isinstance(value, allowed)


def _is_deeper(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(value, (dict, list)) for value in level)


def _name(value: object) -> str:
    return _NAMES.get(type(value), "something else")


async def _read(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > _DRAIN_LIMIT:
                break
            else:
                # Read on and forget: a client that is still sending would not see the answer.
                chunks.clear()
    except ClientDisconnect as error:
        raise ClientGone from error
    if size > limit:
        raise too_large(limit)
    return b"".join(chunks)
