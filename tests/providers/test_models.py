from __future__ import annotations

import json
from typing import Any

import pytest

from studybuddy.domain.default_model import default_of, looks_like_chat
from studybuddy.domain.endpoints import Model
from studybuddy.providers.models import DEFAULT_OPENAI_MODEL, listed_models


def test_the_default_is_the_first_that_chats() -> None:
    assert default_of(["text-embedding-3", "whisper-1", "chatty", "other"]) == "chatty"
    assert default_of(["text-embedding-3", "whisper-1"]) == "text-embedding-3"
    assert default_of([]) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
        {"models": [{"name": "a"}, {"model": "b"}]},
        [{"id": "a"}, {"id": "b"}],
        ["a", "b"],
        {"data": [{"id": "a"}, {"id": "a"}, {"id": 3}, None, {}, {"id": "b"}]},
        {"models": None, "data": [{"id": "a"}, {"id": "b"}]},
    ],
)
def test_models_are_found_in_every_shape_of_list(body: Any) -> None:
    assert listed_models(json.dumps(body).encode()) == [Model("a"), Model("b")]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'"a"', b'{"data": {}}', b"[" * 99_999])
def test_what_is_no_list_is_told_apart_from_an_empty_one(body: bytes) -> None:
    assert listed_models(body) is None
    assert listed_models(b'{"data": []}') == []


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        ({"meta": {"n_ctx_train": 8192}}, 8192),
        ({"meta": {"n_ctx_train": 8192, "n_ctx": 2048}}, 2048),
        ({"max_model_len": 4096}, 4096),
        ({"context_window": 131072}, 131072),
        ({"context_length": 1000}, 1000),
        ({"max_context_length": 32768, "loaded_context_length": 4096}, 4096),
        ({"context_window": "big", "meta": None}, None),
        ({"context_window": True}, None),
        ({}, None),
    ],
)
def test_the_context_window_is_found_where_a_server_tells_it(
    entry: dict[str, Any], tokens: int | None
) -> None:
    models = listed_models(json.dumps([{"id": "m", **entry}]).encode())
    assert models == [Model("m", context_window=tokens)]


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        ({"top_provider": {"max_completion_tokens": 16384, "context_length": 128000}}, 16384),
        ({"top_provider": {"max_completion_tokens": None}}, None),
        ({"max_completion_tokens": 8192}, 8192),
        ({"max_output_tokens": 4096}, 4096),
        ({"top_provider": "none", "max_completion_tokens": "many"}, None),
        ({"max_completion_tokens": 10**30}, 10**12),
    ],
)
def test_the_longest_answer_is_found_where_a_server_tells_it(
    entry: dict[str, Any], tokens: int | None
) -> None:
    models = listed_models(json.dumps([{"id": "m", **entry}]).encode())
    assert models == [Model("m", max_output=tokens)]


def test_a_shutdown_date_is_kept() -> None:
    body = json.dumps([{"id": "m", "owned_by": "openai", "shutdown_date": "2027-01-14"}])
    assert listed_models(body.encode()) == [Model("m", "openai", shutdown_date="2027-01-14")]


def test_a_name_that_could_drive_the_terminal_is_left_out() -> None:
    assert listed_models(json.dumps(["\x1b[2Jm", "ok"]).encode()) == [Model("ok")]


@pytest.mark.parametrize(
    "name",
    ["text-embedding-3-small", "tts-1-hd", "gpt-4o-mini-tts", "whisper-1", "dall-e-3",
     "omni-moderation-latest", "gpt-image-1", "sora-2", "gpt-4o-transcribe", "gpt-realtime",
     "gpt-4o-audio-preview", "davinci-002", "gpt-3.5-turbo-instruct", "nomic-embed-text"],
)  # fmt: skip
def test_models_for_other_things_than_chat_are_known_by_their_names(name: str) -> None:
    assert not looks_like_chat(name)


@pytest.mark.parametrize(
    "name",
    [DEFAULT_OPENAI_MODEL, "gpt-5.4-mini", "o3", "chatgpt-4o-latest", "qwen2.5-7b-instruct-1m",
     "llama3.2:3b-instruct-q4", "something-new", "ft:gpt-4o-mini:school::abc"],
)  # fmt: skip
def test_unknown_names_are_kept(name: str) -> None:
    assert looks_like_chat(name)


def test_the_default_openai_model_is_one_the_sdk_knows() -> None:
    from typing import get_args

    from openai.types import ChatModel

    assert DEFAULT_OPENAI_MODEL in get_args(ChatModel)
