"""Filters choose files by their attributes as OpenAI's do."""

from __future__ import annotations

from typing import Any

import pytest

from studybuddy.engine.search.filters import BadFilter, checked, matches

FILE = {"year": 2024, "by": "Ann", "draft": False, "rating": 4.5}


def compare(kind: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        (None, True),
        (compare("eq", "year", 2024), True),
        (compare("eq", "year", 2024.0), True),
        (compare("eq", "year", "2024"), False),
        (compare("eq", "draft", False), True),
        (compare("eq", "draft", 0), False),
        (compare("ne", "by", "Bob"), True),
        (compare("ne", "by", "Ann"), False),
        (compare("gt", "year", 2023), True),
        (compare("gt", "year", 2024), False),
        (compare("gte", "year", 2024), True),
        (compare("lt", "rating", 4.5), False),
        (compare("lte", "rating", 4.5), True),
        (compare("lt", "by", "Bob"), True),
        (compare("gt", "by", 1), False),
        (compare("gt", "draft", False), False),
        (compare("in", "by", ["Bob", "Ann"]), True),
        (compare("in", "by", []), False),
        (compare("nin", "by", ["Bob"]), True),
        (compare("nin", "by", ["Ann"]), False),
        (compare("eq", "missing", 1), False),
        (compare("ne", "missing", 1), True),
        (compare("gt", "missing", 1), False),
        (compare("in", "missing", [1]), False),
        (compare("nin", "missing", [1]), True),
        ({"key": "year", "value": 2024}, True),
        ({"type": "and", "filters": []}, True),
        ({"type": "or", "filters": []}, False),
    ],
)
def test_a_filter_lets_the_right_files_pass(given: dict[str, Any] | None, passes: bool) -> None:
    checked(given)
    assert matches(given, FILE) is passes


def test_compound_filters_nest() -> None:
    either = {"type": "or", "filters": [compare("eq", "by", "Bob"), compare("lt", "year", 2025)]}
    both = {"type": "and", "filters": [either, compare("eq", "draft", False)]}
    checked(both)
    assert matches(both, FILE)
    assert not matches(both, FILE | {"year": 2026})


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "must be an object"),
        ({}, "must be one of"),
        ({"type": "like", "key": "a", "value": "b"}, "must be one of"),
        ({"type": "eq", "value": 1}, "needs a 'key'"),
        ({"type": "eq", "key": "a"}, "needs a 'value'"),
        ({"type": "in", "key": "a", "value": 1}, "needs a list"),
        ({"type": "and"}, "list of 'filters'"),
        ({"type": "and", "filters": [{"type": "no"}]}, "must be one of"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(BadFilter, match=sentence):
        checked(given)


def test_filters_that_nest_too_deeply_are_refused() -> None:
    given: dict[str, Any] = compare("eq", "a", 1)
    for _ in range(50):
        given = {"type": "and", "filters": [given]}
    with pytest.raises(BadFilter, match="deep"):
        checked(given)
