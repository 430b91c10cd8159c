"""Opening the database, whatever state it is in."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.database import database_problem, open_database, transaction
from studybuddy.storage.schema import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "studybuddy.db"


def fill(path: Path, count: int = 500) -> None:
    with closing(open_database(path).connection) as connection, transaction(connection):
        for number in range(count):
            connection.execute(
                "INSERT INTO conversations (id, title, created_at, updated_at, mode, system_prompt,"
                " endpoint, model, leaf_id, draft)"
                " VALUES (?, 'Light', 1, 1, '', ?, '', '', NULL, '')",
                (f"c{number}", "x" * 400),
            )


def count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT count(*) FROM conversations").fetchone()[0]
    return found


def kept_files(path: Path) -> list[Path]:
    return [file for file in path.parent.iterdir() if "damaged" in file.name]


@contextmanager
def refused() -> Iterator[list[Problem]]:
    problems: list[Problem] = []
    with pytest.raises(StudyBuddyError) as caught:
        yield problems
    problems.append(caught.value.problem)
    assert problems[0].kind is ProblemKind.STORAGE
    assert problems[0].advice


def test_a_new_database_is_private_and_set_up_for_several_processes(path: Path) -> None:
    database = open_database(path)
    with closing(database.connection) as connection:
        assert database.notice is None

        def pragma(name: str) -> object:
            return connection.execute(f"PRAGMA {name}").fetchone()[0]

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 1
        assert pragma("foreign_keys") == 1
        assert pragma("secure_delete") == 1
        assert pragma("busy_timeout") == 5000
        assert pragma("user_version") == len(MIGRATIONS)
        connection.execute("INSERT INTO app_state VALUES ('a', 'b')")
        if os.name == "posix":
            for file in path.parent.iterdir():
                assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_opened_again_with_what_is_in_it(path: Path) -> None:
    fill(path)
    database = open_database(path)
    with closing(database.connection) as connection:
        assert database.notice is None
        assert count(connection) == 500


def test_only_the_migrations_that_are_missing_are_run(path: Path) -> None:
    fill(path)
    more = (
        *MIGRATIONS,
        "CREATE TABLE notes (text TEXT); -- for; later\nINSERT INTO notes VALUES ('a;b');",
        "CREATE TRIGGER t AFTER DELETE ON notes BEGIN SELECT 1; SELECT 2; END;",
    )
    for _ in range(2):
        with closing(open_database(path, more).connection) as connection:
            assert connection.execute("SELECT text FROM notes").fetchall() == [("a;b",)]
            assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 2,)
            assert count(connection) == 500


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    fill(path)
    broken = (*MIGRATIONS, "CREATE TABLE notes (text TEXT); DROP TABLE nowhere;")
    with refused():
        open_database(path, broken)
    with closing(open_database(path).connection) as connection:
        assert count(connection) == 500
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'notes'")
        assert tables.fetchall() == []


def test_several_that_open_a_new_database_at_once_all_get_it(path: Path) -> None:
    barrier = threading.Barrier(8)
    failures: list[Exception] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            connection = open_database(path).connection
            connection.execute("INSERT INTO app_state VALUES (?, '')", (str(number),))
            connection.close()
        except (StudyBuddyError, sqlite3.Error) as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(open_database(path).connection) as connection:
        assert connection.execute("SELECT count(*) FROM app_state").fetchone() == (8,)
    assert kept_files(path) == []


def test_a_newer_database_is_refused_and_not_touched(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with refused() as problems:
        open_database(path)
    assert "newer StudyBuddy" in problems[0].sentence
    assert "Update" in problems[0].advice
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def damage_a_leaf(path: Path) -> None:
    """Break a page deep inside, which opening does not read."""
    data = bytearray(path.read_bytes())
    at = len(data) // 2 // 4096 * 4096
    data[at : at + 4096] = b"\xff" * 4096
    path.write_bytes(data)


def malformed() -> sqlite3.Error:
    """The error that a query meets where the file is broken."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def overwrite_start(path: Path) -> None:
    path.write_bytes(b"not a database, surely" * 400)


