"""The sums of heights are right after any change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.ui.transcript.heights import Heights

changes = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 50), st.just(0)),
        st.tuples(st.just("set"), st.integers(0, 99), st.integers(0, 50)),
        st.tuples(st.just("remove"), st.integers(0, 99), st.just(0)),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=40), changes)
def test_sums_and_searches_agree_with_a_plain_list(
    heights: list[int], made: list[tuple[str, int, int]]
) -> None:
    fast = Heights(heights)
    plain = list(heights)
    for kind, first, second in made:
        if kind == "append":
            fast.append(first)
            plain.append(first)
        elif plain and kind == "set":
            fast.set(first % len(plain), second)
            plain[first % len(plain)] = second
        elif plain:
            fast.remove(first % len(plain))
            del plain[first % len(plain)]

    assert [fast[index] for index in range(len(fast))] == plain
    assert fast.total == sum(plain)
    assert [fast.before(index) for index in range(len(plain) + 1)] == [
        sum(plain[:index]) for index in range(len(plain) + 1)
    ]
    lines = [(index, line) for index, height in enumerate(plain) for line in range(height)]
    assert [fast.find(line) for line in range(len(lines))] == lines


def test_a_line_outside_gives_the_nearest_one() -> None:
    heights = Heights([0, 3, 2, 0])
    assert heights.find(-5) == (1, 0)
    assert heights.find(99) == (2, 1)


def test_where_there_are_no_lines_none_is_found() -> None:
    with pytest.raises(IndexError):
        Heights([0, 0]).find(0)
