"""Tool calls as models make them."""

from __future__ import annotations

import pytest

from studybuddy.engine.asking.port import Call
from studybuddy.engine.objects import Json, Run
from studybuddy.engine.runs.calls import Sorted, sort_call
from studybuddy.engine.runs.offers import choice_of, offer_of

QUIZ: Json = {
    "name": "display_quiz",
    "parameters": {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
    },
}
TOOLS: list[Json] = [
    {"type": "code_interpreter"},
    {"type": "file_search", "file_search": {"max_num_results": 3}},
    {"type": "function", "function": QUIZ},
]


def a_run(**fields: object) -> Run:
    given: Json = {"tools": TOOLS, **fields}
    return Run(thread_id="thread_1", assistant_id="asst_1", model="m", **given)


def sort(name: str, arguments: str) -> Sorted:
    return sort_call(Call("call_1", name, arguments), offer_of(a_run(), ["vs_1"]), ())


def test_a_call_of_a_built_in_tool_says_what_to_do() -> None:
    assert sort("code_interpreter", '{"code": "1 + 1"}').given == "1 + 1"
    assert sort("file_search", '{"query": "cells"}').given == "cells"


def test_a_function_keeps_its_arguments_as_they_are() -> None:
    found = sort("display_quiz", '{"title":  "Cells"}')
    assert (found.kind, found.arguments) == ("function", '{"title":  "Cells"}')


def test_the_name_of_the_one_argument_may_be_mixed_up() -> None:
    assert sort("code_interpreter", '{"input": "1 + 1"}').given == "1 + 1"


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("make_coffee", "{}", "no tool named “make_coffee”"),
        ("display_quiz", '{"title": "Ce', "are not a JSON object"),
        ("display_quiz", "[1]", "are not a JSON object"),
        ("display_quiz", "{}", "'title' is a required property"),
        ("display_quiz", '{"title": 5}', "5 is not of type 'string'"),
        ("code_interpreter", '{"a": 1, "b": 2}', "needs “code”"),
        ("file_search", '{"query": "  "}', "needs “query”"),
    ],
)
def test_a_wrong_call_is_objected_to_in_a_sentence(name: str, arguments: str, told: str) -> None:
    found = sort(name, arguments)
    assert found.kind == "wrong"
    assert told in found.objection


def test_arguments_against_the_schema_are_left_to_the_client_where_nothing_else_helps() -> None:
    offer = offer_of(a_run(), [])
    found = sort_call(Call("call_1", "display_quiz", '{"title": 5}'), offer, (), lenient=True)
    assert (found.kind, found.arguments) == ("function", '{"title": 5}')
    broken = sort_call(Call("call_1", "display_quiz", '{"title": '), offer, (), lenient=True)
    assert broken.kind == "wrong"


def test_arguments_that_are_no_json_are_not_sent_back_as_such() -> None:
    found = sort("display_quiz", '{"title": "Ce')
    assert found.sendable == "{}"
    assert '{"title": "Ce' in found.objection


def test_an_id_that_was_there_before_is_replaced() -> None:
    offer = offer_of(a_run(), [])
    call = Call("call_1", "display_quiz", '{"title": "t"}')
    assert sort_call(call, offer, ()).id == "call_1"
    assert sort_call(call, offer, {"call_1"}).id != "call_1"
    assert sort_call(Call("", call.name, call.arguments), offer, ()).id


def test_files_are_offered_for_search_only_where_there_are_some() -> None:
    assert "file_search" in offer_of(a_run(), ["vs_1"]).names
    assert offer_of(a_run(), []).names == ["code_interpreter", "display_quiz"]


def test_the_tools_own_settings_rule_the_search() -> None:
    search = offer_of(a_run(), ["vs_1"]).search
    assert search is not None
    assert (search.stores, search.limit) == (("vs_1",), 3)


@pytest.mark.parametrize(
    ("choice", "first", "later"),
    [
        ("auto", "auto", "auto"),
        ("none", "none", "none"),
        ("required", "required", "auto"),
        (
            {"type": "function", "function": {"name": "display_quiz"}},
            {"type": "function", "function": {"name": "display_quiz"}},
            "auto",
        ),
        (
            {"type": "code_interpreter"},
            {"type": "function", "function": {"name": "code_interpreter"}},
            "auto",
        ),
        ({"type": "file_search"}, "auto", "auto"),  # there are no files
    ],
)
def test_a_forced_choice_holds_for_the_first_round(
    choice: str | Json, first: str | Json, later: str | Json
) -> None:
    run = a_run(tool_choice=choice)
    offer = offer_of(run, [])
    assert choice_of(run, offer, True) == first
    assert choice_of(run, offer, False) == later


def test_without_tools_none_is_to_be_called() -> None:
    run = a_run(tools=[], tool_choice="required")
    assert choice_of(run, offer_of(run, []), True) == "none"