def overwrite_schema(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = os.urandom(3996)
    path.write_bytes(data)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def lose_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE messages")


@pytest.mark.parametrize("damage", [overwrite_start, overwrite_schema, cut_off, lose_tables])
def test_a_damaged_database_is_kept_under_another_name_and_a_new_one_begun(
    path: Path, damage: object
) -> None:
    fill(path)
    assert callable(damage)
    damage(path)
    broken = path.read_bytes()
    database = open_database(path)
    with closing(database.connection) as connection:
        assert count(connection) == 0
    [kept] = kept_files(path)
    assert re.fullmatch(r"studybuddy-damaged-\d{8}-\d{6}\.db", kept.name)
    assert kept.read_bytes() == broken
    assert database.notice is not None
    assert database.notice.kind is ProblemKind.STORAGE
    assert str(kept) in database.notice.sentence
    again = open_database(path)
    again.connection.close()
    assert again.notice is None


@pytest.mark.skipif(os.name != "posix", reason="an open file can't be renamed here")
def test_the_write_ahead_log_goes_along_with_a_damaged_database(path: Path) -> None:
    fill(path)
    with closing(open_database(path).connection) as other_instance:
        other_instance.execute("INSERT INTO app_state VALUES ('last', 'words')")
        wal = path.with_name(path.name + "-wal")
        written = wal.read_bytes()
        damage_a_leaf(path)
        database_problem(malformed(), path)
        with closing(open_database(path).connection) as connection:
            assert connection.execute("SELECT * FROM app_state").fetchall() == []
            names = {file.name: file for file in kept_files(path)}
            [moved] = [name for name in names if name.endswith(".db-wal")]
            assert moved.removesuffix("-wal") in names
            assert names[moved].read_bytes() == written


def test_two_damages_in_one_second_keep_both_files(path: Path) -> None:
    for _ in range(2):
        path.parent.mkdir(exist_ok=True)
        overwrite_start(path)
        open_database(path).connection.close()
    assert len(kept_files(path)) == 2


def test_several_that_find_the_damage_at_once_set_it_aside_once(path: Path) -> None:
    fill(path)
    overwrite_start(path)
    barrier = threading.Barrier(4)
    notices: list[object] = []

    def run() -> None:
        barrier.wait()
        database = open_database(path)
        notices.append(database.notice)
        database.connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notices) == 4
    assert sum(notice is not None for notice in notices) == 1
    assert len(kept_files(path)) == 1


def test_damage_found_later_is_told_and_the_next_start_sets_the_file_aside(path: Path) -> None:
    fill(path)
    damage_a_leaf(path)
    database = open_database(path)
    assert database.notice is None
    with closing(database.connection) as connection:
        with pytest.raises(sqlite3.DatabaseError) as caught:
            connection.execute("SELECT sum(length(system_prompt)) FROM conversations").fetchall()
        problem = database_problem(caught.value, path)
    assert "damaged" in problem.sentence
    assert "restart" in problem.advice
    again = open_database(path)
    again.connection.close()
    assert again.notice is not None
    assert len(kept_files(path)) == 1
    once_more = open_database(path)
    once_more.connection.close()
    assert once_more.notice is None


def test_a_false_alarm_sets_nothing_aside(path: Path) -> None:
    fill(path)
    database_problem(malformed(), path)
    for _ in range(2):
        database = open_database(path)
        with closing(database.connection) as connection:
            assert database.notice is None
            assert count(connection) == 500
    assert kept_files(path) == []
    assert not path.with_name(path.name + "-check").exists()


def test_a_folder_that_cannot_be_written_is_not_damage(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    with refused() as problems:
        open_database(ordinary_folder / "studybuddy.db")
    assert "not allowed to write" in problems[0].sentence
    assert list(ordinary_folder.iterdir()) == []


def test_a_database_that_cannot_be_written_is_not_damage(ordinary_folder: Path) -> None:
    path = ordinary_folder / "studybuddy.db"
    fill(path)
    path.chmod(0o400)
    with refused() as problems:
        connection = open_database(path).connection
        with closing(connection):
            try:
                connection.execute("INSERT INTO app_state VALUES ('a', 'b')")
            except sqlite3.Error as error:
                raise StudyBuddyError(database_problem(error, path)) from error
    assert "not allowed to write" in problems[0].sentence
    assert kept_files(path) == []


def test_a_folder_in_the_place_of_the_database_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with refused() as problems:
        open_database(path)
    assert str(path) in problems[0].sentence


def test_a_full_disk_is_not_damage(path: Path) -> None:
    with closing(open_database(path).connection) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as caught, transaction(connection):
            connection.execute("INSERT INTO app_state VALUES ('a', ?)", ("x" * 100_000,))
        assert not connection.in_transaction
        problem = database_problem(caught.value, path)
    assert "disk is full" in problem.sentence
    assert "Free some space" in problem.advice
    assert not path.with_name(path.name + "-check").exists()


def test_a_database_that_another_program_holds_is_told_so(path: Path) -> None:
    fill(path)
    with (
        closing(open_database(path).connection) as holder,
        closing(open_database(path).connection) as waiting,
        transaction(holder),
    ):
        waiting.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(sqlite3.OperationalError) as caught, transaction(waiting):
            pass
    problem = database_problem(caught.value, path)
    assert "using the conversation database" in problem.sentence
    assert problem.transient


@pytest.mark.skipif(os.name != "posix", reason="an open file can't be renamed here")
def test_a_database_that_was_moved_while_in_use_is_told_so(path: Path) -> None:
    with closing(open_database(path).connection) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # only then SQLite sees it by itself
        path.rename(path.with_name("elsewhere.db"))
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute("INSERT INTO app_state VALUES ('a', 'b')")
    assert "moved or replaced" in database_problem(caught.value, path).sentence
