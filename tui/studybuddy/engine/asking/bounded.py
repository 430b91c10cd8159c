"""JSON schemas made safe for constrained output, and values that a question says outright."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LONGEST = 160
"""Characters of a text that sets no limit of its own: a weak model may not end otherwise."""
_MOST = 5
"""Items of a list that sets no limit of its own."""
_DEEPEST = 6

_UNDERSTOOD = frozenset(
    re.findall(
        r"\S+",
        "type properties required items enum const anyOf oneOf allOf $ref $defs definitions "
        "minItems maxItems minLength maxLength minimum maximum exclusiveMinimum "
        "exclusiveMaximum format description title additionalProperties",
    )
)


def bounded(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A schema that a weak model comes to the end of: texts and lists have limits.

    What constrained decoding does not understand is left out; the result is checked by the
    whole schema afterwards.
    """
    found = {key: value for key, value in schema.items() if key in _UNDERSTOOD}
    for key in ("$defs", "definitions"):
        if isinstance(found.get(key), Mapping):
            found[key] = {n: _inner(s, depth) for n, s in found[key].items()}
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(found.get(key), list):
            found[key] = [_inner(each, depth) for each in found[key]]
    kind = found.get("type")
    if "enum" in found or "const" in found:
        return found
    if kind == "string":
        found.setdefault("maxLength", max(_LONGEST, found.get("minLength") or 0))
    elif kind == "array":
        found["items"] = _inner(found.get("items") or {"type": "string"}, depth)
        found.setdefault("maxItems", max(_MOST, found.get("minItems") or 0))
    elif kind == "object" or isinstance(found.get("properties"), Mapping):
        properties = found.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        found["type"] = "object"
        found["properties"] = {n: _inner(s, depth) for n, s in properties.items()}
        found["additionalProperties"] = False
    return found


def _inner(schema: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth >= _DEEPEST:
        return schema
    return bounded(schema, depth + 1)


def plain_values(schema: Mapping[str, Any], question: str) -> dict[str, Any]:
    """Arguments that a question says outright: the one choice it names, its one number."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    found: dict[str, Any] = {}
    numeric = [
        name
        for name, inner in properties.items()
        if isinstance(inner, Mapping) and inner.get("type") in ("integer", "number")
    ]
    for name, inner in properties.items():
        if isinstance(inner, Mapping) and isinstance(inner.get("enum"), list):
            named = [
                value
                for value in inner["enum"]
                if isinstance(value, str)
                and re.search(rf"\b{re.escape(value)}\b", question, re.IGNORECASE)
            ]
            if len(named) == 1:
                found[name] = named[0]
    numbers = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)", question)
    if len(numeric) == 1 and len(numbers) == 1:
        number = float(numbers[0])
        if properties[numeric[0]]["type"] == "number" or number.is_integer():
            found[numeric[0]] = int(number) if number.is_integer() else number
    return found
