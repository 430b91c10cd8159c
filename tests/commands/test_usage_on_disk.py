"""`studybuddy usage` on a database: while the app runs, where there is none, and on damage."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from studybuddy.storage.database import open_database
from studybuddy.storage.schema import MIGRATIONS
from studybuddy.storage.usage import write
from tests.contract.usage_log import a_record


def database(home: Path) -> Path:
    return home / "data" / "studybuddy.db"


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studybuddy", "usage", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "STUDYBUDDY_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Path]:
    """A home whose database has two records, and is open in an app that writes a third."""
    with closing(open_database(database(tmp_path)).connection) as app:
        write(app, a_record(time.time(), cost=1_234))
        app.execute("BEGIN IMMEDIATE")
        write(app, a_record(time.time()))
        yield tmp_path
        app.execute("ROLLBACK")


def test_records_are_shown_while_the_app_writes(filled: Path) -> None:
    shown = command(filled)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines()[-1].split() == [
        "Total", "1", "100", "10", "20", "5", "$0.000001",
    ]  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(command(filled, "--csv").stdout))
    assert row["cost_dollars"] == "0.000001234"


def test_with_no_database_nothing_was_used_and_nothing_is_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shown = command(home)
    assert (shown.returncode, shown.stdout) == (0, "Nothing has been used yet.\n")
    assert not home.exists()


def test_a_reader_that_has_seen_enough_is_no_failure(filled: Path) -> None:
    reading = subprocess.Popen(
        [sys.executable, "-m", "studybuddy", "usage", "--csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "STUDYBUDDY_HOME": str(filled)},
    )
    assert reading.stdout is not None
    assert reading.stderr is not None
    reading.stdout.close()
    assert (reading.stderr.read(), reading.wait()) == (b"", 0)
    reading.stderr.close()


def test_a_database_of_a_newer_program_is_told_and_left_alone(tmp_path: Path) -> None:
    with closing(open_database(database(tmp_path)).connection) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    shown = command(tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "written by a newer StudyBuddy" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_damaged_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    database(tmp_path).parent.mkdir(parents=True)
    database(tmp_path).write_bytes(b"no database at all " * 100)
    shown = command(tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "is damaged" in shown.stderr
    assert "Traceback" not in shown.stderr
