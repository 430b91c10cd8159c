"""Filters on the attributes of files, as OpenAI defines them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": lambda ours, theirs: bool(ours > theirs),
    "gte": lambda ours, theirs: bool(ours >= theirs),
    "lt": lambda ours, theirs: bool(ours < theirs),
    "lte": lambda ours, theirs: bool(ours <= theirs),
}
_COMPARISONS = frozenset({"eq", "ne", "in", "nin", *_ORDERED})
_DEEPEST = 20


class BadFilter(ValueError):
    """A filter that is none; the sentence says what is wrong with it."""


def checked(filters: Mapping[str, Any] | None, depth: int = 0) -> None:
    """Look whether it is a comparison or a compound filter.

    Raises:
        BadFilter: where it is neither.
    """
    if filters is None:
        return
    if not isinstance(filters, Mapping):
        raise BadFilter("A filter must be an object.")
    if depth > _DEEPEST:
        raise BadFilter(f"Filters may be nested at most {_DEEPEST} deep.")
    kind = filters.get("type", "eq" if "key" in filters else None)
    if kind in ("and", "or"):
        parts = filters.get("filters")
        if not isinstance(parts, list | tuple):
            raise BadFilter(f"A filter of type '{kind}' needs a list of 'filters'.")
        for part in parts:
            checked(part, depth + 1)
    elif kind in _COMPARISONS:
        if not isinstance(filters.get("key"), str):
            raise BadFilter(f"A filter of type '{kind}' needs a 'key', a string.")
        if "value" not in filters:
            raise BadFilter(f"A filter of type '{kind}' needs a 'value'.")
        if kind in ("in", "nin") and not isinstance(filters["value"], list | tuple):
            raise BadFilter(f"A filter of type '{kind}' needs a list as its 'value'.")
    else:
        names = ", ".join([*sorted(_COMPARISONS), "and", "or"])
        raise BadFilter(f"The type of a filter must be one of {names}.")


def matches(filters: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> bool:
    """Whether a file with these attributes passes a filter that was checked.

    A file without the attribute passes `ne` and `nin` only. Values of different types are
    never equal, true and 1 neither, and have no order.
    """
    if filters is None:
        return True
    kind = filters.get("type", "eq")
    if kind == "and":
        return all(matches(part, attributes) for part in filters["filters"])
    if kind == "or":
        return any(matches(part, attributes) for part in filters["filters"])
    ours, theirs = attributes.get(filters["key"]), filters["value"]
    if kind in ("eq", "ne"):
        return _same(ours, theirs) is (kind == "eq")
    if kind in ("in", "nin"):
        return any(_same(ours, one) for one in theirs) is (kind == "in")
    return _comparable(ours, theirs) and _ORDERED[kind](ours, theirs)


def _same(ours: Any, theirs: Any) -> bool:
    return ours is not None and _sort(ours) == _sort(theirs) and bool(ours == theirs)


def _comparable(ours: Any, theirs: Any) -> bool:
    return _sort(ours) == _sort(theirs) and _sort(ours) in ("number", "text")


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "nothing"
