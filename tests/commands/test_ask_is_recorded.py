"""Every question of the command line leaves a record, and none fails for the record's sake."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studybuddy.commands import ask
from studybuddy.domain.accounts import Origin, Outcome, Purpose, UsageRecord
from studybuddy.domain.usage import Usage
from studybuddy.storage.database import open_database
from tests.support.piped_process import piped
from tests.support.scripted_server import ScriptedServer
from tests.support.usage_rows import under_way, usage_rows
from tests.support.usages import answer_reporting
from tests.support.wire import Answer, Hang, Reply, Stream, chunk

REPORTED = {
    "prompt_tokens": 120,
    "completion_tokens": 34,
    "prompt_tokens_details": {"cached_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 8},
}


@asynccontextmanager
async def asking(home: Path, script: Answer) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program, asking a server that answers by a script."""
    environ = {**os.environ, "STUDYBUDDY_HOME": str(home), "OPENAI_API_KEY": ""}
    async with ScriptedServer(script) as server:
        command = (sys.executable, "-m", "studybuddy", "ask", "--base-url", server.base_url)
        async with piped(*command, "--model", "small", "Why?", env=environ) as process:
            yield process


def the_record(home: Path) -> UsageRecord:
    (record,) = usage_rows(home)
    return record


async def test_a_question_leaves_a_row_that_the_usage_command_finds(tmp_path: Path) -> None:
    async with asking(tmp_path, answer_reporting(REPORTED)) as process:
        out, err = await process.communicate()
    assert (out.decode(), err, process.returncode) == ("It is so.\n", b"", ask.OK)
    record = the_record(tmp_path)
    assert record.origin == Origin("", purpose=Purpose.ASK)
    assert (record.usage, record.reported) == (Usage(120, 34, 100, 8), True)
    assert (record.model, record.outcome, record.free) == ("small", Outcome.COMPLETE, True)
    assert record.first_token is not None
    assert 0 < record.first_token <= record.duration


async def test_a_question_that_is_refused_leaves_a_row_of_nothing(tmp_path: Path) -> None:
    async with asking(tmp_path, Reply({"error": {"message": "no"}}, 401)) as process:
        await process.communicate()
    assert process.returncode == ask.FAILED
    record = the_record(tmp_path)
    assert (record.usage, record.cost, record.outcome) == (Usage(), 0, Outcome.FAILED)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT can't be sent to one process there")
async def test_a_question_that_is_interrupted_leaves_what_came(tmp_path: Path) -> None:
    stuck = Stream([chunk({"content": "Half of it"}), Hang()])
    async with asking(tmp_path, stuck) as process:
        assert process.stdout is not None
        await process.stdout.readexactly(4)
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (ask.INTERRUPTED, b"")
    record = the_record(tmp_path)
    assert (record.outcome, record.reported) == (Outcome.STOPPED, False)
    assert record.usage.prompt > 10
    assert record.usage.completion == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals there")
async def test_a_question_whose_process_is_killed_leaves_what_came(tmp_path: Path) -> None:
    stuck = Stream([chunk({"content": "Half of it"}), Hang()])
    async with asking(tmp_path, stuck) as process:
        assert process.stdout is not None
        await process.stdout.readexactly(4)
        before = await asyncio.to_thread(under_way, tmp_path, 30)
        process.kill()
        await process.wait()
    record = the_record(tmp_path)
    assert record == before
    assert (record.outcome, record.reported) == (Outcome.INTERRUPTED, False)
    assert (record.usage.completion, record.duration, record.free) == (3, None, True)
    assert record.usage.prompt > 10


async def test_an_answer_does_not_fail_for_a_disk_that_does(tmp_path: Path) -> None:
    (tmp_path / "data" / "studybuddy.db").mkdir(parents=True)
    async with asking(tmp_path, answer_reporting(REPORTED)) as process:
        out, err = await process.communicate()
    assert (out.decode(), err, process.returncode) == ("It is so.\n", b"", ask.OK)
    assert "could not be written" in (tmp_path / "log" / "studybuddy.log").read_text()


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "studybuddy.db"
    connection = open_database(path).connection
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    async with asking(tmp_path, answer_reporting(REPORTED)) as process:
        out, err = await process.communicate()
    assert (out.decode(), err, process.returncode) == ("It is so.\n", b"", ask.OK)
    assert path.read_bytes() == before
