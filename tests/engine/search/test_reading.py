"""Files are read in a child process, whose troubles are its own."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from studybuddy.engine.search import reading
from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.search.passages import Unreadable
from studybuddy.engine.search.reading import Reader

TROUBLED = """
import os, sys, time
import studybuddy.engine.search.child as child
done = child._done
def troubled(task):
    if task.name == "crash.txt":
        os.abort()
    if task.name == "slow.txt":
        time.sleep(600)
    print("a library says something")
    sys.stdout.flush()
    return done(task)
child._done = troubled
child.main()
"""


@pytest.fixture
async def troubled() -> AsyncIterator[Reader]:
    reader = Reader(timeout=20, command=[sys.executable, "-c", TROUBLED])
    yield reader
    await reader.close()


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "file-1"
    path.write_text("Cells are small.")
    return path


async def test_a_file_that_crashes_the_child_is_told_of_and_the_next_is_read(
    troubled: Reader, note: Path
) -> None:
    with pytest.raises(Unreadable, match="broke down") as refusal:
        await troubled.read(note, "crash.txt", Chunking())
    assert refusal.value.code == "server_error"
    document, chunks = await troubled.read(note, "fine.txt", Chunking())
    assert document.pages == ("Cells are small.",)
    assert len(chunks) == 1


async def test_a_file_that_takes_too_long_is_given_up(note: Path) -> None:
    reader = Reader(timeout=0.01, command=[sys.executable, "-c", TROUBLED])
    with pytest.raises(Unreadable, match=r"more than 0\.01 seconds"):
        await reader.read(note, "slow.txt", Chunking())
    assert reader.pid is None
    await reader.close()


async def test_one_child_reads_file_after_file(troubled: Reader, note: Path) -> None:
    await troubled.read(note, "fine.txt", Chunking())
    first = troubled.pid
    await asyncio.gather(*(troubled.read(note, "fine.txt", Chunking()) for _ in range(5)))
    assert troubled.pid == first


async def test_an_idle_child_is_let_go_and_another_started_when_needed(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_IDLE", 0.0)
    reader = Reader()
    await reader.read(note, "fine.txt", Chunking())
    child = reader._child
    assert child is not None
    assert await asyncio.wait_for(child.wait(), 20) == 0
    assert reader.pid is None
    assert await reader.read(note, "fine.txt", Chunking())
    await reader.close()


async def test_who_no_longer_waits_ends_the_reading(troubled: Reader, note: Path) -> None:
    waiting = asyncio.create_task(troubled.read(note, "slow.txt", Chunking()))
    child = await started(troubled)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not child.is_running()
    assert await troubled.read(note, "fine.txt", Chunking())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX niceness")
async def test_the_child_gives_way_to_what_the_student_does(note: Path) -> None:
    reader = Reader()
    await reader.read(note, "fine.txt", Chunking())
    assert psutil.Process(reader.pid).nice() >= 10
    await reader.close()
    assert reader.pid is None


async def test_the_child_ends_with_its_engine(note: Path) -> None:
    script = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from studybuddy.engine.search.chunks import Chunking\n"
        "from studybuddy.engine.search.reading import Reader\n"
        "async def main():\n"
        "    reader = Reader()\n"
        "    await reader.read(Path(sys.argv[1]), 'a.txt', Chunking())\n"
        "    print(reader.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(note), stdout=subprocess.PIPE
    )
    said, _ = await engine.communicate()
    try:
        child = psutil.Process(int(said))
    except psutil.NoSuchProcess:
        return
    await asyncio.to_thread(psutil.wait_procs, [child], 20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


KILLED_AMIDST = """
import asyncio, os, signal, sys
from pathlib import Path
from studybuddy.engine.search import writing
from studybuddy.engine.search.index import SearchIndex, Chunking
heading, seen = writing._heading, []
def killing(title, chunk):
    seen.append(chunk)
    if len(seen) == 50:
        os.kill(os.getpid(), signal.SIGKILL)
    return heading(title, chunk)
writing._heading = killing
async def main():
    index = SearchIndex(Path(sys.argv[1]))
    await index.add("vs_1", "file-1", Path(sys.argv[2]), "a.txt", chunking=Chunking(5, 0))
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
async def test_what_a_killed_engine_was_adding_is_not_there_at_all(tmp_path: Path) -> None:
    database, note = tmp_path / "search.sqlite3", tmp_path / "file-1"
    await asyncio.to_thread(note.write_text, "Cells are small. " * 200)
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_AMIDST, str(database), str(note)
    )
    assert await engine.wait() == -signal.SIGKILL
    with sqlite3.connect(database) as connection:
        for table in ("documents", "cuts", "chunks", "members", "words"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    connection.close()
    index = SearchIndex(database)
    assert await index.holds("vs_1", "file-1") is None
    await index.add("vs_1", "file-1", note, "a.txt")
    assert await index.search(["vs_1"], "cells")
    await index.close()


async def test_closing_ends_what_is_being_read(note: Path) -> None:
    reader = Reader(command=[sys.executable, "-c", TROUBLED])
    index = SearchIndex(None, reader=reader)
    adding = asyncio.create_task(index.add("vs_1", "file-1", note, "slow.txt"))
    child = await started(reader)
    await index.close()
    with pytest.raises(Unreadable):
        await adding
    assert not child.is_running()


async def started(reader: Reader) -> psutil.Process:
    """The reader's child, once there is one."""
    async with asyncio.timeout(20):
        while reader.pid is None:  # noqa: ASYNC110 - what is awaited makes no event
            await asyncio.sleep(0.005)
    return psutil.Process(reader.pid)
