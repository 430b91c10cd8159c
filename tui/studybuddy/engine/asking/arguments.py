"""The arguments of a tool call: repaired where that is simple, and checked by their schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studybuddy.engine.asking.characters import cleaned_json
from studybuddy.engine.asking.offered import Function, Offered
from studybuddy.engine.asking.port import Call
from studybuddy.engine.asking.schemas import schema_problem

_WRAPPERS = ("arguments", "parameters", "args", "input")


def argument_problem(call: Call, tools: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a call, in a sentence that the model can act on; empty where it is well.

    It takes a few milliseconds, and half a second at most, whatever the schema says; the first
    call of a process also loads what checks schemas.

    Args:
        call: as in a `Reply`.
        tools: that the request offered.
    """
    offered = Offered(tools)
    function = offered.get(call.name)
    if function is None:
        known = ", ".join(offered.names) or "none"
        return f"There is no function “{call.name}”. The functions are: {known}."
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError) as error:
        return f"The arguments of {function.name} are not valid JSON ({error}). Call it again."
    problem = schema_problem(value, function.parameters)
    return f"The arguments of {function.name} are wrong: {problem}. Call it again." * bool(problem)


def repaired(call: Call, offered: Offered) -> Call:
    """The call with its function's exact name, and with arguments that validate.

    One that is right is left as it is, and so is one that can't be put right by simple means.
    """
    function = offered.get(call.name)
    if function is None:
        return call
    call = replace(call, name=function.name)
    given = _decoded(call.arguments)
    value = cleaned_json(given)
    if isinstance(value, Mapping) and not schema_problem(value, function.parameters):
        if value == given:
            return call
        return replace(call, arguments=json.dumps(value, ensure_ascii=False))
    if (fixed := fitted(_repaired(call.arguments, value), function)) is not None:
        return replace(call, arguments=json.dumps(fixed, ensure_ascii=False))
    return call


def fitted(value: Any, function: Function) -> dict[str, Any] | None:
    """Arguments made to fit a function's schema; `None` where they do not.

    Undone is what models do often: an object in a string, a wrapping in "arguments", a number
    as a string, one item where a list is due.
    """
    for candidate in (value, *_unwrapped(value, function)):
        if isinstance(candidate, Mapping):
            coerced = _coerced(cleaned_json(candidate), function.parameters)
            if not schema_problem(coerced, function.parameters):
                return dict(coerced)
    return None


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _repaired(text: str, value: Any) -> Any:
    """The value that a text was meant to be; `value` where it is JSON as it stands."""
    if isinstance(value, str):  # encoded twice, or a lone text
        inner = _decoded(value)
        return _repaired(value, inner) if inner or value.lstrip()[:1] in ("{", "[") else value
    if value is not None:
        return value
    from json_repair import loads

    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None


def _unwrapped(value: Any, function: Function) -> list[Any]:
    """What lies inside a wrapping, where the function has no such argument."""
    if not isinstance(value, Mapping):
        # A lone value for the one argument that there is.
        only = list(function.properties)
        return [{only[0]: value}] if len(only) == 1 and value not in (None, "") else []
    inside = [
        value[name] for name in _WRAPPERS if name in value and name not in function.properties
    ]
    return [_repaired(item, _decoded(item)) if isinstance(item, str) else item for item in inside]


def _coerced(value: Any, schema: Any) -> Any:
    """A value with its parts in the types that a schema wants, as far as that is certain."""
    if not isinstance(schema, Mapping):
        return value
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(value, str) and "string" not in kinds:
        value = _from_text(value, kinds)
    elif kinds == ["string"] and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if kinds == ["array"] and isinstance(value, str | int | float | Mapping):
        value = [value]
    if isinstance(value, list):
        return [_coerced(item, schema.get("items")) for item in value]
    if isinstance(value, Mapping):
        inner = schema.get("properties")
        inner = inner if isinstance(inner, Mapping) else {}
        return {name: _coerced(item, inner.get(name)) for name, item in value.items()}
    return value


def _from_text(text: str, kinds: Sequence[Any]) -> Any:
    wanted: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    found = _decoded(text.strip().lower() if "boolean" in kinds else text.strip())
    fits = any(isinstance(found, wanted[kind]) for kind in kinds if kind in wanted)
    return found if fits else text
