"""What is wrong with arguments by a JSON schema, found out in little time whatever it says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST_TOLD = 200  # characters of a validator's message
_MATCHING = 0.25
"""Seconds for all patterns of a schema; what was not looked at by then is taken for right."""


def schema_problem(value: Any, schema: Mapping[str, Any]) -> str:
    """The first thing in which arguments do not follow a schema; empty where they do.

    A schema that is none itself binds nothing, but that arguments are an object. Names of
    arguments that are told by patterns are not checked.
    """
    if not isinstance(value, Mapping):
        return "they must be a JSON object"
    if not schema:
        return ""
    # Slow to load, and needed only once a function is called.
    from jsonschema.exceptions import SchemaError, UnknownType, best_match
    from jsonschema.validators import Draft202012Validator, extend, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if not isinstance(schema.get("$schema", ""), str):
        return ""
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
        checking = extend(kind, _safe(kind.VALIDATORS))  # type: ignore[no-untyped-call]
        # With a registry of its own it fetches no schema from anywhere.
        error = best_match(checking(dict(schema), registry=Registry()).iter_errors(value))
    except (SchemaError, UnknownType, Unresolvable, RecursionError, ArithmeticError):
        return ""
    if error is None:
        return ""
    where = error.json_path.removeprefix("$").removeprefix(".")
    message = error.message
    if len(message) > _LONGEST_TOLD:
        message = f"{message[:_LONGEST_TOLD]}…"
    return f"{where}: {message}" if where else message


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a client's schema is one, as far as that can be told from itself."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    if not isinstance(schema.get("$schema", ""), str):
        return False
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(dict(schema))
    except (SchemaError, RecursionError):
        return False
    return True


def matches(pattern: str, text: str, seconds: float = _MATCHING) -> bool:
    """Whether a pattern is found in a text; so too where it is none, or takes longer."""
    # Python's own can't be stopped: a pattern of the client's may take it for ever.
    import regex

    try:
        return regex.search(pattern, text, timeout=max(seconds, 0.001)) is not None
    except (regex.error, TimeoutError, RecursionError):
        return True


def _safe(usual: Mapping[str, Any]) -> dict[str, Any]:
    """Checks in place of those that match a client's patterns without any end."""
    from jsonschema.exceptions import ValidationError

    give_up = time.monotonic() + _MATCHING

    def pattern(_validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[Any]:
        left = give_up - time.monotonic()
        if isinstance(value, str) and left > 0 and not matches(wanted, value, left):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    def additional(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if "patternProperties" not in schema:
            yield from usual["additionalProperties"](validator, wanted, value, schema) or ()

    def unchecked(*_: Any) -> Iterator[Any]:
        return iter(())

    checks = {"pattern": pattern, "patternProperties": unchecked}
    return checks | {"additionalProperties": additional, "unevaluatedProperties": unchecked}


def local(reference: Any, root: Any) -> Any:
    """What a reference such as `#/$defs/a` within a schema stands for; `None` for another."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    found = root
    for part in reference[2:].split("/"):
        name = re.sub("~1", "/", part).replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
