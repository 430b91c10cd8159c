"""Breaking text into lines of cells."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from studybuddy.ui.transcript.wrap import is_simple, measurable, wrap

pieces = st.lists(
    st.text(st.sampled_from("ab  学é—👩\u200d💻\ufe0f☁\u0301-،ש\n"), max_size=14).map(measurable),
    min_size=1,
    max_size=4,
)


def broken(text: str, width: int, *, anywhere: bool = False) -> list[str]:
    return [text[start:end] for start, end in wrap([text], width, anywhere=anywhere)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("hello big world", 9, ["hello big", "world"]),
        ("hello big world", 7, ["hello", "big", "world"]),
        ("abcdefghij kl", 4, ["abcd", "efgh", "ij", "kl"]),
        ("foo     ", 3, ["foo"]),
        ("  indented", 20, ["  indented"]),
        ("wörd — 学生 and more", 6, ["wörd —", "学生", "and", "more"]),
        ("学ぶ。です", 4, ["学", "ぶ。", "です"]),
        ("👩‍💻 coder 👩‍💻👩‍💻", 5, ["👩‍💻", "coder", "👩‍💻👩‍💻"]),
    ],
)
def test_lines_break_between_words(text: str, width: int, lines: list[str]) -> None:
    assert broken(text, width) == lines


def test_code_breaks_anywhere_and_loses_no_space() -> None:
    assert broken("  x = 1   ", 4, anywhere=True) == ["  x ", "= 1 ", "  "]


@settings(deadline=None)
@given(pieces, st.integers(2, 9), st.booleans())
def test_no_line_is_too_wide_and_only_spaces_are_lost(
    parts: list[str], width: int, anywhere: bool
) -> None:
    text = "".join(parts)
    ends = [sum(map(len, parts[:number])) for number in range(len(parts) + 1)]
    position = 0
    for start, end in wrap(parts, width, anywhere=anywhere):
        assert text[position:start].strip("\n" if anywhere else " \n") == ""
        cuts = sorted({start, end, *[cut for cut in ends if start < cut < end]})
        drawn = [text[a:b] for a, b in pairwise(cuts)]
        assert sum(map(cell_len, drawn)) <= width
        assert "\n" not in text[start:end]
        position = end
    assert text[position:].strip("\n" if anywhere else " \n") == ""


def test_characters_taken_for_simple_are_one_cell_wide() -> None:
    simple = [c for c in map(chr, range(sys.maxunicode + 1)) if is_simple(c)]
    assert len(simple) > 1000
    assert [c for c in simple if get_character_cell_size(c) != 1] == []
