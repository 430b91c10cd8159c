"""The history of usage on disk: sums are exact and read by index, and damage stays where it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.accounts import (
    By,
    Origin,
    Outcome,
    Purpose,
    Selection,
    Total,
    UsageRecord,
)
from studybuddy.domain.counting import Correction
from studybuddy.domain.messages import Mode
from studybuddy.domain.usage import Usage
from studybuddy.storage import usage_rows
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.database import open_database
from studybuddy.storage.estimates import SqliteEstimateStore
from studybuddy.storage.usage import SqliteUsageLog, write
from tests.contract.usage_log import a_record
from tests.support.store_process import open_store

tokens = st.integers(-1, 10**13)
records = st.builds(
    UsageRecord,
    id=st.uuids().map(str),
    at=st.floats(0, 4e9),
    endpoint=st.sampled_from(["lab", "built-in"]),
    model=st.sampled_from(["small", "large", "学", "half \ud83d"]),
    origin=st.builds(
        Origin, st.sampled_from(["", "c1", "c2"]), st.sampled_from(Mode), st.sampled_from(Purpose)
    ),
    usage=st.just(Usage()) | st.builds(Usage, tokens, tokens, tokens, tokens, tokens),
    reported=st.booleans(),
    cost=st.none() | st.integers(0, 2**65),
    free=st.booleans(),
    kept=st.booleans(),
    first_token=st.none() | st.floats(0, 1e6),
    duration=st.none() | st.floats(0, 1e6),
    outcome=st.sampled_from(Outcome),
)
zones = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(hours=quarters / 4)))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    opened = open_database(tmp_path_factory.mktemp("usage") / "studybuddy.db").connection
    with closing(opened):
        yield opened


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    store, instance = open_store(tmp_path)
    yield store
    await store.close()
    instance.release()


@given(
    rows=st.lists(records, max_size=12, unique_by=lambda record: record.id),
    since=st.floats(0, 4e9) | st.just(0.0),
    zone=zones,
)
def test_sums_agree_with_the_rows_to_the_last_token_and_nanodollar(
    connection: sqlite3.Connection, rows: list[UsageRecord], since: float, zone: timezone
) -> None:
    connection.execute("DELETE FROM usage_records")
    for record in rows:
        write(connection, record)
    meant = Selection(since)
    told = usage_rows.records(connection, meant)
    in_order = sorted((r.bounded() for r in rows if r.at >= since), key=lambda r: r.at)
    assert [(r.at, r.usage, r.cost) for r in told] == [(r.at, r.usage, r.cost) for r in in_order]
    wanted = sum((Total.of(record) for record in told), Total())
    assert usage_rows.total(connection, meant) == wanted
    for by in By:
        groups = usage_rows.groups(connection, by, meant, zone)
        assert sum((group.total for group in groups), Total()) == wanted
        assert len({group.key for group in groups}) == len(groups)
    days = {datetime.fromtimestamp(int(r.at), zone).date().isoformat() for r in told}
    assert {g.key for g in usage_rows.groups(connection, By.DAY, meant, zone)} == days


@pytest.mark.parametrize(
    ("selection", "index"),
    [
        (Selection(since=5.0), "usage_by_time"),
        (Selection(since=5.0, until=6.0), "usage_by_time"),
        (Selection(conversation_id="c1"), "usage_by_conversation"),
        (Selection(since=5.0, conversation_id="c1"), "usage_by_conversation"),
    ],
)
def test_sums_over_some_records_do_not_read_all(
    connection: sqlite3.Connection, selection: Selection, index: str
) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    usage_rows.total(connection, selection)
    connection.set_trace_callback(None)
    (plan, *_) = connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    assert f"USING INDEX {index}" in plan[3]


async def test_a_record_is_written_though_its_writer_is_cancelled(
    store: SqliteConversationStore,
) -> None:
    log = SqliteUsageLog(store.database)
    record = a_record()
    writing = asyncio.create_task(log.add(record))
    await asyncio.sleep(0)  # so far that the database has it to do
    writing.cancel()
    await asyncio.wait({writing})
    assert writing.cancelled()
    assert await log.records(Selection()) == [record]


async def test_records_outlive_their_conversation(store: SqliteConversationStore) -> None:
    from tests.contract.conversation_store import a_conversation

    head = a_conversation()
    log = SqliteUsageLog(store.database)
    await store.save(head)
    await log.add(a_record(conversation=head.id))
    await store.delete(head.id)
    assert (await log.total(Selection(conversation_id=head.id))).requests == 1


async def test_words_of_a_later_version_are_read_as_the_most_usual(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    log = SqliteUsageLog(store.database)
    await log.add(a_record(id="r"))
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        other.execute("UPDATE usage_records SET mode = 'x', purpose = 'y', outcome = 'z'")
        other.commit()
    assert await log.records(Selection()) == [a_record(id="r")]


@pytest.mark.parametrize("garbled", ["", "{", "3", "[[1]]", '[["a", 1]]', "[[1e999, 1]]"])
async def test_an_estimate_that_is_damaged_is_learnt_anew(
    tmp_path: Path, store: SqliteConversationStore, garbled: str
) -> None:
    estimates = SqliteEstimateStore(store.database)
    await estimates.keep_estimate("small", Correction(((1, 2),)))
    await estimates.keep_estimate("large", Correction(((3, 4),)))
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        sql = "UPDATE estimates SET observations = ? WHERE model = 'small'"
        other.execute(sql, (garbled,))
        other.commit()
    assert await estimates.estimates() == {"large": Correction(((3, 4),))}
