"""How long two texts begin and end alike, against a search one by one."""

from __future__ import annotations

from itertools import product, takewhile

import pytest

from studybuddy.domain.common_ends import common_end, common_start

TEXTS = ["".join(letters) for length in range(5) for letters in product("ab", repeat=length)]


def alike(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


@pytest.mark.parametrize("one", TEXTS)
def test_starts_and_ends_are_those_of_a_search_one_by_one(one: str) -> None:
    for other in TEXTS:
        assert common_start(one, other) == alike(one, other)
        assert common_start(list(one), list(other)) == alike(one, other)
        for most in range(min(len(one), len(other)) + 1):
            expected = min(most, alike(one[::-1], other[::-1]))
            assert common_end(one, other, most) == expected
            assert common_end(list(one), list(other), most) == expected
