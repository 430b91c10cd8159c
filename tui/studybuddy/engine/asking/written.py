"""Tool calls that a model wrote as JSON or tags: what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from studybuddy.engine.asking.characters import cleaned_json
from studybuddy.engine.asking.json_ends import closed
from studybuddy.engine.asking.offered import Function, Offered

_NAMES = ("name", "tool_name", "function_name", "tool", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")
_LISTS = ("tool_calls", "function_calls", "calls")
_PLAIN = ("arguments", "parameters")
"""Keys by which a call is known before its name has come."""
_FIRST_KEYS = {*_NAMES, *_ARGUMENTS, *_LISTS, "type", "id"}
_SOON = 200
"""Characters within which a call names its function."""

_BEGINNING = re.compile(
    r"""(?:\[\s*)?\{\s*["'](?P<key>\w+)["']\s*:\s*(?:["'](?P<value>[^"']*)["'])?"""
)
_STILL_OPEN = re.compile(
    r"""(?:\[\s*)?(?:\{\s*(?:["']\w*(?:["']\s*(?::\s*(?:["'][^"']*)?)?)?)?)?\Z"""
)
_QUOTED = re.compile(r"""["']([\w.-]+)["']""")
_PARAMETER = re.compile(
    r"<parameter[= ](?:name=)?[\"']?(?P<name>[\w.-]+)[\"']?>\n?(?P<value>.*?)\n?</parameter>",
    re.DOTALL,
)

Written = tuple[str, dict[str, Any]]
"""A function's name and its arguments."""


def calls_in_json(
    text: str, offered: Offered, *, certain: bool = False, alone: bool = False, repair: bool = True
) -> list[Written]:
    """The calls in a JSON text; none where it is something else, or where part of it is.

    Args:
        text: that begins with a bracket.
        offered: the functions that can be called.
        certain: whether a tag says that these are calls, so that a function's name is enough.
        alone: whether this is all that the model said, so that the name of a function without
            arguments is enough.
        repair: whether JSON that is not quite right is put right; where it is not, only
            brackets that are missing at its end are.
    """
    value = _decoded(text, repair=repair)
    return _calls(cleaned_json(value), offered, certain=certain, alone=alone)


def calls_in_tag(name: str, body: str, offered: Offered) -> list[Written]:
    """The call in `<function=name>body</function>`: JSON, or parameters as tags."""
    function = offered.get(name)
    if function is None:
        return []
    if parameters := {m["name"]: m["value"] for m in _PARAMETER.finditer(body)}:
        return [(function.name, {n: _typed(v, n, function) for n, v in parameters.items()})]
    return calls_in_json(
        f'{{"name": {json.dumps(function.name)}, "arguments": {body.strip() or "{}"}}}',
        offered,
        certain=True,
    )


def may_be_call(text: str, start: int, offered: Offered) -> bool | None:
    """Whether what begins with `{` or `[` is a call, by its first key and the name in it.

    Returns:
        `None` while too little of it is there.
    """
    is_all = len(text) - start >= _SOON
    found = _BEGINNING.match(text, start)
    if found is None:
        return None if not is_all and _STILL_OPEN.match(text, start) else False
    if found["key"] not in _FIRST_KEYS:
        return False
    if found["key"] in _PLAIN:
        return True
    if found["key"] in _NAMES and found["value"] is not None:
        return offered.get(found["value"]) is not None
    names = _QUOTED.findall(text, start, start + _SOON)
    if any(offered.get(name) is not None for name in names):
        return True
    return False if is_all else None


def _decoded(text: str, *, repair: bool) -> Any:
    """A JSON value; `None` where it is none."""
    for candidate in (text, "" if repair else closed(text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    if not repair:
        return None
    from json_repair import loads

    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None


def _calls(value: Any, offered: Offered, *, certain: bool, alone: bool) -> list[Written]:
    if isinstance(value, list):
        found = [_calls(item, offered, certain=certain, alone=alone) for item in value]
        # A list of which only a part can be called tells something.
        return [call for calls in found for call in calls] if certain or all(found) else []
    if not isinstance(value, Mapping):
        return []
    for key in _LISTS:
        if isinstance(value.get(key), list):
            return _calls(value[key], offered, certain=certain, alone=alone)
    if isinstance(value.get("function"), Mapping):
        value = value["function"]
    function = next((f for key in _NAMES if (f := offered.get(value.get(key)))), None)
    if function is None:
        return []
    arguments = _arguments(value, function, certain=certain, alone=alone)
    return [] if arguments is None else [(function.name, arguments)]


def _arguments(
    value: Mapping[str, Any], function: Function, *, certain: bool, alone: bool
) -> dict[str, Any] | None:
    """The arguments beside a name; `None` where what is there is something else."""
    for key in _ARGUMENTS:
        if key in value:
            inner = value[key]
            if isinstance(inner, str):
                try:
                    inner = json.loads(inner, strict=False)
                except (ValueError, RecursionError):
                    return None
            if not isinstance(inner, Mapping | None) or _is_schema(inner, function):
                return None
            found: dict[str, Any] = cleaned_json(inner or {})
            return found
    rest = {k: v for k, v in value.items() if k not in (*_NAMES, "type", "id")}
    if not all(key in function.properties for key in rest):
        return None
    enough = certain or ((rest or alone) and all(name in rest for name in function.required))
    return rest if enough else None


def _is_schema(inner: Mapping[str, Any] | None, function: Function) -> bool:
    """Whether a function is described where it could be called."""
    return bool(inner) and "properties" in (inner or {}) and "properties" not in function.properties


def _typed(text: str, name: str, function: Function) -> Any:
    """A parameter's value: what stands in a tag is text, also where it is meant as a number."""
    schema = function.properties.get(name)
    if isinstance(schema, Mapping) and schema.get("type") == "string":
        return text
    try:
        return cleaned_json(json.loads(text))
    except (ValueError, RecursionError):
        return text
