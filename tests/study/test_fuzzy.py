"""Fuzzy matching of names and paths."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.study.fuzzy import match

TEXT = st.text("abcAB/._- é", max_size=12)


@given(TEXT, TEXT)
def test_what_matches_is_in_the_text_in_its_order(query: str, text: str) -> None:
    letters = iter(text.lower())
    is_in_order = all(letter in letters for letter in query.lower())
    found = match(query, text)
    assert (found is not None) == is_in_order
    if found is not None:
        assert [text[at].lower() for at in found.places] == list(query.lower())
        assert list(found.places) == sorted(set(found.places))


def best(query: str, *texts: str) -> str:
    return max(texts, key=lambda text: found.score if (found := match(query, text)) else -99)


def test_the_name_of_a_file_counts_more_than_its_folders() -> None:
    assert best("cells", "cells/of/plants.md", "notes/cells.md") == "notes/cells.md"


def test_letters_in_a_row_and_at_the_beginning_of_words_count_more() -> None:
    assert best("nc", "notes-cells.md", "incoming.md") == "notes-cells.md"
    assert best("per", "paper", "persona") == "persona"
    assert best("set", "session-template", "settings") == "settings"


def test_a_path_that_repeats_itself_takes_no_time() -> None:
    begun = time.process_time()
    assert match("tests" * 8, "tests/test_" * 200) is not None
    assert match("tests" * 8 + "!", "tests/test_" * 200) is None
    assert time.process_time() - begun < 1  # trying all ways would take years
