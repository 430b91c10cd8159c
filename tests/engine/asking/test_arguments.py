"""Arguments of calls: what is wrong with them, and what can be put right."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.asking.arguments import argument_problem, repaired
from studybuddy.engine.asking.bounded import bounded, plain_values
from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.port import Call
from studybuddy.engine.asking.schemas import schema_problem
from studybuddy.engine.asking.smallest import least
from tests.engine.asking.upstreams import function

TOOLS = [
    function("lookup", word={"type": "string"}, times={"type": "integer"}),
    function(
        "mark", right={"type": "boolean"}, tags={"type": "array", "items": {"type": "string"}}
    ),
    function("search", query={"type": "string"}),
    {"type": "function", "function": {"name": "stop"}},
]
OFFERED = Offered(TOOLS)


def fixed(name: str, arguments: str) -> Any:
    return json.loads(repaired(Call("c", name, arguments), OFFERED).arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("mark", '{"right": "True", "tags": "one"}', {"right": True, "tags": ["one"]}),
        (
            "mark",
            '{"right": true, "tags": "[\\"a\\", \\"b\\"]"}',
            {"right": True, "tags": ["a", "b"]},
        ),
        ("lookup", '{"word": 5, "times": "3"}', {"word": "5", "times": 3}),
        ("lookup", '{"word": "a", "times": 3,}', {"word": "a", "times": 3}),
        ("lookup", '```json\n{"word": "a", "times": 3}\n```', {"word": "a", "times": 3}),
        ("lookup", '{"word": "line\nbreak", "times": 3}', {"word": "line\nbreak", "times": 3}),
        ("search", '"leaves"', {"query": "leaves"}),
        ("stop", "{}", {}),
    ],
)
def test_simple_faults_are_put_right(name: str, arguments: str, value: Any) -> None:
    assert fixed(name, arguments) == value


def test_right_arguments_are_left_to_the_letter() -> None:
    call = Call("c", "lookup", '{ "times":1,"word" : "é" }')
    assert repaired(call, OFFERED) == call


def test_the_name_becomes_the_offered_one() -> None:
    assert repaired(Call("c", "functions.Lookup", "{}"), OFFERED).name == "lookup"


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (Call("c", "remove", "{}"), "There is no function “remove”. The functions are: lookup"),
        (Call("c", "lookup", "{word: }"), "not valid JSON"),
        (Call("c", "lookup", "[]"), "must be a JSON object"),
        (Call("c", "lookup", '{"word": "a"}'), "'times' is a required property"),
        (Call("c", "lookup", '{"word": "a", "times": "x"}'), "times: 'x' is not of type 'integer'"),
    ],
)
def test_a_problem_is_told_in_a_sentence(call: Call, part: str) -> None:
    assert part in argument_problem(call, TOOLS)


def test_right_arguments_have_no_problem() -> None:
    assert argument_problem(Call("c", "lookup", '{"word": "a", "times": 1}'), TOOLS) == ""
    assert argument_problem(Call("c", "stop", "{}"), TOOLS) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nothing of the kind"},
        {"$ref": "http://127.0.0.1:9/none.json"},
        {"properties": {"a": {"pattern": "("}}},
        {"$ref": "#"},
        {"$schema": []},
        {"$schema": 5},
        {"properties": {"a": 5}},
        {"required": "a"},
    ],
)
def test_a_schema_that_is_none_binds_nothing(schema: dict[str, Any]) -> None:
    assert schema_problem({"a": "b"}, schema) == ""


@pytest.mark.parametrize("pattern", ["^(a|aa)+$", "^(a+)+$", "^(a*)*b\\1$", "(?=(a+))+c"])
@pytest.mark.parametrize("key", ["pattern", "patternProperties"])
def test_no_pattern_of_a_client_holds_up_the_check(pattern: str, key: str) -> None:
    text = "a" * 5000 + "!"
    inner = {"pattern": pattern} if key == "pattern" else {key: {pattern: {"type": "integer"}}}
    schema = {
        "type": "object",
        "properties": {f"p{n}": inner for n in range(50)},
        "additionalProperties": False,
        "unevaluatedProperties": False,
    }
    value: Any = text if key == "pattern" else {text: 1}
    told: list[str] = []
    check = threading.Thread(
        target=lambda: told.append(schema_problem({"p0": value, "p1": value}, schema)), daemon=True
    )
    check.start()
    check.join(10)
    assert told, "still matching"


def test_patterns_that_can_be_matched_are() -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": "^[A-Z]{3}$"}}}
    assert schema_problem({"a": "ABC"}, schema) == ""
    assert schema_problem({"a": "abc"}, schema) == "a: 'abc' does not match '^[A-Z]{3}$'"


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "maxLength": 2},
            {"type": "integer", "minimum": 3},
            {"type": "number", "maximum": -1},
            {"type": "boolean"},
            {"enum": ["a", "b"]},
            {"const": 4},
            {"type": ["string", "null"]},
        ]
    ),
    lambda inner: (
        st.builds(
            lambda i, n: {"type": "array", "items": i, "minItems": n}, inner, st.integers(0, 2)
        )
        | st.builds(
            lambda p: {"type": "object", "properties": p, "required": list(p)},
            st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
        )
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_the_least_value_follows_its_schema(schema: dict[str, Any]) -> None:
    whole = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    assert schema_problem(least(whole, "words"), whole) == ""


@given(SCHEMAS)
def test_what_follows_the_bounded_schema_follows_the_schema(schema: dict[str, Any]) -> None:
    whole = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    assert schema_problem(least(bounded(whole), "words"), whole) == ""


def test_bounds_are_put_where_there_are_none() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    inner = bounded(schema)["properties"]["a"]
    assert inner["maxItems"]
    assert inner["items"]["maxLength"]
    kept = {"type": "string", "maxLength": 900, "pattern": "^a"}
    assert bounded(kept) == {"type": "string", "maxLength": 900}


def test_plain_values_are_taken_from_the_question() -> None:
    schema = {
        "properties": {
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer"},
            "city": {"type": "string"},
        }
    }
    assert plain_values(schema, "Weather for 3 days, in Celsius") == {"unit": "celsius", "days": 3}
    assert plain_values(schema, "celsius or fahrenheit for 2 or 3 days?") == {}
