"""Functions of one's own, as JSON that people write."""

from __future__ import annotations

import json

import pytest

from studybuddy.domain.assistants import Function
from studybuddy.study.functions import read_functions, write_functions

WEATHER = {
    "name": "get_weather",
    "description": "The weather of a town.",
    "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
}


@pytest.mark.parametrize(
    "value",
    [WEATHER, [WEATHER], {"type": "function", "function": WEATHER}, [{"function": WEATHER}]],
)
def test_one_or_several_are_read_bare_or_wrapped_as_a_tool(value: object) -> None:
    (function,) = read_functions(json.dumps(value))
    assert function.name == "get_weather"
    assert json.loads(function.parameters) == WEATHER["parameters"]


def test_nothing_is_no_function() -> None:
    assert read_functions(" \n") == ()


def test_what_is_written_is_read_back_the_same() -> None:
    functions = (
        Function("one", "First.", '{"type": "object", "properties": {}}', strict=True),
        Function("two", "", '{"type": "object"}'),
    )
    assert read_functions(write_functions(functions)) == functions
    assert write_functions(()) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": ', "no valid JSON"),
        ('{"name": "a",}', "line 1"),
        ('{"name": "a', "JSON: a text without end at line 1, column 10"),
        ("3", "must be an object"),
        ("{}", "needs a name"),
        ('{"name": "get weather"}', "is no name"),
        ('{"name": "a", "description": 3}', "must be a text"),
        ('{"name": "a", "parameters": []}', "JSON Schema"),
        ('{"name": "a", "parameters": {"type": "string"}}', "“object”"),
        ('{"name": "a", "strict": "yes"}', "true or false"),
        ('[{"name": "a"}, {"name": "a"}]', "Two functions"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_functions(text)
