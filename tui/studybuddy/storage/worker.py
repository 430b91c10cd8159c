"""The one thread that a database is used on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.database import database_problem, open_database
from studybuddy.storage.files import disk_problem

T = TypeVar("T")
P = ParamSpec("P")

_REPLACED = Problem(
    ProblemKind.STORAGE,
    "The conversation database was moved or replaced while it was in use.",
    "StudyBuddy goes on with the file that is there now.",
)
_CLOSED = Problem(ProblemKind.STORAGE, "The conversations are closed.", "Restart StudyBuddy.")


class DatabaseThread:
    """Does work with a database in the order it is asked for; opens it for the first."""

    def __init__(self, path: Path, on_notice: Callable[[Problem], None]) -> None:
        """Take the database file, and whom to tell what the student should know about it."""
        self._path = path
        self._on_notice = on_notice
        self._notices: list[Problem] = []
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(1, "studybuddy-storage")
        self._closed = False

    async def run(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do the work with the connection on the thread, also where the caller is cancelled.

        Raises:
            StudyBuddyError: where the database fails, or is closed.
        """
        if self._closed:
            raise StudyBuddyError(_CLOSED)
        future = self._thread.submit(lambda: self._guarded(work, *args, **kwargs))
        try:
            # Shielded: a caller that is cancelled must not take back what it asked to keep.
            return await asyncio.shield(asyncio.wrap_future(future))
        finally:
            while self._notices:
                self._on_notice(self._notices.pop(0))

    async def close(self) -> None:
        """Finish what was asked for and close the file; may be repeated."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.wrap_future(self._thread.submit(self._close))
        self._thread.shutdown(wait=False)
        await asyncio.shield(closing)

    # What follows runs on the thread.

    def _guarded(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return work(self._open(), *args, **kwargs)
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            raise StudyBuddyError(database_problem(error, self._path)) from error
        except OSError as error:
            raise StudyBuddyError(disk_problem(error, self._path)) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != _identity(self._path):
            # Else what is written from now on would be found by no one: the student removed
            # the file, or another instance set it aside.
            self._close()
            self._notices.append(_REPLACED)
        if self._connection is None:
            database = open_database(self._path)
            self._connection = database.connection
            self._file = _identity(self._path)
            if database.notice is not None:
                self._notices.append(database.notice)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells the file at `path` from another one there; `None` where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
