"""Arguments that follow a schema though a model gives none that do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studybuddy.engine.asking.filling import Filling
from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.schemas import schema_problem
from studybuddy.engine.asking.smallest import least
from studybuddy.engine.asking.turn import turn_of
from tests.engine.asking.test_policy import user
from tests.engine.asking.test_prompted import small
from tests.engine.asking.upstreams import ScriptedUpstream, function, question, text

TREE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
SCHEMAS: dict[str, dict[str, Any]] = {
    "minLength": {"type": "string", "minLength": 40},
    "minLength and maxLength": {"type": "string", "minLength": 40, "maxLength": 41},
    "pattern in the question": {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
    "format": {"type": "string", "format": "date", "pattern": "^\\d{4}-\\d\\d-\\d\\d$"},
    "exclusiveMinimum": {"type": "integer", "exclusiveMinimum": 0},
    "exclusiveMaximum": {"type": "number", "exclusiveMaximum": 0},
    "between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "exclusive and not": {"type": "integer", "minimum": 5, "exclusiveMinimum": 5},
    "a fraction as limit": {"type": "integer", "minimum": 2.5},
    "multipleOf": {"type": "integer", "minimum": 3, "multipleOf": 5},
    "multipleOf below": {"type": "integer", "maximum": -3, "multipleOf": 5},
    "multipleOf a fraction": {"type": "number", "exclusiveMinimum": 0.3, "multipleOf": 0.1},
    "maximum": {"type": "integer", "maximum": -5},
    "uniqueItems": {
        "type": "array",
        "items": {"type": "string", "maxLength": 5},
        "minItems": 3,
        "uniqueItems": True,
    },
    "unique numbers": {
        "type": "array",
        "items": {"type": "integer", "minimum": 2, "multipleOf": 2},
        "minItems": 3,
        "uniqueItems": True,
    },
    "unique choices": {
        "type": "array",
        "items": {"enum": ["a", "b", "c"]},
        "minItems": 2,
        "uniqueItems": True,
    },
    "prefixItems": {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "boolean"}],
        "minItems": 3,
        "items": {"type": "null"},
    },
    "anyOf": {"anyOf": [{"type": "integer", "minimum": 5, "maximum": 4}, {"type": "null"}]},
    "anyOf with more": {"type": "string", "anyOf": [{"minLength": 50}, {"maxLength": 2}]},
    "oneOf": {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]},
    "a reference": {"$ref": "#/$defs/Tree"},
    "a reference to a list": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "minItems": 1},
    "allOf": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {
                "type": "object",
                "properties": {"b": {"type": "integer"}, "a": {"minLength": 30}},
                "required": ["b"],
            },
        ]
    },
    "limits of both": {"allOf": [{"type": "integer", "minimum": 3}, {"minimum": 7}]},
    "minProperties": {"type": "object", "minProperties": 2},
    "minProperties of few": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": [],
        "minProperties": 1,
        "additionalProperties": False,
    },
    "nullable": {"type": ["null", "string"]},
    "no type": {"properties": {"a": {"minimum": 3}}, "required": ["a"]},
    "a default that does not fit": {"type": "integer", "default": "none"},
}


def tool(schema: dict[str, Any]) -> dict[str, Any]:
    made = function("keep", value=schema)
    made["function"]["parameters"]["$defs"] = {"Tree": TREE}
    return made


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
async def test_arguments_follow_the_schema_whatever_the_model_says(schema: dict[str, Any]) -> None:
    made = tool(schema)
    choice = {"type": "function", "function": {"name": "keep"}}
    ask = question("Keep ABC-1234.", tools=[made], tool_choice=choice)
    (call,) = (await small(ScriptedUpstream(text("Sorry, I can not.")), ask)).calls
    assert schema_problem(json.loads(call.arguments), made["function"]["parameters"]) == ""


async def test_a_model_is_told_what_was_wrong_and_asked_once_more() -> None:
    made = tool({"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"})
    upstream = ScriptedUpstream(text('{"value": "abc"}'), text('{"value": "XYZ-9999"}'))
    keep = Offered([made]).get("keep")
    assert keep is not None
    turn = turn_of([user("Keep the order")])
    assert await Filling(upstream, "m", None).arguments(turn, keep) == {"value": "XYZ-9999"}
    assert [body["response_format"]["type"] for body in upstream.bodies] == ["json_schema"] * 2
    said = upstream.bodies[1]["messages"][-1]["content"]
    assert "'abc' does not match" in said


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"not": {}},
    ],
)
async def test_where_nothing_follows_the_schema_the_answer_is_in_words(
    schema: dict[str, Any],
) -> None:
    choice = {"type": "function", "function": {"name": "keep"}}
    ask = question("Keep it.", tools=[tool(schema)], tool_choice=choice)
    no = text("I do not know the order.")
    reply = await small(ScriptedUpstream(no), ask)
    assert (reply.calls, reply.text) == ((), "I do not know the order.")
    assert reply.finish_reason == "stop"


@pytest.mark.parametrize(
    "parameters",
    [
        {"enum": {"type": None}},
        {"type": "object", "properties": {"a": {"minLength": "5"}}, "required": ["a"]},
        {"$schema": 5, "properties": {"a": {}}},
    ],
)
async def test_a_schema_that_is_none_wants_no_arguments(parameters: dict[str, Any]) -> None:
    made = {"type": "function", "function": {"name": "keep", "parameters": parameters}}
    choice = {"type": "function", "function": {"name": "keep"}}
    upstream = ScriptedUpstream(text("never"))
    (call,) = (await small(upstream, question("Keep it", tools=[made], tool_choice=choice))).calls
    assert (call.arguments, upstream.bodies) == ("{}", [])


def test_a_schema_without_an_end_comes_to_one() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert isinstance(least(node, "words"), dict)
    assert least({"allOf": [{"$ref": "#"}]}, "words") == "words"
    huge = least({"type": "array", "minItems": 10**9, "items": {"minLength": 10**9}}, "w")
    assert len(huge) <= 1000
