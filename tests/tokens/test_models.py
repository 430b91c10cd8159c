"""Which encoding a model's name stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.tokens.models import tokenization


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo-16k", "cl100k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base"),
        ("gpt-4o", "o200k_base"),
        ("GPT-4o-mini", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("gpt-5", "o200k_base"),
        ("gpt-5.4-pro-2026-03-05", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-pro", "o200k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("ft:gpt-4:school::1", "cl100k_base"),
        ("ft:gpt-4.1-mini-2025-04-14:school::1", "o200k_base"),
        ("gpt-oss:20b", "o200k_base"),
        ("text-embedding-3-small", "cl100k_base"),
    ],
)
def test_a_model_of_openai_has_its_encoding(model: str, encoding: str) -> None:
    how = tokenization(model)
    assert (how.encoding, how.exact_text) == (encoding, True)


@pytest.mark.parametrize("model", ["", "llama3.2", "o12b", "gpt-40b", "qwen3:4b", "ft:", "mistral"])
def test_other_models_are_estimated_with_the_latest_encoding(model: str) -> None:
    how = tokenization(model)
    assert (how.encoding, how.exact_text, how.exact_request) == ("o200k_base", False, False)


@given(st.text(st.characters()))
def test_any_name_is_taken(model: str) -> None:
    assert tokenization(model).overhead.per_message in (3, 4)
