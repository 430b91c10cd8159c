"""Functions of an assistant's own, as JSON that people write."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from studybuddy.domain.assistants import Function

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""As OpenAI's API has it for the names of functions."""


def read_functions(text: str) -> tuple[Function, ...]:
    """Functions from JSON: one or a list, bare or wrapped as tools of Chat Completions.

    Raises:
        ValueError: with a sentence that says what is wrong and where.
    """
    if not text.strip():
        return ()
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"The functions are no valid JSON: {_plain(error)} at {where}.") from None
    values = value if isinstance(value, list) else [value]
    functions = [_function(number, value) for number, value in enumerate(values, 1)]
    names = [function.name for function in functions]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"Two functions have the name “{name}”.")
    return tuple(functions)


def _plain(error: json.JSONDecodeError) -> str:
    said = error.msg.removesuffix(" at")
    return said.replace("Unterminated string starting", "a text without end")


def _function(number: int, value: Any) -> Function:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict):
        raise ValueError(f"Function {number} must be an object with a name and parameters.")
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"Function {number} needs a name.")
    if not _NAME.fullmatch(name):
        raise ValueError(f"“{name}” is no name for a function: use letters, digits, _ and -.")
    description = value.get("description", "")
    if not isinstance(description, str):
        raise ValueError(f"The description of “{name}” must be a text.")
    parameters = value.get("parameters", {"type": "object", "properties": {}})
    if not isinstance(parameters, dict):
        raise ValueError(f"The parameters of “{name}” must be an object: a JSON Schema.")
    if parameters.get("type", "object") != "object":
        raise ValueError(f"The parameters of “{name}” must have the type “object”.")
    strict = value.get("strict") or False
    if not isinstance(strict, bool):
        raise ValueError(f"“strict” of “{name}” must be true or false.")
    return Function(name, description, json.dumps(parameters), strict)


def write_functions(functions: Sequence[Function]) -> str:
    """The JSON that `read_functions` reads, laid out for people; empty for none."""
    if not functions:
        return ""
    values = []
    for function in functions:
        try:
            parameters: object = json.loads(function.parameters or "{}")
        except ValueError:
            parameters = function.parameters
        value = {
            "name": function.name,
            "description": function.description,
            "parameters": parameters,
        }
        values.append(value | ({"strict": True} if function.strict else {}))
    return json.dumps(values, indent=2, ensure_ascii=False)
