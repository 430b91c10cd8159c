"""The arguments of a tool call: repaired where that is simple, and checked by their schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studybuddy.engine.asking.offered import Function, Offered
from studybuddy.engine.asking.port import Call

_WRAPPERS = ("arguments", "parameters", "args", "input")
_LONGEST_TOLD = 200  # characters of a validator's message


def argument_problem(call: Call, tools: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a call, in a sentence that the model can act on; empty where it is well.

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
    value = _decoded(call.arguments)
    if isinstance(value, Mapping) and not schema_problem(value, function.parameters):
        return call
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
            coerced = _coerced(candidate, function.parameters)
            if not schema_problem(coerced, function.parameters):
                return dict(coerced)
    return None


def schema_problem(value: Any, schema: Mapping[str, Any]) -> str:
    """The first thing in which arguments do not follow a schema; empty where they do.

    A schema that is none itself binds nothing, but that arguments are an object.
    """
    if not isinstance(value, Mapping):
        return "they must be a JSON object"
    if not schema:
        return ""
    # Slow to load, and needed only once a function is called.
    from jsonschema.exceptions import SchemaError, UnknownType, best_match
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
        # With a registry of its own it fetches no schema from anywhere.
        error = best_match(kind(dict(schema), registry=Registry()).iter_errors(value))
    except (SchemaError, UnknownType, Unresolvable, RecursionError, re.error):
        return ""
    if error is None:
        return ""
    where = error.json_path.removeprefix("$").removeprefix(".")
    message = error.message
    if len(message) > _LONGEST_TOLD:
        message = f"{message[:_LONGEST_TOLD]}…"
    return f"{where}: {message}" if where else message


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
