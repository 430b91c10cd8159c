"""The history of usage, read beside a running app and never written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TypeVar

from studybuddy.domain.accounts import By, Group, Selection, UsageRecord
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.storage import usage_rows
from studybuddy.storage.database import BUSY_TIMEOUT, database_problem, refuse_newer
from studybuddy.storage.files import disk_problem
from studybuddy.storage.schema import MIGRATIONS

T = TypeVar("T")

_FIRST = 3
"""The first version of the database that has records of usage."""


class UsageReader:
    """Opens the database for each answer, and only to read.

    A database that is not there, or is older than records of usage, has no records.

    Raises:
        StudyBuddyError: (any method) where it can't be read, or was made by a newer program.
    """

    def __init__(self, path: Path, zone: tzinfo | None = None) -> None:
        """Take the database file, and whose days sums are for; `None` for the computer's."""
        self._path = path
        self._zone = zone

    def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        """Sums by a key: days in their order, all else with the most tokens first."""
        return self._read(lambda c: usage_rows.groups(c, by, selection, self._zone))

    def records(self, selection: Selection) -> Sequence[UsageRecord]:
        """The records themselves, oldest first."""
        return self._read(lambda c: usage_rows.records(c, selection))

    def _read(self, work: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        try:
            if not self._path.exists():
                return []
            with self._opened() as connection:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                refuse_newer(version, len(MIGRATIONS), self._path)
                return [] if version < _FIRST else work(connection)
        except sqlite3.Error as error:
            raise StudyBuddyError(database_problem(error, self._path)) from error
        except OSError as error:
            raise StudyBuddyError(disk_problem(error, self._path)) from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        address = self._path.absolute().as_uri()
        with closing(_connect(f"{address}?mode=ro")) as connection:
            try:
                connection.execute("PRAGMA user_version")
            except sqlite3.OperationalError:
                # In a folder that can't be written, the files that a reader shares with a writer
                # can't be made (SQLite, "wal.html", section 5); then there is no writer either.
                if self._path.with_name(f"{self._path.name}-wal").exists():
                    raise
            else:
                yield connection
                return
        with closing(_connect(f"{address}?mode=ro&immutable=1")) as connection:
            yield connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, timeout=BUSY_TIMEOUT, isolation_level=None, uri=True)
