"""What assistants and runs are told alike: tools, sampling, the form of the answer.

Every check raises `ApiError` 400, naming the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studybuddy.engine.bodies import NUMBER, Types, check_types, wrong_type
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import (
    check_choice,
    check_length,
    check_pattern,
    check_range,
    metadata_in,
    objects_in,
    required,
)
from studybuddy.engine.objects import Json

MOST_TOOLS = 128
LONGEST_INSTRUCTIONS = 256_000  # characters

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
EFFORT = "reasoning_effort"
"""A field of requests that the API's objects do not show: it is noted with them."""

_TOOLS = ("code_interpreter", "function", "file_search")
_FORMATS = ("text", "json_object", "json_schema")
_NAME = "^[a-zA-Z0-9_-]{1,64}$"

_TYPES: Types = {
    "model": (str,),
    "name": (str,),
    "description": (str,),
    "instructions": (str,),
    "temperature": NUMBER,
    "top_p": NUMBER,
}
_LONGEST: Mapping[str, int] = {
    "name": 256,
    "description": 512,
    "instructions": LONGEST_INSTRUCTIONS,
}


def assistant_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an assistant that a request has, but for `tool_resources`.

    A null stands for the usual value.
    """
    check_types(body, _TYPES)
    for field, most in _LONGEST.items():
        check_length(body.get(field) or "", most, field)
    check_sampling(body)
    readers: dict[str, Callable[[], Any]] = {
        "model": lambda: body["model"],
        "name": lambda: body["name"],
        "description": lambda: body["description"],
        "instructions": lambda: body["instructions"],
        "tools": lambda: tools_in(body),
        "metadata": lambda: metadata_in(body),
        "temperature": lambda: 1.0 if body["temperature"] is None else body["temperature"],
        "top_p": lambda: 1.0 if body["top_p"] is None else body["top_p"],
        "response_format": lambda: response_format_in(body),
    }
    return {field: read() for field, read in readers.items() if field in body}


def check_sampling(body: Mapping[str, Any]) -> None:
    """Refuse a `temperature` or `top_p` that is none."""
    check_types(body, {"temperature": NUMBER, "top_p": NUMBER})
    check_range(body.get("temperature"), 0, 2, "temperature")
    check_range(body.get("top_p"), 0, 1, "top_p")


def effort_in(body: Mapping[str, Any]) -> str | None:
    """The request's `reasoning_effort`; `None` for the model's own."""
    check_types(body, {EFFORT: (str,)})
    effort: str | None = body.get(EFFORT)
    if effort is not None:
        check_choice(effort, EFFORTS, EFFORT)
    return effort


def tools_in(body: Mapping[str, Any], where: str = "") -> list[Json]:
    """The request's `tools`; none are an empty list."""
    check_types(body, {"tools": (list,)}, where)
    param = f"{where}tools"
    tools = objects_in(body.get("tools") or [], param)
    check_length(tools, MOST_TOOLS, param)
    for number, tool in enumerate(tools):
        place = f"{param}[{number}]."
        check_choice(required(tool, "type", (str,), place), _TOOLS, place + "type")
        if tool["type"] == "function":
            _check_function(required(tool, "function", (dict,), place), place + "function.")
        elif tool["type"] == "file_search":
            check_types(tool, {"file_search": (dict,)}, place)
            _check_file_search(tool.get("file_search") or {}, place + "file_search.")
    _check_names(tools, param)
    return tools


def response_format_in(body: Mapping[str, Any]) -> str | Json:
    """The request's `response_format`; none is `auto`."""
    wanted = body.get("response_format")
    if wanted is None:
        return "auto"
    if isinstance(wanted, str):
        check_choice(wanted, ("auto",), "response_format")
        return wanted
    if not isinstance(wanted, dict):
        raise wrong_type("response_format", (str, dict), wanted)
    kind = required(wanted, "type", (str,), "response_format.")
    check_choice(kind, _FORMATS, "response_format.type")
    if kind == "json_schema":
        place = "response_format.json_schema."
        schema = required(wanted, "json_schema", (dict,), "response_format.")
        check_pattern(required(schema, "name", (str,), place), _NAME, place + "name")
        kinds: Types = {"schema": (dict,), "description": (str,), "strict": (bool,)}
        check_types(schema, kinds, place)
    return wanted


def _check_function(function: Mapping[str, Any], where: str) -> None:
    check_pattern(required(function, "name", (str,), where), _NAME, where + "name")
    kinds: Types = {"description": (str,), "parameters": (dict,), "strict": (bool,)}
    check_types(function, kinds, where)


def _check_names(tools: Sequence[Json], param: str) -> None:
    """Refuse functions that a model could not tell apart from other tools."""
    taken = {tool["type"] for tool in tools} - {"function"}
    for number, tool in enumerate(tools):
        if tool["type"] != "function":
            continue
        name = tool["function"]["name"]
        if name in taken:
            raise invalid(
                f"Invalid '{param}': there is another tool of the name '{name}'.",
                f"{param}[{number}].function.name",
                "duplicate_tool_name",
            )
        taken.add(name)


def _check_file_search(settings: Mapping[str, Any], where: str) -> None:
    check_types(settings, {"max_num_results": (int,), "ranking_options": (dict,)}, where)
    check_range(settings.get("max_num_results"), 1, 50, where + "max_num_results")
    ranking = settings.get("ranking_options") or {}
    place = f"{where}ranking_options."
    check_types(ranking, {"ranker": (str,), "score_threshold": NUMBER}, place)
    check_range(ranking.get("score_threshold"), 0, 1, place + "score_threshold")
