from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.reported_usage import UsageReports, believable, tokens_in, usage_in
from studybuddy.domain.usage import MOST_TOKENS, Usage
from tests.support.usages import USAGES

NAMES = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "prompt_tokens_details",
    "prompt_token_details",
    "completion_tokens_details",
    "cache_n",
    "prompt_n",
    "predicted_n",
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=20,
)


def holds(usage: Usage) -> bool:
    """Whether the parts of a usage fit into the whole, and all can be summed up."""
    parts = (usage.prompt, usage.completion, usage.cached, usage.reasoning, usage.cache_written)
    return (
        all(type(part) is int and 0 <= part <= MOST_TOKENS for part in parts)
        and usage.cached + usage.cache_written <= usage.prompt
        and usage.reasoning <= usage.completion
    )


@pytest.mark.parametrize("name", USAGES)
def test_every_variant_is_read_as_it_is_meant(name: str) -> None:
    told, expected = USAGES[name]
    assert usage_in(told) == expected
    assert expected is None or holds(expected)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_is_told_the_parts_fit_the_whole(first: Any, second: Any, timings: Any) -> None:
    reports = UsageReports()
    reports.take(first, second, timings=timings)
    for usage in (usage_in(first), usage_in(second), reports.usage):
        assert usage is None or holds(usage)


@given(st.lists(ANYTHING, max_size=6))
def test_no_later_report_takes_back_what_an_earlier_one_told(told: list[Any]) -> None:
    reports = UsageReports()
    before = Usage()
    for one in told:
        reports.take(one)
        now = reports.usage or Usage()
        assert now.prompt >= before.prompt
        assert now.completion >= before.completion
        before = now


@pytest.mark.parametrize("told", [None, True, "", "x", "nan", float("inf"), [], {}])
def test_what_is_no_number_is_no_number_of_tokens(told: Any) -> None:
    assert tokens_in(told) is None


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        (Usage(9, 3), Usage(9, 3)),
        (Usage(5000, 20_000, reasoning=19_990), Usage(5000, 20_000, reasoning=19_990)),
        (Usage(10**9, 3, cached=10**8), Usage(0, 3)),
        (Usage(9, 10**9, cached=4, reasoning=10**9), Usage(9, 0, cached=4)),
        (Usage(10**12, 10**12), None),
    ],
)
def test_a_report_beyond_all_that_was_said_is_not_believed(
    told: Usage, believed: Usage | None
) -> None:
    assert believable(told, ["Be brief.", "Why?"], "Because.") == believed


def test_a_long_text_may_have_as_many_tokens_as_bytes() -> None:
    told = Usage(4_000_000, 1)
    assert believable(told, ["🙂" * 1_000_000], "") == told
    assert believable(told, ["a" * 1_000_000], "") == Usage(0, 1)
