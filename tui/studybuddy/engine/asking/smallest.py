"""The smallest value that follows a JSON schema, for where a model gives none that does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any

from studybuddy.engine.asking.schemas import local, matches, schema_problem

_DEEPEST = 8
_MOST = 1000  # items or characters that a schema may want
_FORMATS = {
    "date": "2000-01-01",
    "time": "12:00:00Z",
    "date-time": "2000-01-01T12:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_KINDS = (
    ("object", ("properties", "required", "minProperties", "additionalProperties")),
    ("array", ("items", "prefixItems", "minItems", "uniqueItems")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)
"""What a schema without a type is of, by what it says."""


def least(schema: Any, text: str) -> Any:
    """A value that follows a schema, as far as one can be made without knowing what is meant.

    Args:
        schema: of the value.
        text: what a text is filled with.
    """
    return _Least(schema, text).value(schema, 0)


class _Least:
    def __init__(self, root: Any, text: str) -> None:
        self._root = root
        self._text = text

    def value(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return self._text
        schema = self._whole(schema, 0)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum") and isinstance(schema["enum"], list):
            return schema["enum"][0]
        if "default" in schema and self._fits(schema["default"], schema):
            return schema["default"]
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                return self._one_of(schema, key, depth)
        match _kind(schema):
            case "integer":
                return _number(schema, whole=True)
            case "number":
                return _number(schema, whole=False)
            case "boolean":
                return False
            case "null":
                return None
            case "array":
                return self._list(schema, depth)
            case "object":
                return self._object(schema, depth)
        return self._string(schema)

    def _whole(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """A schema with what it refers to, and with all that it has to follow in one."""
        whole = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        others = schema.get("allOf")
        for other in (local(schema.get("$ref"), self._root), *(others or ())):
            if isinstance(other, Mapping) and depth < _DEEPEST:
                whole = _merged(whole, self._whole(other, depth + 1))
        return whole

    def _one_of(self, schema: Mapping[str, Any], key: str, depth: int) -> Any:
        rest = {name: value for name, value in schema.items() if name != key}
        made = [
            self.value(_merged(rest, self._whole(each, 0)), depth + 1)
            for each in schema[key]
            if isinstance(each, Mapping)
        ]
        return next((value for value in made if self._fits(value, schema)), made[0] if made else {})

    def _fits(self, value: Any, schema: Mapping[str, Any]) -> bool:
        """Whether a value follows a part of the schema."""
        names = ("$schema", "$defs", "definitions")
        known = {n: self._root[n] for n in names if n in self._root}
        return not schema_problem({"value": value}, known | {"properties": {"value": dict(schema)}})

    def _string(self, schema: Mapping[str, Any]) -> str:
        text = _FORMATS.get(str(schema.get("format")), self._text)
        shortest = schema.get("minLength")
        if isinstance(shortest, int) and 0 < shortest <= _MOST:
            while len(text) < shortest:
                text = f"{text} {self._text or '.'}"
        longest = schema.get("maxLength")
        text = text[:longest] if isinstance(longest, int) else text
        pattern = schema.get("pattern")
        if not isinstance(pattern, str) or matches(pattern, text):
            return text
        # A number of an order and the like may stand in what was said.
        said = (word.strip(",.;:!?\"'()") for word in islice(self._text.split(), 100))
        return next((word for word in said if matches(pattern, word)), text)

    def _list(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems")
        first = first if isinstance(first, list) else []
        count = min(_whole_number(schema.get("minItems")), _MOST)
        inner = schema.get("items")
        found = [self.value(first[n] if n < len(first) else inner, depth + 1) for n in range(count)]
        if schema.get("uniqueItems") is True and count > 1:
            found = list(islice(self._different(inner, depth), count))
        return found

    def _different(self, schema: Any, depth: int) -> Iterator[Any]:
        """Values for a list that may hold none twice; they may run out."""
        whole = self._whole(schema, 0) if isinstance(schema, Mapping) else {}
        if isinstance(whole.get("enum"), list):
            yield from whole["enum"]
            return
        one = self.value(schema, depth + 1)
        if isinstance(one, bool):
            yield from (one, not one)
        elif isinstance(one, int | float):
            step = whole.get("multipleOf") or 1
            yield from (one + n * step for n in range(_MOST))
        elif isinstance(one, str):
            longest = whole.get("maxLength")
            for n in range(_MOST):
                mark = f" {n + 1}" if n else ""
                room = longest - len(mark) if isinstance(longest, int) else len(one)
                yield one[: max(0, room)] + mark if room > 0 else str(n)
        else:
            yield one

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        wanted = schema.get("required")
        names = [str(n) for n in wanted] if isinstance(wanted, list) else list(properties)
        count = min(_whole_number(schema.get("minProperties")), _MOST)
        more = schema.get("additionalProperties", True)
        if len(names) < count:
            spare = (*properties, *(f"value{n + 1}" for n in range(count if more else 0)))
            names += [name for name in spare if name not in names][: count - len(names)]
        return {name: self.value(properties.get(name, more), depth + 1) for name in names}


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if isinstance(kind, str):
        return kind
    return next((name for name, keys in _KINDS if any(key in schema for key in keys)), "string")


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    low, above = _bound(schema, "minimum", "exclusiveMinimum")
    high, below = _bound(schema, "maximum", "exclusiveMaximum")
    step = _fraction(schema.get("multipleOf"))
    if step is None or step <= 0:
        step = Fraction(1) if whole else None
    elif whole:
        step = Fraction(step.numerator)  # a multiple of it that is whole
    value = low if low is not None else min(Fraction(0), high) if high is not None else Fraction(0)
    if step is not None:
        value = (math.ceil(value / step) if low is not None else value // step) * step
        if low is not None and above and value == low:
            value += step
        elif low is None and below and value == high:
            value -= step
    elif low is not None and above:
        value = low + 1 if high is None or low + 1 < high else (low + high) / 2
    elif low is None and below and value == high:
        value -= 1
    return int(value) if value.denominator == 1 else float(value)


def _bound(schema: Mapping[str, Any], name: str, strict: str) -> tuple[Fraction | None, bool]:
    """A limit, and whether it is outside of what may be."""
    limit, outside = _fraction(schema.get(name)), _fraction(schema.get(strict))
    if outside is None:
        return limit, schema.get(strict) is True  # as older schemas have it
    if limit is None:
        return outside, True
    nearer = max(limit, outside) if name == "minimum" else min(limit, outside)
    return nearer, nearer == outside


def _fraction(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Fraction(str(value))


def _whole_number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two schemas, both of which hold."""
    merged = {**other, **one}
    for key in one.keys() & other.keys():
        a, b = one[key], other[key]
        if key == "properties" and isinstance(a, Mapping) and isinstance(b, Mapping):
            both = {name: {"allOf": [a[name], b[name]]} for name in a.keys() & b.keys()}
            merged[key] = {**b, **a, **both}
        elif key == "required" and isinstance(a, list) and isinstance(b, list):
            merged[key] = [*a, *(name for name in b if name not in a)]
        elif key == "enum" and isinstance(a, list) and isinstance(b, list):
            merged[key] = [value for value in a if value in b]
        elif "min" in key.lower() and _fraction(a) is not None and _fraction(b) is not None:
            merged[key] = max(a, b)
        elif "max" in key.lower() and _fraction(a) is not None and _fraction(b) is not None:
            merged[key] = min(a, b)
    return merged
