"""How long two texts, or two lists of lines, begin and end alike.

Whole slices are compared, never one item after the other: some ten microseconds for a hundred
thousand characters or lines.
"""

from __future__ import annotations

from typing import TypeVar

_Run = TypeVar("_Run", str, list[str])


def common_start(one: _Run, other: _Run) -> int:
    """How many characters or lines both begin with alike, by bisection."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end(one: _Run, other: _Run, most: int) -> int:
    """How many characters or lines both end with alike, of `most` at most.

    `most` is not more than the length of the shorter one.
    """
    low, high = 0, most
    for guess in (high, high - 1):  # something came or went; something was replaced
        if guess > 0 and one[len(one) - guess :] == other[len(other) - guess :]:
            return guess
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low
