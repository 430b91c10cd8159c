"""Checks of request fields that several resources share, in the words of OpenAI's API.

Every check raises `ApiError` 400, which names the field: `where` and `param` are its place in the
request, such as `messages[0].content`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from studybuddy.engine.bodies import wrong_type
from studybuddy.engine.errors import ApiError, invalid

MOST_PAIRS = 16
LONGEST_KEY = 64
LONGEST_VALUE = 512


def missing(param: str) -> ApiError:
    """The error for a field that must be there."""
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def not_found(what: str, id: str) -> ApiError:
    """404: there is no such object; `what` is its name, such as `vector store`."""
    return ApiError(404, f"No {what} found with id '{id}'.")


def required(body: Mapping[str, Any], name: str, kinds: tuple[type, ...], where: str = "") -> Any:
    """The value of a field that must be there, of one of these types."""
    value = body.get(name)
    if value is None:
        raise missing(where + name)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise wrong_type(where + name, kinds, value)
    return value


def check_length(value: str | Sequence[Any], most: int, param: str, least: int = 0) -> None:
    """Refuse a text or an array that is too long or too short."""
    kind = "string" if isinstance(value, str) else "array"
    article = "a" if kind == "string" else "an"
    for wrong, side, limit, bound in (
        (len(value) > most, "long", "maximum", most),
        (len(value) < least, "short", "minimum", least),
    ):
        if wrong:
            raise invalid(
                f"Invalid '{param}': {kind} too {side}. Expected {article} {kind} with {limit} "
                f"length {bound}, but got {article} {kind} with length {len(value)} instead.",
                param,
                f"{kind}_{'above_max' if side == 'long' else 'below_min'}_length",
            )


def check_range(value: float | None, least: float, most: float, param: str) -> None:
    """Refuse a number outside of these bounds; none at all is fine."""
    if value is None or least <= value <= most:
        return
    kind = "integer" if isinstance(value, int) and isinstance(least, int) else "decimal"
    below = not value >= least  # NaN is below everything
    raise invalid(
        f"Invalid '{param}': {kind} {'below minimum' if below else 'above maximum'} value. "
        f"Expected a value {f'>= {least}' if below else f'<= {most}'}, but got {value} instead.",
        param,
        f"{kind}_{'below_min' if below else 'above_max'}_value",
    )


def check_choice(value: object, choices: Sequence[str], param: str) -> None:
    """Refuse a value that is none of these."""
    if value not in choices:
        raise invalid(
            f"Invalid value: '{shown(value)}'. Supported values are: {_enumerated(choices)}.",
            param,
            "invalid_value",
        )


def check_pattern(value: str, pattern: str, param: str) -> None:
    """Refuse a text that a regular expression does not match."""
    if not re.fullmatch(pattern.strip("^$"), value):
        raise invalid(
            f"Invalid '{param}': string does not match pattern. Expected a string that matches "
            f"the pattern '{pattern}'.",
            param,
            "invalid_value",
        )


def objects_in(value: Sequence[Any], param: str) -> list[dict[str, Any]]:
    """The items of an array, each of which must be an object."""
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            raise wrong_type(f"{param}[{number}]", (dict,), item)
    return list(value)


def strings_in(value: Sequence[Any], param: str) -> list[str]:
    """The items of an array, each of which must be a string."""
    for number, item in enumerate(value):
        if not isinstance(item, str):
            raise wrong_type(f"{param}[{number}]", (str,), item)
    return list(value)


def metadata_in(body: Mapping[str, Any], where: str = "") -> dict[str, str]:
    """The request's `metadata`; none is an empty one."""
    pairs = _pairs(body, "metadata", where)
    for key, value in pairs.items():
        param = f"{where}metadata.{key}"
        if not isinstance(value, str):
            raise wrong_type(param, (str,), value)
        check_length(value, LONGEST_VALUE, param)
    return pairs


def attributes_in(body: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """The request's `attributes` of a file in a vector store; none are empty ones."""
    pairs = _pairs(body, "attributes", where)
    for key, value in pairs.items():
        param = f"{where}attributes.{key}"
        if not isinstance(value, (str, int, float)):  # a boolean is an integer, for Python
            raise wrong_type(param, (str, float, bool), value)
        if isinstance(value, str):
            check_length(value, LONGEST_VALUE, param)
    return pairs


def shown(value: object) -> str:
    """A value from a request, short enough for a sentence."""
    text = str(value)
    return text if len(text) <= 100 else text[:100] + "…"


def _pairs(body: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    pairs = body.get(name)
    param = where + name
    if pairs is None:
        return {}
    if not isinstance(pairs, dict):
        raise wrong_type(param, (dict,), pairs)
    if len(pairs) > MOST_PAIRS:
        raise invalid(
            f"Invalid '{param}': too many properties. Expected an object with at most "
            f"{MOST_PAIRS} properties, but got an object with {len(pairs)} properties instead.",
            param,
            "object_above_max_properties",
        )
    for key in pairs:
        check_length(key, LONGEST_KEY, param)
    return dict(pairs)


def _enumerated(choices: Collection[str]) -> str:
    quoted = [f"'{choice}'" for choice in choices]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
