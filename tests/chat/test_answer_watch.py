"""Counting an answer while it comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.chat.answer_watch import TokensSoFar
from studybuddy.tokens.counter import Counter

COUNTER = Counter()
MODEL = "gpt-4o"
TEXT = (
    "Photosynthesis turns light into sugar: 6 CO2 and 6 H2O become C6H12O6. It needs chlorophyll, "
    "which is green – and that's why leaves are. In the dark, it stops at once! "
) * 6
_SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@settings(max_examples=30)
@given(_SIZES)
def test_prose_in_any_pieces_has_as_many_tokens_as_in_one(sizes: list[int]) -> None:
    tokens, start, number = TokensSoFar(COUNTER, MODEL), 0, 0
    for size in sizes:
        number = tokens.add(TEXT[start : start + size])
        start += size
    assert number == COUNTER.count(TEXT[:start], MODEL).tokens


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=60).map(lambda text: text * 20), _SIZES)
def test_any_text_has_a_token_more_for_each_place_where_it_was_closed_at_most(
    text: str, sizes: list[int]
) -> None:
    tokens, start, number = TokensSoFar(COUNTER, MODEL), 0, 0
    while start < len(text):
        size = sizes[start % len(sizes)]
        number = tokens.add(text[start : start + size])
        start += size
    whole = COUNTER.count(text, MODEL).tokens
    assert whole <= number + 8
    assert number <= whole + 8 * (1 + len(text) // 200)
