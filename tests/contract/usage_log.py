"""What every log of usage does; the suite is run on each implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from studybuddy.domain.accounts import (
    LATEST,
    By,
    Origin,
    Outcome,
    Purpose,
    Selection,
    Total,
    UsageLog,
    UsageRecord,
)
from studybuddy.domain.messages import Conversation, Mode, new_id
from studybuddy.domain.money import Cost
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.usage import MOST_TOKENS, Usage

ZONE = ZoneInfo("America/New_York")
"""Whose days the sums by day are for."""
ALL = Selection()


class World(Protocol):
    """One set of data, and the logs of several windows over it."""

    store: ConversationStore

    def log(self) -> UsageLog:
        """The log of another window."""
        ...


def a_record(at: float = 1000.0, conversation: str = "c1", **changes: object) -> UsageRecord:
    record = UsageRecord(
        new_id(),
        at,
        "lab",
        "small",
        Origin(conversation),
        Usage(100, 20, 10, 5, 2),
        True,
        1_500,
        first_token=0.25,
        duration=1.5,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def at_local(*parts: int) -> float:
    """Unix time of a time on the wall in `ZONE`."""
    return datetime(*parts, tzinfo=ZONE).timestamp()  # type: ignore[misc,arg-type]


class UsageLogContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def log(self, world: World) -> UsageLog:
        return world.log()

    async def test_a_record_comes_back_as_it_was_written(self, log: UsageLog) -> None:
        record = UsageRecord(
            new_id(),
            12.5,
            "lab 学",
            "small-2",
            Origin("c1", Mode.ASSISTANT, Purpose.RUN),
            Usage(1, 2, 3, 4, 5),
            False,
            None,
            True,
            True,
            None,
            2.25,
            Outcome.STOPPED,
        )
        other = a_record(13.0)
        await log.add(other)
        await log.add(record)
        assert await log.records(ALL) == [record, other]

    async def test_a_record_of_the_same_id_takes_the_place_of_the_one_before(
        self, world: World, log: UsageLog
    ) -> None:
        record = a_record(id="run_1")
        await log.add(record)
        later = replace(record, usage=Usage(200, 40), cost=3_000, outcome=Outcome.FAILED)
        await world.log().add(later)
        assert await log.records(ALL) == [later]
        assert await log.total(ALL) == Total.of(later)

    async def test_nothing_was_used_before_the_first_record(self, log: UsageLog) -> None:
        assert await log.records(ALL) == []
        assert await log.total(ALL) == Total()
        for by in By:
            assert await log.groups(by, ALL) == []

    async def test_a_total_tells_free_unpriced_and_kept_ones_apart(self, log: UsageLog) -> None:
        free = a_record(cost=0, free=True)
        await log.add(free)
        assert (await log.total(ALL)).cost == Cost(0, free=True)
        await log.add(a_record(cost=None))
        assert (await log.total(ALL)).cost == Cost(0, 1, free=False)
        await log.add(a_record(cost=7))
        await log.add(a_record(cost=0, kept=True))
        used = Usage(100, 20, 10, 5, 2)
        assert await log.total(ALL) == Total(3, used + used + used, Cost(7, 1, free=False), 1, used)

    async def test_a_request_that_failed_before_it_was_billed_has_no_cost_at_all(
        self, log: UsageLog
    ) -> None:
        for cost in (0, None):
            await log.add(
                a_record(cost=cost, usage=Usage(), reported=False, outcome=Outcome.FAILED)
            )
        total = await log.total(ALL)
        assert total == Total(2, unbilled=2)
        assert total.money is None
        await log.add(a_record(cost=7))
        (group,) = await log.groups(By.MODEL, ALL)
        assert (group.total.requests, group.total.money) == (3, Cost(7, free=False))

    async def test_records_can_be_left_out_by_their_ids(self, log: UsageLog) -> None:
        for name in ("a", "b", "c"):
            await log.add(a_record(id=name))
        without = Selection(conversation_id="c1", without=frozenset(("a", "c")))
        assert [record.id for record in await log.records(without)] == ["b"]
        assert (await log.total(without)).requests == 1

    async def test_a_record_whose_end_nobody_saw_has_no_duration(self, log: UsageLog) -> None:
        record = a_record(duration=None, first_token=None, outcome=Outcome.INTERRUPTED)
        await log.add(record)
        assert await log.records(ALL) == [record]

    async def test_kept_answers_alone_cost_nothing_and_use_nothing(self, log: UsageLog) -> None:
        await log.add(a_record(cost=0, kept=True))
        total = await log.total(ALL)
        assert (total.requests, total.usage, total.kept) == (0, Usage(), 1)
        assert [group.total for group in await log.groups(By.MODEL, ALL)] == [total]

    async def test_a_selection_takes_its_beginning_and_leaves_its_end(self, log: UsageLog) -> None:
        for at in (9.999, 10.0, 19.999, 20.0):
            await log.add(a_record(at))
        await log.add(a_record(15.0, "c2"))
        meant = Selection(10.0, 20.0, "c1")
        assert [record.at for record in await log.records(meant)] == [10.0, 19.999]
        assert (await log.total(meant)).requests == 2
        assert (await log.total(Selection(since=10.0))).requests == 4
        assert (await log.total(Selection(until=10.0))).requests == 1
        assert (await log.total(Selection(since=0.0, until=0.0))).requests == 0
        (group,) = await log.groups(By.CONVERSATION, meant)
        assert (group.key, group.total.requests) == ("c1", 2)

    async def test_days_are_those_of_the_wall_also_where_clocks_are_changed(
        self, log: UsageLog
    ) -> None:
        # In New York clocks went back on 1 November 2026 and forward on 8 March.
        days = {
            "2026-03-07": [at_local(2026, 3, 7, 23, 59, 59)],
            "2026-03-08": [at_local(2026, 3, 8), at_local(2026, 3, 8, 23, 59, 59)],
            "2026-03-09": [at_local(2026, 3, 9)],
            "2026-10-31": [at_local(2026, 10, 31, 23, 59, 59) + 0.999],
            "2026-11-01": [
                at_local(2026, 11, 1),
                at_local(2026, 11, 1, 0, 30) + timedelta(hours=24).total_seconds(),
            ],
            "2026-11-02": [at_local(2026, 11, 2)],
        }
        for times in days.values():
            for at in times:
                await log.add(a_record(at))
        groups = await log.groups(By.DAY, ALL)
        assert {g.key: g.total.requests for g in groups} == {d: len(t) for d, t in days.items()}
        assert [group.key for group in groups] == sorted(days)
        assert all(group.label == group.key for group in groups)

    async def test_models_and_modes_stand_in_the_order_of_their_tokens(self, log: UsageLog) -> None:
        await log.add(a_record(model="little", usage=Usage(1, 1)))
        await log.add(a_record(model="much", usage=Usage(900, 90)))
        thread = Origin("c1", Mode.ASSISTANT, Purpose.RUN)
        await log.add(a_record(model="little", usage=Usage(2, 2), origin=thread))
        assert [(g.key, g.label, g.total.usage.total) for g in await log.groups(By.MODEL, ALL)] == [
            ("much", "much", 990),
            ("little", "little", 6),
        ]
        assert [(g.key, g.total.requests) for g in await log.groups(By.MODE, ALL)] == [
            ("completion", 2),
            ("assistant", 1),
        ]

    async def test_conversations_are_shown_by_their_title_as_long_as_they_are_there(
        self, world: World, log: UsageLog
    ) -> None:
        for name, title in (("c1", "Light"), ("c2", "Leaves"), ("c3", "")):
            await world.store.save(Conversation(name, title, 1.0, 1.0))
        await world.store.delete("c2")
        for number, name in enumerate(("c1", "c2", "c3", "")):
            await log.add(a_record(conversation=name, usage=Usage(100 - number)))
        groups = await log.groups(By.CONVERSATION, ALL)
        assert [(group.key, group.label) for group in groups] == [
            ("c1", "Light"),
            ("c2", "(deleted)"),
            ("c3", "(untitled)"),
            ("", "(no conversation)"),
        ]

    async def test_numbers_that_no_request_has_are_bounded_and_lose_no_row(
        self, log: UsageLog
    ) -> None:
        told = Usage(2**63, -1, 2**200, float("nan"), 1.9)  # type: ignore[arg-type]
        for cost in (2**70, -1, None):
            await log.add(a_record(usage=told, cost=cost))
        for _ in range(30):
            await log.add(a_record(usage=told, cost=2**62))
        records = await log.records(ALL)
        assert records[0].usage == Usage(MOST_TOKENS, 0, MOST_TOKENS, 0, 1)
        assert [record.cost for record in records][:3] == [2**62, 0, None]
        total = await log.total(ALL)
        assert total == sum((Total.of(record) for record in records), Total())
        assert total.cost.nanodollars == 31 * 2**62

    async def test_times_that_no_request_has_are_bounded_and_lose_no_row(
        self, log: UsageLog
    ) -> None:
        for wrong in (float("nan"), float("inf"), -5.0, 1e300):
            await log.add(a_record(wrong, first_token=wrong, duration=wrong))
        records = await log.records(ALL)
        assert [record.at for record in records] == [0.0, 0.0, LATEST, LATEST]
        assert [record.duration for record in records] == [0.0, 0.0, LATEST, LATEST]
        days = await log.groups(By.DAY, ALL)
        assert [day.total.requests for day in days] == [2, 2]

    async def test_windows_see_each_others_records(self, world: World, log: UsageLog) -> None:
        others = [world.log() for _ in range(3)]
        await asyncio.gather(*(each.add(a_record()) for each in [*others, log] for _ in range(10)))
        assert (await log.total(ALL)).requests == 40

    async def test_the_sums_of_all_groupings_agree(self, log: UsageLog) -> None:
        for number in range(60):
            await log.add(
                a_record(
                    at=number * 7_777.7,
                    conversation=f"c{number % 7}",
                    model=f"m{number % 3}",
                    usage=Usage(number, number * 2, number // 2, number // 3, number % 2),
                    cost=None if number % 11 == 0 else number**5,
                    kept=number % 5 == 0,
                    free=number % 13 == 0,
                )
            )
        rows = sum((Total.of(record) for record in await log.records(ALL)), Total())
        assert await log.total(ALL) == rows
        for by in By:
            groups = await log.groups(by, ALL)
            assert len(groups) > (by is not By.MODE)
            assert sum((group.total for group in groups), Total()) == rows
