"""Tool calls that a model wrote as JSON or tags: what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from studybuddy.engine.asking.offered import Function, Offered

_NAMES = ("name", "tool_name", "function_name", "tool", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")
_LISTS = ("tool_calls", "function_calls", "calls")
_FIRST_KEYS = {*_NAMES, *_ARGUMENTS, *_LISTS, "type", "id"}

_BEGINNING = re.compile(
    r"""(?:\[\s*)?\{\s*["'](?P<key>\w+)["']\s*:\s*(?:["'](?P<value>[^"']*)["'])?"""
)
_STILL_OPEN = re.compile(
    r"""(?:\[\s*)?(?:\{\s*(?:["']\w*(?:["']\s*(?::\s*(?:["'][^"']*)?)?)?)?)?\Z"""
)
_PARAMETER = re.compile(
    r"<parameter[= ](?:name=)?[\"']?(?P<name>[\w.-]+)[\"']?>\n?(?P<value>.*?)\n?</parameter>",
    re.DOTALL,
)

Written = tuple[str, dict[str, Any]]
"""A function's name and its arguments."""


def calls_in_json(text: str, offered: Offered) -> list[Written]:
    """The calls in a JSON text, also one that is not quite right; none where it is none."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        from json_repair import loads

        try:
            value = loads(text)
        except (ValueError, RecursionError):
            return []
    return list(_calls(value, offered))


def calls_in_tag(name: str, body: str, offered: Offered) -> list[Written]:
    """The call in `<function=name>body</function>`: JSON, or parameters as tags."""
    function = offered.get(name)
    if function is None:
        return []
    if parameters := {m["name"]: m["value"] for m in _PARAMETER.finditer(body)}:
        return [(function.name, {n: _typed(v, n, function) for n, v in parameters.items()})]
    found = calls_in_json(
        f'{{"name": {json.dumps(function.name)}, "arguments": {body.strip() or "{}"}}}', offered
    )
    return found or [(function.name, {})]


def may_be_call(text: str, offered: Offered) -> bool | None:
    """Whether a text that begins with `{` or `[` is a call, by its first key.

    Returns:
        `None` while too little of it is there.
    """
    found = _BEGINNING.match(text)
    if found is None:
        return None if _STILL_OPEN.match(text) else False
    if found["key"] not in _FIRST_KEYS:
        return False
    if found["key"] not in _NAMES:
        return True
    if found["value"] is not None:
        return offered.get(found["value"]) is not None
    return None if text[found.end() :].strip()[:1] in ("", '"', "'") else True


def json_end(text: str, start: int) -> int | None:
    """Where the JSON value that starts at `start` ends; `None` where it goes on."""
    depth, quoted, escaped = 0, False, False
    for position in range(start, len(text)):
        character = text[position]
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth <= 0:
                return position + 1
    return None


def _calls(value: Any, offered: Offered) -> Iterator[Written]:
    if isinstance(value, list):
        for item in value:
            yield from _calls(item, offered)
    if not isinstance(value, Mapping):
        return
    for key in _LISTS:
        if isinstance(value.get(key), list):
            yield from _calls(value[key], offered)
            return
    if isinstance(value.get("function"), Mapping):
        value = value["function"]
    function = next((f for key in _NAMES if (f := offered.get(value.get(key)))), None)
    if function is not None and (arguments := _arguments(value, function)) is not None:
        yield function.name, arguments


def _arguments(value: Mapping[str, Any], function: Function) -> dict[str, Any] | None:
    """The arguments beside a name; `None` where what is there is something else."""
    for key in _ARGUMENTS:
        if key in value:
            inner = value[key]
            if isinstance(inner, str):
                try:
                    inner = json.loads(inner, strict=False)
                except (ValueError, RecursionError):
                    return None
            return dict(inner or {}) if isinstance(inner, Mapping | None) else None
    rest = {k: v for k, v in value.items() if k not in (*_NAMES, "type", "id")}
    return rest if all(key in function.properties for key in rest) else None


def _typed(text: str, name: str, function: Function) -> Any:
    """A parameter's value: what stands in a tag is text, also where it is meant as a number."""
    schema = function.properties.get(name)
    if isinstance(schema, Mapping) and schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
