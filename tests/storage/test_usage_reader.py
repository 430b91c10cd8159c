"""The history of usage is read beside the app that writes it, and wherever it lies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studybuddy.domain.accounts import By, Selection
from studybuddy.domain.messages import Conversation
from studybuddy.storage.database import open_database
from studybuddy.storage.schema import MIGRATIONS
from studybuddy.storage.usage import SqliteUsageLog, write
from studybuddy.storage.usage_reader import UsageReader
from tests.contract.usage_log import a_record
from tests.support.store_process import open_store


async def test_it_reads_what_the_app_shows(tmp_path: Path) -> None:
    store, instance = open_store(tmp_path)
    log = SqliteUsageLog(store.database)
    await store.save(Conversation("c1", "Light", 1.0, 1.0))
    for number in range(9):
        await log.add(a_record(number * 50_000.0, f"c{number % 3}", model=f"m{number % 2}"))
    reader = UsageReader(tmp_path / "studybuddy.db")
    for selection in (Selection(), Selection(since=120_000.0), Selection(conversation_id="c2")):
        assert reader.records(selection) == await log.records(selection)
        for by in By:
            assert reader.groups(by, selection) == await log.groups(by, selection)
    await store.close()
    instance.release()


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_database_from_before_there_were_records_has_none(tmp_path: Path, version: int) -> None:
    path = tmp_path / "studybuddy.db"
    open_database(path, MIGRATIONS[:version] or MIGRATIONS[:1]).connection.close()
    if not version:
        path.write_bytes(b"")
    reader = UsageReader(path)
    assert reader.groups(By.DAY, Selection()) == []
    assert reader.records(Selection()) == []
    with closing(sqlite3.connect(path)) as left:
        assert left.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_folder_that_can_not_be_written_can_be_read(ordinary_folder: Path) -> None:
    path = ordinary_folder / "data" / "a 50% strange?name#1.db"
    with closing(open_database(path).connection) as app:
        write(app, a_record())
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert len(UsageReader(path).records(Selection())) == 1
    finally:
        path.parent.chmod(0o700)
