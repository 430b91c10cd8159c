"""The history of usage, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import tzinfo

from studybuddy.domain.accounts import By, Group, Selection, Total, UsageRecord
from studybuddy.storage import usage_rows
from studybuddy.storage.worker import DatabaseThread


class SqliteUsageLog:
    """`domain.accounts.UsageLog` in the database of the conversations."""

    def __init__(self, database: DatabaseThread, zone: tzinfo | None = None) -> None:
        """Take the thread that works on the database.

        Args:
            database: as `SqliteConversationStore.database` has it.
            zone: whose days sums by day are for; `None` for the computer's, as it is when asked.
        """
        self._database = database
        self._zone = zone

    async def add(self, record: UsageRecord) -> None:
        """Write a record; one of the same id is replaced."""
        await self._database.run(write, record)

    async def total(self, selection: Selection) -> Total:
        """The sum over the records that are meant."""
        return await self._database.run(usage_rows.total, selection)

    async def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        """Sums by a key: days in their order, all else with the most tokens first."""
        return await self._database.run(usage_rows.groups, by, selection, self._zone)

    async def records(self, selection: Selection) -> Sequence[UsageRecord]:
        """The records themselves, oldest first."""
        return await self._database.run(usage_rows.records, selection)


def write(connection: sqlite3.Connection, record: UsageRecord) -> None:
    """Write a record; one of the same id is replaced."""
    places = ",".join("?" * len(usage_rows.COLUMNS))
    connection.execute(
        f"INSERT OR REPLACE INTO usage_records ({', '.join(usage_rows.COLUMNS)}) VALUES ({places})",
        usage_rows.row(record),
    )
