"""The engine's database: one file, one connection, one thread that works on it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.engine.private_files import make_private
from studybuddy.engine.store.objects import Objects

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE objects (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    parent TEXT NOT NULL, -- id of what it belongs to; empty where it stands alone
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    body BLOB NOT NULL, -- the object as JSON, as it goes over the wire
    note BLOB NOT NULL, -- what only the engine knows of it, as JSON
    UNIQUE (id, kind, parent)
);
CREATE INDEX objects_listed ON objects (kind, parent, seq);
CREATE INDEX objects_of_parent ON objects (parent) WHERE parent != '';
CREATE INDEX objects_by_status ON objects (kind, status);
"""
MIGRATIONS: tuple[str, ...] = (_SCHEMA,)
"""Script number N, counted from 0, takes `user_version` N to N + 1."""

_BUSY = 10.0  # seconds to wait for another program that holds the file


class Store:
    """Runs functions over `Objects`, each as one transaction; what was written survives a kill."""

    def __init__(self, file: Path | None) -> None:
        """Prepare it; `None` keeps everything in memory."""
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, and bring it to the newest shape; nothing where that is done already.

        Raises:
            StudyBuddyError: where that can't be done.
        """
        try:
            await self._in_thread(self._open)
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise _problem(f"{self._file} can't be opened: {reason}.") from error

    async def read(self, work: Callable[[Objects], T]) -> T:
        """The outcome of `work`, which sees one state of everything and writes nothing."""
        return await self._in_thread(lambda: self._transaction("BEGIN", work))

    async def write(self, work: Callable[[Objects], T]) -> T:
        """The outcome of `work`, whose changes are all kept, or none where it raises."""
        return await self._in_thread(lambda: self._transaction("BEGIN IMMEDIATE", work))

    async def close(self) -> None:
        """Finish what was begun, and close the file."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        # Shielded: what is asked to be written is written, also where who asked is cancelled.
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(_forget)
            raise

    def _transaction(self, begin: str, work: Callable[[Objects], T]) -> T:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the store is not open")
        connection.execute(begin)
        try:
            outcome = work(Objects(connection))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite ends some by itself, as on a full disk
                connection.execute("ROLLBACK")
            raise
        return outcome

    def _open(self) -> None:
        if self._connection is not None:
            return
        if self._file is not None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(self._file)
        connection = sqlite3.connect(
            self._file or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _problem(sentence: str) -> StudyBuddyError:
    advice = "Name another folder with --data-dir, or move this one's content away."
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))


def _forget(running: asyncio.Future[Any]) -> None:
    """Let a failure go that no one is left to be told of; asyncio would write it to the log."""
    if not running.cancelled():
        running.exception()


def _migrate(connection: sqlite3.Connection) -> None:
    """Run the scripts that the file has not seen, each with its number in one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise _problem("The engine's data was written by a newer version of StudyBuddy.")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
