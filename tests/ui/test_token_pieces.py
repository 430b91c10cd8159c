"""Tokens as they are drawn: harmless, told apart, and as wide as they say."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from studybuddy.domain.counting import Token
from studybuddy.ui.widgets.token_pieces import MOST_CELLS, TokenPage, pieces_of


def drawn(data: bytes) -> str:
    """What is shown for a token."""
    return "".join(text for piece in pieces_of(data) for text, _ in piece.runs)


def test_blanks_are_seen() -> None:
    assert drawn(b" a\tb\r\n") == "·a→b␍⏎"
    assert [piece.ends_line for piece in pieces_of(b"}\n\n")] == [True, True]


def test_bytes_that_are_no_character_are_told_as_bytes() -> None:
    assert drawn("🙂".encode()[:2]) == "‹F0 9F›"
    assert drawn(b" " + "語".encode()[:1]) == "·‹E8›"
    assert drawn("語".encode()[2:] + b"a") == "‹9E›a"


def test_what_would_change_its_neighbours_is_told_by_its_number() -> None:
    assert drawn("\u202e".encode()) == "‹U+202E›"  # turns the reading direction
    assert drawn("a\u200db".encode()) == "a‹U+200D›b"
    assert drawn("\u0301".encode()) == "◌\u0301"
    assert drawn("e\u0301".encode()) == "e\u0301"
    assert drawn("\u2028".encode()) == "‹U+2028›"
    assert drawn("👍🏽".encode()) == "👍🏽"
    assert drawn("🏽".encode()) == "‹U+1F3FD›"
    assert drawn(b"\x1b[31m") == "␛[31m"


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda t: t.encode("utf-8"))))
def test_any_token_is_drawn_harmlessly_and_as_wide_as_it_says(data: bytes) -> None:
    pieces = pieces_of(data)
    assert pieces
    for piece in pieces:
        assert piece.width == sum(cell_len(text) for text, _ in piece.runs)
        assert all(text.isprintable() for text, _ in piece.runs)
    assert sum(piece.ends_line for piece in pieces) == data.count(b"\n")


@given(st.text(max_size=300), st.integers(MOST_CELLS + 12, 200), st.booleans(), st.randoms())
def test_lines_hold_all_pieces_in_their_order_and_none_is_too_wide(
    text: str, width: int, ids: bool, random: object
) -> None:
    data = text.encode("utf-8", "surrogatepass")
    cuts = sorted(random.sample(range(len(data) + 1), min(len(data), 40)))  # type: ignore[attr-defined]
    edges = [0, *cuts, len(data)]
    page = TokenPage([Token(n, data[a:b]) for n, (a, b) in enumerate(pairwise(edges)) if a < b])
    lines = page.lay_out(width, ids)
    assert lines == sorted(set(lines))
    assert (lines[:1] == [0]) == bool(data)
    for first, last in pairwise([*lines, len(page.pieces)]):
        widths = [page.pieces[at].width for at in range(first, last)]
        if ids:
            gaps = [max(w, page.id_width(first + n)) for n, w in enumerate(widths)]
            assert sum(gaps) + len(gaps) - 1 <= width
        else:
            assert sum(widths) <= width
        assert not any(page.pieces[at].ends_line for at in range(first, last - 1))


@given(st.text(min_size=1, max_size=60))
def test_a_part_of_a_character_is_told_with_the_whole_of_it(text: str) -> None:
    data = text.encode("utf-8", "replace")
    page = TokenPage([Token(byte, bytes([byte])) for byte in data])
    position = 0
    for character in data.decode("utf-8"):
        size = len(character.encode())
        for _ in range(size):
            assert page.part_of(position) == (character if size > 1 else "")
            position += 1
