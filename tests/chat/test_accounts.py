"""The sums of this run, a conversation, a day and a month; prices and sizes of models."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from studybuddy.chat.accounts import Accounts
from studybuddy.domain.accounts import Origin, Outcome, Purpose, Selection, Total, UsageRecord
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.limits import Period, Spent
from studybuddy.domain.messages import Mode
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from studybuddy.storage.usage import SqliteUsageLog
from tests.contract.usage_log import a_record
from tests.support.accounting import NANO, FlatPrices, WordCounter, accounts
from tests.support.memory_usage import MemoryUsageLog
from tests.support.store_process import open_store

LAB = Endpoint("lab", "http://lab.invalid/v1", EndpointKind.REMOTE, "small")
HERE = Endpoint("here", "http://127.0.0.1:1/v1", EndpointKind.LOCAL, "tiny")
NOON = datetime(2026, 11, 21, 12).timestamp()
FULL = Problem(ProblemKind.STORAGE, "The disk is full.")


class Clock:
    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Windows:
    """Two windows of the app over one history, with one clock of Unix time and one of ages."""

    def __init__(self) -> None:
        self.log = MemoryUsageLog()
        self.now = Clock(NOON)
        self.age = Clock()
        self.mine = self._window(self.log)
        self.other = self._window(MemoryUsageLog(rows=self.log.rows))

    def _window(self, log: MemoryUsageLog) -> Accounts:
        window = accounts(log, now=self.now)
        window._sums._clock = self.age
        return window


@pytest.fixture
def windows() -> Windows:
    return Windows()


async def used(window: Accounts, usage: Usage | None, **more: object) -> Cost:
    given = {
        "at": NOON,
        "first_token": 0.5,
        "duration": 1.0,
        "outcome": Outcome.COMPLETE,
        **more,
    }
    origin = given.pop("origin", Origin("c1"))
    endpoint = given.pop("endpoint", LAB)
    return await window.record_usage(origin, endpoint, "", usage, **given)  # type: ignore[arg-type]


# Records


async def test_a_request_is_priced_recorded_and_added_up(windows: Windows) -> None:
    cost = await used(windows.mine, Usage(100, 20, 10))
    assert cost == Cost(90 + 5 + 40, free=False)
    (record,) = await windows.log.records(Selection())
    assert (record.endpoint, record.model, record.cost) == ("lab", "small", cost.nanodollars)
    assert (record.usage, record.reported, record.free) == (Usage(100, 20, 10), True, False)
    assert windows.mine.session == Total(1, Usage(100, 20, 10), cost)


async def test_models_that_run_here_are_free(windows: Windows) -> None:
    assert await used(windows.mine, Usage(100, 20), endpoint=HERE) == Cost(0, free=True)
    (record,) = await windows.log.records(Selection())
    assert (record.cost, record.free) == (0, True)


async def test_what_nobody_prices_is_unpriced_unless_it_was_never_billed() -> None:
    window = accounts(prices=FlatPrices(unknown=["small"]))
    assert await used(window, Usage(100, 20)) == Cost(unpriced=1, free=False)
    assert await used(window, None, counted=Usage(100)) == Cost(unpriced=1, free=False)
    refused = await used(window, None, counted=Usage(), outcome=Outcome.FAILED)
    assert refused == Cost()
    assert window.session.cost == Cost(0, 2, free=False)
    assert (window.session.requests, window.session.unbilled) == (3, 1)


async def test_requests_that_nobody_bills_have_no_cost_at_all() -> None:
    window = accounts(prices=FlatPrices(unknown=["small"]))
    await used(window, None, counted=Usage(), outcome=Outcome.FAILED)
    assert window.session.money is None
    assert (await window.conversation("c1")).money is None
    await used(window, Usage(100, 20))
    assert str(window.session.money) == "unpriced"


async def test_a_kept_answer_costs_nothing_and_counts_as_saved(windows: Windows) -> None:
    assert await used(windows.mine, Usage(100, 20), kept=True) == Cost()
    assert windows.mine.session == Total(kept=1, saved=Usage(100, 20))
    (record,) = await windows.log.records(Selection())
    assert (record.kept, record.cost, record.usage) == (True, 0, Usage(100, 20))


async def test_a_run_that_is_recorded_again_counts_once(windows: Windows) -> None:
    await windows.mine.conversation("c1")
    run = a_record(NOON, id="run_1", origin=Origin("c1", Mode.ASSISTANT, Purpose.RUN))
    await windows.mine.record(run)
    later = replace(run, usage=Usage(900, 90), cost=9_000)
    await windows.mine.record(later)
    assert windows.mine.session == Total.of(later)
    assert await windows.mine.conversation("c1") == Total.of(later)
    await windows.other.record(later)  # it followed the run too
    assert (await windows.other.spent("c1"))[Period.DAY] == Spent(9_000, 990)


async def test_the_session_is_the_sum_of_its_rows_whatever_was_told(windows: Windows) -> None:
    for usage in (Usage(1, 2, 1, 1), Usage(2**63, -1), Usage(3, 4)):
        await used(windows.mine, usage)
    rows = [Total.of(record) for record in await windows.log.records(Selection())]
    assert windows.mine.session == sum(rows, Total()) == await windows.log.total(Selection())


async def test_a_record_is_made_though_its_maker_is_cancelled(windows: Windows) -> None:
    recording = asyncio.create_task(windows.mine.record(a_record()))
    await asyncio.sleep(0)
    recording.cancel()
    await asyncio.wait({recording})
    await windows.mine.settled()
    assert len(windows.log.rows) == 1


# Sums


async def test_sums_of_a_conversation_grow_with_its_records(windows: Windows) -> None:
    assert windows.mine.conversation_known("c1") is None
    assert await windows.mine.conversation("c1") == Total()
    await used(windows.mine, Usage(10, 1))
    await used(windows.mine, Usage(20, 2), origin=Origin("c2"))
    await used(windows.mine, Usage(30, 3), origin=Origin("c1", purpose=Purpose.SUMMARY))
    known = windows.mine.conversation_known("c1")
    assert known is not None
    assert (known.requests, known.usage) == (2, Usage(40, 4))
    assert windows.log.reads == 1
    windows.age.at += 60
    assert await windows.mine.conversation("c1") == known


async def test_a_conversation_without_an_id_has_used_nothing(windows: Windows) -> None:
    await used(windows.mine, Usage(10, 1))
    assert await windows.mine.conversation("") == Total()
    assert windows.mine.conversation_known("") is None
    assert (await windows.mine.spent(""))[Period.CONVERSATION] == Spent()


async def test_what_was_spent_is_of_the_conversation_the_local_day_and_month(
    windows: Windows,
) -> None:
    begun = datetime(2026, 11, 21).timestamp()
    month = datetime(2026, 11, 1).timestamp()
    for at, tokens in ((begun, 1), (begun - 1, 10), (month, 100), (month - 1, 1000)):
        await used(windows.mine, Usage(tokens), at=at)
    await used(windows.mine, Usage(10_000), at=begun, origin=Origin("c2"))
    assert await windows.mine.spent("c1") == {
        Period.CONVERSATION: Spent(1111, 1111),
        Period.DAY: Spent(10_001, 10_001),
        Period.MONTH: Spent(10_111, 10_111),
    }


async def test_what_a_wrong_clock_recorded_for_later_counts_neither_today_nor_this_month(
    windows: Windows,
) -> None:
    for day in ((2026, 11, 22), (2026, 12, 1), (2199, 1, 1)):
        await used(windows.mine, Usage(10), at=datetime(*day).timestamp())
    spent = await windows.mine.spent("c1")
    assert spent[Period.DAY] == Spent()
    assert spent[Period.MONTH] == Spent(10, 10)
    assert spent[Period.CONVERSATION] == Spent(30, 30)


@pytest.mark.parametrize(("year", "month"), [(2026, 1), (2027, 2), (2028, 2), (2026, 12)])
async def test_a_month_ends_with_its_last_day(windows: Windows, year: int, month: int) -> None:
    last = datetime(year + month // 12, month % 12 + 1, 1) - timedelta(seconds=1)
    windows.now.at = last.timestamp()
    day, whole = windows.mine._sums.calendar()
    assert day.until == whole.until == last.timestamp() + 1
    assert whole.since == datetime(year, month, 1).timestamp()


async def test_a_run_that_goes_on_is_not_counted_as_it_was_recorded_before(
    windows: Windows,
) -> None:
    run = a_record(id="run", at=NOON, usage=Usage(50, 10), origin=Origin("c1", purpose=Purpose.RUN))
    await windows.mine.record(run)
    await used(windows.mine, Usage(5))
    assert (await windows.mine.spent("c1"))[Period.CONVERSATION].tokens == 65
    windows.mine.goes_on("run")
    spent = await windows.mine.spent("c1")
    assert {state.tokens for state in spent.values()} == {5}
    await windows.mine.record(replace(run, usage=Usage(80, 20)))
    spent = await windows.mine.spent("c1")
    assert {state.tokens for state in spent.values()} == {105}


async def test_unpriced_requests_are_told_beside_what_was_spent() -> None:
    window = accounts(prices=FlatPrices(unknown=["small"]))
    await used(window, Usage(10), at=1_000_000.0)
    assert (await window.spent("c1"))[Period.CONVERSATION] == Spent(0, 10, 1)


async def test_the_day_and_the_month_begin_anew(windows: Windows) -> None:
    windows.now.at = datetime(2026, 11, 30, 23, 59).timestamp()
    await used(windows.mine, Usage(5), at=windows.now.at)
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(5, 5)
    windows.now.at += timedelta(minutes=2).total_seconds()
    spent = await windows.mine.spent("c1")
    assert (spent[Period.DAY], spent[Period.MONTH]) == (Spent(), Spent())
    assert spent[Period.CONVERSATION] == Spent(5, 5)


async def test_what_other_windows_spend_is_seen_within_two_seconds(windows: Windows) -> None:
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent()
    await used(windows.other, Usage(10, 1))
    await used(windows.mine, Usage(20, 2))
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(24, 22)
    reads = windows.log.reads
    windows.age.at = 1.9
    await windows.mine.spent("c1")
    assert windows.log.reads == reads
    windows.age.at = 2.0
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(36, 33)
    assert (await windows.mine.conversation("c1")).usage == Usage(30, 3)
    assert windows.mine.session.usage == Usage(20, 2)


async def test_a_record_that_is_made_while_a_sum_is_read_counts_once() -> None:
    class Slow(MemoryUsageLog):
        """Reads at once and tells late, as a busy database may."""

        told = asyncio.Event()

        async def total(self, selection: Selection) -> Total:
            read = await super().total(selection)
            await self.told.wait()
            return read

    log = Slow()
    window = accounts(log)
    reading = asyncio.create_task(window.conversation("c1"))
    while not log.reads:  # noqa: ASYNC110 - one step of the loop
        await asyncio.sleep(0)
    recording = asyncio.create_task(window.record(a_record()))
    log.told.set()
    await asyncio.gather(reading, recording)
    assert (await window.conversation("c1")).requests == 1
    assert window.conversation_known("c1") == await log.total(Selection())


async def test_sums_agree_with_the_database_while_windows_read_and_write(tmp_path: Path) -> None:
    store, instance = open_store(tmp_path)
    window = Accounts(
        SqliteUsageLog(store.database), FlatPrices(), WordCounter(), now=lambda: 1_000.0
    )
    window._sums._clock = count(0.0, 1.5).__next__  # most sums are read anew
    reads = [window.spent("c1") for _ in range(20)]
    writes = [window.record(a_record(cost=number)) for number in range(20)]
    await asyncio.gather(*(each for pair in zip(reads, writes, strict=True) for each in pair))
    known = window.conversation_known("c1")
    assert known == await window.log.total(Selection())
    await store.close()
    instance.release()


# A disk that fails


async def test_a_record_that_the_disk_refuses_counts_and_is_written_with_the_next(
    windows: Windows, caplog: pytest.LogCaptureFixture
) -> None:
    await windows.mine.spent("c1")
    windows.log.failing = FULL
    assert await used(windows.mine, Usage(10, 1)) == Cost(12, free=False)
    await used(windows.mine, Usage(20, 2))
    assert windows.mine.session.requests == 2
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(36, 33)
    assert "could not be written" in caplog.text
    windows.log.failing = None
    windows.age.at = 60
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(36, 33)
    await used(windows.mine, Usage(30, 3))
    assert [r.usage.prompt for r in await windows.log.records(Selection())] == [30, 10, 20]
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(72, 66)
    windows.age.at = 120
    assert (await windows.mine.spent("c1"))[Period.DAY] == Spent(72, 66)


async def test_a_run_that_the_disk_refuses_to_replace_counts_once(windows: Windows) -> None:
    run = a_record(id="run", at=NOON, usage=Usage(50, 10), origin=Origin("c1", purpose=Purpose.RUN))
    await windows.mine.record(run)
    windows.log.failing = FULL
    await windows.mine.record(replace(run, usage=Usage(80, 20)))
    windows.log.failing = None
    assert (await windows.mine.conversation("c1")).usage == Usage(80, 20)
    await windows.mine.close()
    windows.age.at = 60
    assert (await windows.mine.conversation("c1")).usage == Usage(80, 20)


async def test_leaving_tries_once_more(windows: Windows) -> None:
    windows.log.failing = FULL
    await used(windows.mine, Usage(10, 1))
    windows.log.failing = None
    await windows.mine.close()
    assert len(windows.log.rows) == 1


async def test_one_record_that_can_never_be_written_holds_up_no_other(windows: Windows) -> None:
    class Picky(MemoryUsageLog):
        async def add(self, record: UsageRecord) -> None:
            if record.model == "poison" or self.failing:
                raise StudyBuddyError(FULL)
            await super().add(record)

    log = Picky()
    window = accounts(log)
    await window.record(a_record(model="poison", id="p"))
    log.failing = FULL
    await window.record(a_record(id="a"))
    await window.record(a_record(id="b"))
    log.failing = None
    for name in "cde":
        await window.record(a_record(id=name))
    assert set(log.rows) == set("abcde")


async def test_sums_that_can_not_be_read_are_told(windows: Windows) -> None:
    windows.log.failing = FULL
    with pytest.raises(StudyBuddyError):
        await windows.mine.spent("c1")


# Models


async def test_facts_are_looked_up_once_and_known_from_then_on() -> None:
    prices = FlatPrices()
    window = accounts(prices=prices)
    assert window.facts_known(LAB) is None
    facts = await window.facts(LAB)
    assert facts == ModelFacts(NANO, 8_000, 1_000, "the test")
    assert await window.facts(LAB, "small") is facts
    assert window.facts_known(LAB, "small") is facts
    assert window.facts_known(LAB, "large") is None
    assert prices.asked == [("lab", "small")]


async def test_a_window_that_the_endpoint_tells_goes_before_a_published_one() -> None:
    window = accounts()
    await window.facts(LAB)
    window.learn_models(LAB, [Model("small", context_window=4_096), Model("large")])
    facts = window.facts_known(LAB)
    assert facts is not None
    assert (facts.context_window, facts.max_output, facts.tariff) == (4_096, 1_000, NANO)
    assert (await window.facts(LAB, "large")).context_window == 8_000
    other = replace(LAB, name="elsewhere")
    assert (await window.facts(other)).context_window == 8_000


async def test_what_the_student_set_goes_before_what_the_endpoint_tells() -> None:
    own = ModelFacts(NANO, 2_000, None, "your settings")
    window = accounts(prices=FlatPrices(own))
    window.learn_models(LAB, [Model("small", context_window=4_096)])
    assert (await window.facts(LAB)).context_window == 2_000


async def test_who_listens_hears_which_model_it_is() -> None:
    window, heard = accounts(), []
    window.subscribe(lambda: heard.append(window.names.of(replace(LAB, model=""))))
    window.learn_name(LAB, "snapshot")
    window.learn_name(replace(LAB, model=""), "small")
    window.learn_name(replace(LAB, model=""), "small")
    window.learn_models(replace(LAB, model=""), [Model("large")])
    assert heard == ["small", "large"]


async def test_an_endpoint_without_a_model_is_asked_for_the_first_it_lists() -> None:
    nameless = replace(LAB, model="")
    window = accounts()
    window.learn_models(nameless, [Model("first", context_window=512), Model("second")])
    assert (await window.facts(nameless)).context_window == 512
    await used(window, Usage(1, 1), endpoint=nameless)
    (record,) = await window.log.records(Selection())
    assert record.model == "first"


# Listening and leaving


async def test_listeners_are_told_of_each_record_and_of_windows_until_they_end(
    windows: Windows,
) -> None:
    seen: list[int] = []
    end = windows.mine.subscribe(lambda: seen.append(windows.mine.session.requests))
    await used(windows.mine, Usage(1, 1))
    windows.mine.learn_models(LAB, [Model("small", context_window=99)])
    windows.mine.learn_models(LAB, [Model("small", context_window=99)])
    await used(windows.mine, Usage(1, 1))
    assert seen == [1, 1, 2]
    end()
    end()
    await used(windows.mine, Usage(1, 1))
    assert seen == [1, 1, 2]


async def test_the_sessions_total_is_logged_on_leaving(
    windows: Windows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await used(windows.mine, Usage(1_000, 200, 50, 20))
    await windows.mine.close()
    assert "1 requests, 1000 tokens in (50 cached), 200 out (20 reasoning), $" in caplog.text


async def test_a_recording_that_breaks_is_logged_and_breaks_nothing_else(
    windows: Windows, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise ValueError("no such tokenizer")

    windows.mine.see_to(broken())
    await windows.mine.close()
    assert "no such tokenizer" in caplog.text


async def test_nobody_is_told_facts_before_what_was_learned_is_read() -> None:
    begun, gate, read = asyncio.Event(), asyncio.Event(), list[str]()

    async def restore() -> None:
        begun.set()
        await gate.wait()
        read.append("all")

    window = Accounts(MemoryUsageLog(), FlatPrices(), WordCounter(), restore=restore)
    first, second, third = (asyncio.create_task(window.facts(LAB)) for _ in range(3))
    await begun.wait()
    first.cancel()  # who waits for it no longer does not stop it for others
    await asyncio.wait({first})
    second.add_done_callback(lambda _: read.append("second"))
    gate.set()
    await asyncio.gather(second, third)
    assert read == ["all", "second"]
    await window.facts(LAB)
    assert read == ["all", "second"]
