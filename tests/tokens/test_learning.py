"""What is learned from reported tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.counting import Correction, EstimateStore
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.tokens.learning import FACTORS, MOST, OVERHEADS, Estimates, fit, observed

counts = st.integers(0, 10**7)


def _seen(*pairs: tuple[int, int]) -> Correction:
    correction = Correction()
    for counted, reported in pairs:
        correction = observed(correction, counted, reported)
    return correction


def test_nothing_observed_corrects_nothing() -> None:
    found = fit(Correction())
    assert (found.scaled(1234), found.added(3)) == (1234, 3)


@pytest.mark.parametrize(("factor", "overhead"), [(1.0, 25), (1.4, 0), (0.7, 40), (2.5, 12)])
def test_factor_and_overhead_are_found(factor: float, overhead: int) -> None:
    sizes = [20, 60, 150, 400, 900, 1500, 2500, 4000]
    found = fit(_seen(*((size, round(size * factor) + overhead) for size in sizes)))
    for size in (30, 300, 3000):
        assert found.scaled(size) + found.added(0) == pytest.approx(
            size * factor + overhead, 0.05, 4
        )


def test_one_short_request_teaches_the_overhead_and_not_the_factor() -> None:
    found = fit(_seen((20, 45)))
    assert found.factor == pytest.approx(1.0, abs=0.15)
    assert found.overhead > 15


@pytest.mark.parametrize("hidden", [350, 1500])
def test_a_prompt_that_is_not_seen_is_not_taken_for_longer_words(hidden: int) -> None:
    found = fit(_seen((80, 80 + hidden), (320, 320 + hidden)))
    assert found.scaled(1000) + found.added(0) == pytest.approx(1000 + hidden, 0.02)


def test_a_report_that_stands_out_is_hardly_listened_to() -> None:
    pairs = [(size, round(size * 1.2) + 10) for size in (50, 100, 200, 300, 500, 800, 1200)]
    found = fit(_seen(*pairs, (400, 1900), (600, 900)))
    assert found.scaled(1000) + found.added(0) == pytest.approx(1210, 0.06)


def test_old_observations_fade() -> None:
    old = [(size, 2 * size) for size in range(100, 1100, 100)]
    new = [(size, size) for size in range(100, 2100, 100)]
    assert fit(_seen(*old, *new)).factor == pytest.approx(1.0, abs=0.1)


def test_only_the_latest_observations_are_kept() -> None:
    assert len(_seen(*[(100, 110)] * 100).observations) == MOST


@pytest.mark.parametrize(("counted", "reported"), [(0, 5), (100, 0), (100, -1), (100, 10**9)])
def test_what_no_tokenizer_explains_is_not_taken(counted: int, reported: int) -> None:
    assert _seen((counted, reported)) == Correction()


@given(st.lists(st.tuples(counts, counts), max_size=40), st.booleans(), counts)
def test_whatever_is_reported_corrections_stay_within_their_bounds(
    pairs: list[tuple[int, int]], scales: bool, tokens: int
) -> None:
    found = fit(_seen(*pairs), scales=scales)
    assert FACTORS[0] <= found.factor <= FACTORS[1]
    assert OVERHEADS[0] <= found.overhead <= OVERHEADS[1]
    assert found.scaled(tokens) >= 0
    assert found.added(3) >= 0
    assert scales or found.factor == 1.0


def test_a_report_far_below_the_count_is_not_taken_nor_are_those_that_led_there() -> None:
    told = _seen((25, 20), (400, 440), (60, 22), (1000, 20))
    assert told == Correction(((400, 440),))
    assert _seen((400, 440), (1000, 20)) == Correction(((400, 440),))


class _Store:
    """An `EstimateStore` in memory."""

    def __init__(self, stored: Mapping[str, Correction], *, broken: bool = False) -> None:
        self.stored = dict(stored)
        self.five = asyncio.Event()
        self._broken = broken

    async def estimates(self) -> Mapping[str, Correction]:
        return self.stored

    async def keep_estimate(self, model: str, correction: Correction) -> None:
        if self._broken:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk is full."))
        self.stored[model] = correction
        if len(correction.observations) == 5:
            self.five.set()


async def test_what_was_learned_is_there_after_a_restart() -> None:
    store: EstimateStore = (memory := _Store({}))
    first = Estimates()
    await first.restore(store)
    for _ in range(5):
        await asyncio.to_thread(first.learn, "Qwen3:4B", 1000, 1500)
    await asyncio.wait_for(memory.five.wait(), 5)
    assert set(memory.stored) == {"qwen3:4b"}
    second = Estimates()
    second.learn("qwen3:4b", 1000, 1500)  # before the disk was read
    await second.restore(store)
    assert second.fit("qwen3:4b", scales=True).scaled(1000) == pytest.approx(1490, abs=15)
    assert second.fit("other", scales=True).scaled(1000) == 1000


async def test_a_disk_that_fails_stops_no_learning() -> None:
    estimates = Estimates()
    await estimates.restore(_Store({}, broken=True))
    for _ in range(5):
        estimates.learn("m", 1000, 1500)
    await asyncio.sleep(0)
    assert estimates.fit("m", scales=True).factor > 1.3


async def test_what_was_learned_of_such_reports_before_is_not_read_again() -> None:
    estimates = Estimates()
    await estimates.restore(_Store({"m": Correction(((60, 20), (1000, 20), (2000, 20)))}))
    assert estimates.fit("m", scales=True).scaled(10_000) == 10_000


def test_models_without_a_name_teach_nothing() -> None:
    estimates = Estimates()
    estimates.learn("", 100, 300)
    assert estimates.fit("", scales=True).scaled(100) == 100
