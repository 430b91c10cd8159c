"""Opening the database: made or migrated where needed, set aside where it is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.files import denied, disk_problem, full_disk, name_aside, one_at_a_time
from studybuddy.storage.schema import MIGRATIONS

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process that writes."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DENIED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_MOVED = 1032  # SQLITE_READONLY_DBMOVED, an extended code


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, and what the student should know about its opening."""

    connection: sqlite3.Connection
    """In autocommit mode: writes go through `transaction`."""
    notice: Problem | None = None


class _NotOurs(sqlite3.DatabaseError):
    """A database of the right version without our tables."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def open_database(path: Path, migrations: Sequence[str] = MIGRATIONS) -> Database:
    """Open the database file, making it (0600) where there is none.

    A damaged file is renamed beside the new one that takes its place, and the notice tells
    so. How long it takes does not depend on how much is stored, unless the last session met
    damage.

    Raises:
        StudyBuddyError: where it can't be used: made by a newer program (nothing is touched
            then), not writable, no room, or held by another program.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _suspect(path).exists():
            try:
                return Database(_open(path, migrations))
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
        return _recover(path, migrations)
    except sqlite3.Error as error:
        raise StudyBuddyError(database_problem(error, path)) from error
    except OSError as error:
        raise StudyBuddyError(disk_problem(error, path)) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error says that the file itself is broken."""
    return _code(error) & 0xFF in _DAMAGE


def database_problem(error: sqlite3.Error, path: Path) -> Problem:
    """What a database error means to the student; damage is noted for the next start."""
    code = _code(error)
    primary = code & 0xFF
    if primary in _DAMAGE:
        with contextlib.suppress(OSError):
            _suspect(path).touch(mode=0o600)
        return Problem(
            ProblemKind.STORAGE,
            f"The conversation database {path} is damaged.",
            "Copy what you still need, then restart StudyBuddy: "
            "it keeps the damaged file under another name and begins a new one.",
        )
    if code == _MOVED:
        return Problem(
            ProblemKind.STORAGE,
            f"The conversation database {path} was moved or replaced while it was in use.",
            "Try again: StudyBuddy goes on with the file that is there now.",
        )
    if primary in _DENIED:
        return denied(path)
    if primary == sqlite3.SQLITE_FULL:
        return full_disk(path)
    if primary in _BUSY:
        return Problem(
            ProblemKind.STORAGE,
            f"Another program is using the conversation database {path}.",
            "Try again in a moment; if it stays so, close the other program.",
            transient=True,
        )
    return Problem(
        ProblemKind.STORAGE,
        f"The conversation database {path} could not be used: {error}.",
        "Check the disk, then try again.",
    )


def refuse_newer(found: int, known: int, path: Path) -> None:
    """Refuse a database of a version that is not known yet.

    Raises:
        StudyBuddyError: where it was made by a newer program.
    """
    if found > known:
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"The conversations in {path} were written by a newer StudyBuddy "
                f"(format {found}; this one knows up to {known}), so they were left untouched.",
                "Update StudyBuddy, or set STUDYBUDDY_HOME to another folder.",
            )
        )


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block is written, or nothing; other writers wait."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors roll back by themselves
            connection.execute("ROLLBACK")
        raise


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR


def _suspect(path: Path) -> Path:
    """A file that tells the next start to look through the whole database."""
    return path.with_name(f"{path.name}-check")


def _open(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    # SQLite would make it readable to all; its -wal and -shm take after it.
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    try:
        refuse_newer(_version(connection), len(migrations), path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is written over; it costs less than can be measured.
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection, migrations, path)
        _look_at_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _use_wal(connection: sqlite3.Connection) -> None:
    # Changing to WAL does not wait for others as BUSY_TIMEOUT says (SQLite, "wal.html",
    # section 9), and two instances may both find a new file.
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            return  # a file system without shared memory keeps another mode, which works too
        except sqlite3.OperationalError as error:
            if _code(error) & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str], path: Path) -> None:
    while (version := _version(connection)) < len(migrations):
        with transaction(connection):
            # Another process may have migrated while this one waited for its turn.
            if (now := _version(connection)) != version:
                refuse_newer(now, len(migrations), path)
                continue
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit the transaction that it runs in."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _look_at_tables(connection: sqlite3.Connection) -> None:
    try:
        for table in ("conversations", "messages", "app_state"):
            connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if _code(error) == sqlite3.SQLITE_ERROR:  # no such table
            raise _NotOurs(str(error)) from error
        raise


def _recover(path: Path, migrations: Sequence[str]) -> Database:
    # Two instances may find the damage at once: the second must not put the new file aside.
    with one_at_a_time(path):
        if (connection := _open_if_sound(path, migrations)) is not None:
            _suspect(path).unlink(missing_ok=True)
            return Database(connection)
        kept = name_aside(path)
        for ending in ("-wal", "-shm", ""):  # the database last: until then it is still damaged
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{path}{ending}", f"{kept}{ending}")
        _suspect(path).unlink(missing_ok=True)
        connection = _open(path, migrations)
    return Database(
        connection,
        Problem(
            ProblemKind.STORAGE,
            f"The conversation database was damaged, so StudyBuddy kept it as {kept} "
            "and began a new one.",
            "Nothing was deleted: the tool sqlite3 can often rescue what is in it (.recover).",
        ),
    )


def _open_if_sound(path: Path, migrations: Sequence[str]) -> sqlite3.Connection | None:
    connection = None
    try:
        connection = _open(path, migrations)
        # Not quick_check: an index that does not match its table is damage too.
        if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok":
            return connection
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    if connection is not None:
        connection.close()
    return None
