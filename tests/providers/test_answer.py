from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.usage import Usage
from studybuddy.providers.answer import AnswerReader
from studybuddy.providers.events import EventSplitter, RawEvent
from tests.support.usages import TEXT, USAGES, answers_with_usage
from tests.support.wire import Event, chunk


def event(data: Any) -> RawEvent:
    return RawEvent(data if isinstance(data, bytes) else json.dumps(data).encode())


def read(*data: Any) -> tuple[str, AnswerReader]:
    reader = AnswerReader()
    text = "".join(reader.read([event(item)]) for item in data)
    return text, reader


def says(text: Any) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}}]}


def test_chunks_that_came_together_are_read_as_one_text() -> None:
    reader = AnswerReader()
    assert reader.read([event(says("Hel")), event(says("lo")), event(b"[DONE]")]) == "Hello"
    assert reader.done


@pytest.mark.parametrize(
    "silent",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None}}]},
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [None]},
        {"choices": "none"},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": {"a": 1}}}]},
        {"choices": [{"delta": {}, "finish_reason": ""}]},
        {"model": None, "usage": None, "id": 7, "object": [1], "extra": {"deep": [1]}},
        b"  ",
    ],
)
def test_chunks_that_say_nothing_are_passed_over(silent: Any) -> None:
    text, reader = read(says("a"), silent, says("b"))
    assert text == "ab"
    assert not reader.over
    assert reader.finish_reason == ""


@pytest.mark.parametrize(
    ("odd", "text"),
    [
        (says([{"type": "text", "text": "part"}, {"type": "image"}, 3]), "part"),
        (says(42), "42"),
        ({"choices": [{"delta": {"content": "x", "role": 1}, "finish_reason": 3}]}, "x"),
        ({"choices": [{"index": "0", "delta": {"content": "x"}}], "model": 4}, "x"),
        ({"choices": [{"delta": {"refusal": "I can't."}}]}, "I can't."),
        ({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}, "whole"),
        (b'{"choices": [{"delta": {"content": "tab\there"}}]}', "tab\there"),
        (b'{"choices": [{"delta": {"content": "\xff!"}}]}', "\ufffd!"),
        (b'{"choices": [{"delta": {"content": "x"}}], "p": NaN}', "x"),
        (b'{"choices": [{"delta": {"content": "a"}}]}\n{"choices": [{"delta": {"content": "b"}}]}',
         "ab"),
    ],
)  # fmt: skip
def test_text_is_found_in_chunks_that_are_not_as_documented(odd: Any, text: str) -> None:
    assert read(odd)[0] == text


def test_a_character_cut_into_two_surrogates_is_made_whole() -> None:
    halves = (
        b'{"choices":[{"delta":{"content":"a\\ud83d"}}]}',
        b'{"choices":[{"delta":{"content":"\\ude00b"}}]}',
    )
    assert read(*halves)[0] == "a😀b"


def test_a_lone_surrogate_never_comes_through() -> None:
    text, _ = read(b'{"choices":[{"delta":{"content":"\\ude00 \\ud83d!"}}]}', says("ok"))
    assert text == "\ufffd \ufffd!ok"


@pytest.mark.parametrize("name", USAGES)
def test_usage_is_read_in_every_variant(name: str) -> None:
    usage, expected = USAGES[name]
    assert read({"choices": [], "usage": usage})[1].usage == expected


@pytest.mark.parametrize("name", answers_with_usage())
def test_usage_is_found_wherever_and_however_often_it_is_told(name: str) -> None:
    stream, expected = answers_with_usage()[name]
    reader = AnswerReader()
    data = b"".join(step.encoded() for step in stream.steps if isinstance(step, Event))
    assert reader.read(EventSplitter().feed(data)) == TEXT
    assert reader.usage == expected


def test_a_later_null_does_not_undo_the_usage_reported() -> None:
    _, reader = read(
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        {"choices": [], "usage": None},
        {"choices": [], "usage": {}},
    )
    assert reader.usage == Usage(1, 2)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_noticed_and_is_no_text(name: str) -> None:
    text, reader = read(chunk({name: "hm"}).data)
    assert text == ""
    assert reader.has_reasoning
    assert not reader.has_text


@pytest.mark.parametrize(
    "told", [{"message": "boom"}, "boom", {"code": 500, "message": "boom", "type": "server_error"}]
)
def test_an_error_in_a_chunk_ends_the_answer(told: Any) -> None:
    text, reader = read(says("a"), {"error": told}, says("never"))
    assert text == "a"
    assert reader.error == told


def test_an_event_named_error_is_an_error_whatever_it_holds() -> None:
    for data, error in ((b'{"message": "boom"}', {"message": "boom"}), (b"boom", "boom")):
        reader = AnswerReader()
        reader.read([RawEvent(data, is_error=True)])
        assert reader.error == error


@pytest.mark.parametrize("data", [b"{", b"nonsense", b"[1, 2]", b'"text"', b"[" * 100_000])
def test_an_event_that_is_no_chunk_is_malformed_and_keeps_what_came_before(data: bytes) -> None:
    reader = AnswerReader()
    assert reader.read([event(says("kept")), event(data), event(says("never"))]) == "kept"
    assert reader.malformed


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["choices", "delta", "content", "usage", "error", "message", "x"]), inner
    ),
)  # fmt: skip


@given(st.lists(_json | st.binary()))
def test_no_event_makes_reading_fail(items: list[Any]) -> None:
    text, _ = read(*items)
    text.encode()
