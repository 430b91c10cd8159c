"""Endpoints that name no model: all that count, price and record mean the same one."""

from __future__ import annotations

from studybuddy.chat.model_names import ModelNames
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model

NAMELESS = Endpoint("lab", "http://127.0.0.1:8080/v1", EndpointKind.LOCAL)
NAMED = Endpoint("lab", "http://127.0.0.1:8080/v1", EndpointKind.LOCAL, "mine")


def test_what_was_asked_for_goes_before_all_else() -> None:
    names = ModelNames()
    assert names.of(NAMELESS) == ""
    assert names.of(NAMED) == "mine"
    assert names.of(NAMED, "other") == "other"
    assert not names.answered(NAMED, "snapshot")
    assert not names.listed(NAMED, [Model("first")])
    assert names.of(NAMELESS) == ""


def test_the_first_listed_answers_until_another_one_does() -> None:
    names = ModelNames()
    assert names.listed(NAMELESS, [Model("first"), Model("chatty")])
    assert names.of(NAMELESS) == "first"
    assert names.answered(NAMELESS, "chatty")
    assert names.of(NAMELESS) == "chatty"
    assert not names.listed(NAMELESS, [Model("first"), Model("chatty")])
    assert names.of(NAMELESS) == "chatty"


def test_a_listed_model_that_does_not_chat_is_not_thought_to_answer() -> None:
    names = ModelNames()
    names.listed(NAMELESS, [Model("text-embedding-nomic"), Model("qwen3-8b"), Model("other")])
    assert names.of(NAMELESS) == "qwen3-8b"


def test_a_snapshots_name_is_not_taken_for_one_that_is_listed() -> None:
    names = ModelNames()
    assert names.answered(NAMELESS, "/models/chatty-7.gguf")
    assert names.of(NAMELESS) == "/models/chatty-7.gguf"
    names.listed(NAMELESS, [Model("chatty")])
    assert names.of(NAMELESS) == "chatty"
    assert not names.answered(NAMELESS, "/models/chatty-7.gguf")
    assert names.of(NAMELESS) == "chatty"


def test_a_server_that_changes_its_model_is_followed() -> None:
    names = ModelNames()
    names.listed(NAMELESS, [Model("one")])
    assert names.listed(NAMELESS, [Model("two")])
    assert names.of(NAMELESS) == "two"
    assert not names.listed(NAMELESS, [])
    assert names.of(NAMELESS) == "two"


def test_what_answered_before_the_app_began_counts_until_more_is_known() -> None:
    names = ModelNames()
    names.suppose(NAMELESS, "old")
    names.suppose(NAMELESS, "older")
    assert names.of(NAMELESS) == "old"
    names.answered(NAMELESS, "new")
    assert names.of(NAMELESS) == "new"
