"""Summaries that are no longer than they may be, in requests that fit the window."""

from __future__ import annotations

import pytest

from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count
from tests.chat.test_fitting import MESSAGE, PRIMING, Bench
from tests.support.limited import of_window
from tests.support.scripted_provider import says


async def test_a_model_that_minds_no_limit_is_not_asked_for_more_than_one_summary() -> None:
    bench = Bench(says("sum " * 350), turns=30, words=60, facts=of_window(600, 100))
    with pytest.raises(StudyBuddyError, match="summary has 350 tokens, and may have 62"):
        await bench.fit(Overflow.SUMMARISE)
    assert len(bench.provider.requests) == 1
    assert bench.parts.summaries.kept == []


async def test_a_summary_that_is_a_little_too_long_is_cut_so_that_the_next_request_fits() -> None:
    bench = Bench(says("Long " + "sum " * 90), turns=30, facts=of_window(600, 100))
    fitted = await bench.fitted(Overflow.SUMMARISE)
    assert len(bench.provider.requests) > 4
    for request in bench.provider.requests:
        words = sum(len(text.split()) + MESSAGE for _, text in request.messages) + PRIMING
        assert words + (request.max_completion_tokens or 0) <= 600
    [kept] = bench.parts.summaries.kept
    assert 50 <= len(kept.text.split()) <= 500 // 8
    assert fitted.messages[1][1] == kept.text


async def test_a_request_for_a_summary_that_does_not_fit_is_not_sent() -> None:
    """Pieces are counted apart; together they may have more tokens than all of them."""
    bench = Bench(facts=of_window(600, 100))
    counted = bench.parts.counter.count_message

    def together(role: Role, text: str, model: str) -> Count:
        more = 2 if "Now write the summary" in text and len(text) > 300 else 1
        return Count(counted(role, text, model).tokens * more)

    bench.parts.counter.count_message = together  # type: ignore[method-assign]
    with pytest.raises(StudyBuddyError, match="window is too small"):
        await bench.fit(Overflow.SUMMARISE)
    assert bench.provider.requests == []
