"""A draft that is counted while it is written has the count of a full one, after any edit."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.domain.counting import DraftCounter
from studybuddy.domain.usage import Count
from studybuddy.tokens import live
from studybuddy.tokens.counter import Counter
from studybuddy.tokens.cuts import cut_after, pieces
from studybuddy.tokens.live import AT_ONCE, LiveDraft
from studybuddy.tokens.tokenizer import Tokenizer
from studybuddy.tokens.vocabularies import PACKAGED, Vocabularies, VocabularyError

VOCABULARIES = Vocabularies()
TOKENIZERS = {name: Tokenizer(VOCABULARIES.encoding(name), exact=True) for name in PACKAGED}
MODELS = {"o200k_base": "gpt-4o", "cl100k_base": "gpt-4"}

# Words, signs and blanks that are awkward to cut, in many scripts.
AWKWARD = [
    "word", "Word", "WORD", "camelCase", "I'm", "we'LL", "DON'T", "'", "’s", "'ſ", "o'clock", "'s5",
    "привет", "Москва", "καλημέρα", "Σ", "مرحبا", "الْعَرَبِيَّة", "שָׁלוֹם", "नमस्ते", "क्षत्रिय", "สวัสดีครับ",
    "你好", "，", "。", "日本語ですか？", "カタカナ", "안녕하세요", "각",
    "👩‍💻", "👍🏽", "🇩🇪", "🏳️‍🌈", "e\u0301", "\u0301", "\u200d", "ǅ", "ʰ", "²", "Ⅷ", "½", "٣",
    "1", "12", "1234567", "3.14", "0x1F",
    "/", "//", "/*", "\\", "_", "__init__", "-", "=====", "...",
    "!", "?", "<|endoftext|>", "{}", "();", "#", "@", "$5",
    "\t", "\t\t", " ", "  ", "    ", "\u00a0",
    "\u2003", "\u3000", "\u200b", "\ufeff", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\x00",
    "\ud83d", "\ude00", "\udfff", "\n", "\n\n", "\n\n\n", "\r\n", " \n", "\n ", "\n/", "!\n", "a\n",
]  # fmt: skip
awkward_text = st.lists(st.sampled_from(AWKWARD), max_size=60).map("".join)
plain_text = st.text(st.characters(), max_size=60)
texts = st.one_of(awkward_text, plain_text, st.text("aS'5 \n/!", max_size=80))
places = st.integers(0, 10**9)


def _draft(encoding: str) -> LiveDraft:
    tokenizer = TOKENIZERS[encoding]
    return LiveDraft(lambda: tokenizer, lambda: tokenizer)


def _full(encoding: str, text: str) -> int:
    return len(TOKENIZERS[encoding].ids(text)[0])  # in one go


def _edited(text: str, place: int, removed: int, inserted: str) -> str:
    at = place % (len(text) + 1)
    return text[:at] + inserted + text[at + removed :]


def _prose(words: int) -> str:
    chance = random.Random(3)
    common = [
        "the",
        "of",
        "a",
        "student",
        "model",
        "tokens",
        "window",
        "price",
        "answers",
        "learns",
    ]
    made = (chance.choice(common) + chance.choice(("", "", "", ",", ".")) for _ in range(words))
    return " ".join(made)


@pytest.fixture(params=PACKAGED)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@settings(max_examples=100)
@given(
    start=texts,
    edits=st.lists(st.tuples(places, st.integers(0, 12), texts), max_size=8),
    name=st.sampled_from(PACKAGED),
)
@pytest.mark.parametrize("size", [1, 7])
def test_any_edits_leave_the_count_of_the_whole_text(
    size: int, start: str, edits: list[tuple[int, int, str]], name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "pieces", lambda text: pieces(text, size))
        draft = _draft(name)
        text = start
        assert draft.changed(text.split("\n")) == Count(_full(name, text))
        for place, removed, inserted in edits:
            text = _edited(text, place, removed, inserted)
            assert draft.changed(text.split("\n")) == Count(_full(name, text)), text


@settings(max_examples=30)
@given(st.lists(texts, min_size=6, max_size=12), st.lists(st.tuples(places, texts), max_size=5))
def test_drafts_of_many_pieces_are_counted_like_the_whole(
    parts: list[str], edits: list[tuple[int, str]]
) -> None:
    for name in PACKAGED:
        draft = _draft(name)
        text = " and ".join(parts)[:AT_ONCE]
        draft.changed(text.split("\n"))
        for place, inserted in edits:
            text = _edited(text, place, 3, inserted)[:AT_ONCE]
            assert draft.changed(text.split("\n")) == Count(_full(name, text))


@pytest.mark.parametrize("end", ["", "\n"])
def test_every_cut_in_every_short_text_of_awkward_characters_is_safe(
    end: str, encoding: str
) -> None:
    encode = VOCABULARIES.encoding(encoding).encode
    cuts = 0
    for characters in itertools.product("aS'5 \n\r/!\u0301字。\ud83d\ude00", repeat=3):
        text = "".join(characters) + end
        at = cut_after(text, 0)
        while at is not None:
            cuts += 1
            parts = (
                encode(text[:at], disallowed_special=()),
                encode(text[at:], disallowed_special=()),
            )
            assert parts[0] + parts[1] == encode(text, disallowed_special=()), (text, at)
            at = cut_after(text, at)
    assert cuts > 500


@given(texts, st.integers(1, 40))
def test_pieces_are_the_whole_text(text: str, size: int) -> None:
    assert "".join(pieces(text, size)) == text


def test_a_surrogate_pair_that_comes_in_two_halves_is_one_character(encoding: str) -> None:
    draft = _draft(encoding)
    before = draft.changed(["a \ud83d b"]).tokens
    assert before == _full(encoding, "a \ud83d b")
    assert draft.changed(["a \ud83d\ude00 b"]).tokens == _full(encoding, "a 😀 b")


@pytest.mark.parametrize("rows", [1, 5000])
async def test_a_key_in_a_long_draft_counts_a_few_hundred_characters(
    rows: int, encoding: str
) -> None:
    words = _prose(60_000).split(" ")
    step = len(words) // rows
    lines = [" ".join(words[at : at + step]) for at in range(0, len(words), step)]
    draft = _draft(encoding)
    draft.changed(lines)
    assert await draft.settle() == Count(_full(encoding, "\n".join(lines)))
    for row in (0, len(lines) // 2, len(lines) - 1):
        for column in (0, len(lines[row]) // 2, len(lines[row])):
            before = draft.encoded
            lines[row] = lines[row][:column] + "x" + lines[row][column:]
            assert draft.changed(lines) == Count(_full(encoding, "\n".join(lines)))
            assert draft.encoded - before < 1500


async def test_a_long_paste_is_estimated_and_then_counted(encoding: str) -> None:
    draft: DraftCounter = (own := _draft(encoding))
    text = _prose(100_000)
    exact = _full(encoding, text)
    estimate = draft.changed([text])
    assert not estimate.exact
    assert estimate.tokens == pytest.approx(exact, 0.1)
    assert own.encoded == 0
    assert await draft.settle() == Count(exact)
    assert draft.changed([text]) == Count(exact)


async def test_typing_beside_a_part_that_is_not_counted_yet_goes_on(encoding: str) -> None:
    draft = _draft(encoding)
    text = _prose(20_000)
    for typed in ("", "a", "ab", "ab\n", "ab\nc"):
        assert not draft.changed((text + typed).split("\n")).exact
    assert await draft.settle() == Count(_full(encoding, text + "ab\nc"))


@pytest.mark.parametrize("giant", ["a" * 30_000, "=" * 30_000, "\n" * 30_000, "ไทย" * 10_000])
async def test_a_giant_word_is_estimated_at_each_key_and_exact_at_rest(
    giant: str, encoding: str
) -> None:
    draft = _draft(encoding)
    for text in (giant, giant[:9000] + "b" + giant[9000:]):
        estimate = draft.changed(text.split("\n"))
        exact = _full(encoding, text)
        assert not estimate.exact
        assert exact / 2 < estimate.tokens < exact * 2
        assert await draft.settle() == Count(exact)


async def test_what_changes_while_the_rest_is_counted_is_counted_too(encoding: str) -> None:
    draft = _draft(encoding)
    chance = random.Random(5)
    text = _prose(60_000)
    draft.changed([text])
    settling = asyncio.create_task(draft.settle())
    edits = 0
    while not settling.done():
        text = _edited(text, chance.randrange(10**9), chance.choice((0, 1, 400)), "\nnew 字 ")
        draft.changed(text.split("\n"))
        edits += 1
        if edits == 20:
            text += _prose(20_000)  # another paste
        for _ in range(50 if edits > 60 else 1):
            await asyncio.sleep(0)
    assert edits > 3
    assert await draft.settle() == Count(_full(encoding, text))
    assert draft.changed(text.split("\n")) == Count(_full(encoding, text))


async def test_two_that_settle_at_once_do_not_count_twice(encoding: str) -> None:
    draft = _draft(encoding)
    text = _prose(30_000)
    draft.changed([text])
    assert set(await asyncio.gather(draft.settle(), draft.settle(), draft.settle())) == {
        Count(_full(encoding, text))
    }


@pytest.mark.parametrize(
    "text",
    ["Explain photosynthesis, please.", "Объясни мне фотосинтез, пожалуйста.", "请解释光合作用。"]
)  # fmt: skip
async def test_before_the_vocabulary_is_loaded_the_count_is_an_estimate(text: str) -> None:
    counter = Counter(VOCABULARIES)
    draft = counter.draft("gpt-4o")
    long = text * 50
    estimate = draft.changed([long])
    exact = counter.count(long, "gpt-4o")
    assert not estimate.exact
    assert exact.tokens / 2 < estimate.tokens < exact.tokens * 2
    assert await draft.settle() == exact
    assert draft.changed([long, "more"]) == counter.count(long + "\nmore", "gpt-4o")


async def test_the_vocabulary_is_loaded_in_a_thread_by_settle_alone() -> None:
    loaded: list[bool] = []

    def load() -> Tokenizer:
        try:
            asyncio.get_running_loop()
            loaded.append(False)
        except RuntimeError:
            loaded.append(True)
        return TOKENIZERS["o200k_base"]

    draft = LiveDraft(lambda: TOKENIZERS["o200k_base"] if loaded else None, load)
    draft.changed(["hello world"])
    assert not loaded
    assert await draft.settle() == Count(2)
    assert loaded == [True]


async def test_without_any_vocabulary_a_draft_stays_an_estimate() -> None:
    def missing(_: str) -> bytes:
        raise VocabularyError("not there")

    draft = Counter(Vocabularies(missing)).draft("gpt-4o")
    assert not draft.changed(["four" * 10]).exact
    assert await draft.settle() == Count(10, exact=False)
    assert not draft.changed(["four" * 11]).exact


async def test_the_draft_for_a_model_that_is_not_known_is_corrected_and_never_exact() -> None:
    counter = Counter(VOCABULARIES)
    draft = counter.draft("llama3.2")
    draft.changed(["hello world " * 100])
    plain = await draft.settle()
    assert not plain.exact
    for size in (100, 1000, 2000, 4000):
        counter.estimates.learn("llama3.2", size, 2 * size)
    assert draft.changed(["hello world " * 100]).tokens == pytest.approx(2 * plain.tokens, 0.1)


async def test_a_run_of_blanks_that_tiktoken_gives_up_on_stays_an_estimate() -> None:
    draft = _draft("o200k_base")
    draft.changed([" " * 1_000_001 + "x"])
    assert not (await draft.settle()).exact
    assert draft.changed(["x"]) == Count(1)


@pytest.mark.parametrize("change", [lambda lines: lines, tuple, list])
def test_lines_may_be_any_sequence_and_are_not_kept(
    change: Callable[[list[str]], list[str]],
) -> None:
    draft = _draft("o200k_base")
    lines = ["one", "two", "three"]
    assert draft.changed(change(lines)) == Count(_full("o200k_base", "one\ntwo\nthree"))
    lines[1:2] = ["2", "2b"]
    assert draft.changed(change(lines)) == Count(_full("o200k_base", "one\n2\n2b\nthree"))
    lines.clear()
    assert draft.changed(change(lines)) == Count(0)


@pytest.mark.parametrize("encoding", TOKENIZERS)
def test_a_long_text_is_counted_in_parts_as_in_one_go(encoding: str) -> None:
    chance = random.Random(7)
    text = "".join(chance.choice(AWKWARD) + chance.choice(["", " ", "word"]) for _ in range(40_000))
    assert TOKENIZERS[encoding].count(text) == Count(_full(encoding, text))
