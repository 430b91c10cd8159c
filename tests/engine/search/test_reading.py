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
from studybuddy.engine.search.readers import Readers
from studybuddy.engine.search.reading import TIMEOUT, Reader
from studybuddy.engine.search.wire import Task, pack
from tests.engine.built_in import is_gone, until

TROUBLED = """
import os, sys, time
import studybuddy.engine.search.child as child
done = child._done
def troubled(task):
    if task.name == "crash.txt":
        os.abort()
    if task.name == "slow.txt":
        open(task.path + ".begun", "x").close()
        time.sleep(600)
    if task.name == "stuck.txt":
        sys.setswitchinterval(600)  # no other thread has its turn
        while True:
            pass
    print("a library says something")
    sys.stdout.flush()
    return done(task)
child._done = troubled
child.main()
"""


TELLING = """
import studybuddy.engine.search.child as child
child._done = lambda task: child.Done(code="server_error", sentence=str(task.seconds))
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


KILLED_ENGINE = """
import asyncio, os, signal, sys
from pathlib import Path
from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.readers import Readers
from studybuddy.engine.search.reading import TIMEOUT, Reader
from studybuddy.engine.search.wire import Task, pack
from tests.engine.built_in import is_gone, until
async def main():
    reader = Reader(command=[sys.executable, "-c", sys.argv[3]])
    reading = asyncio.create_task(reader.read(Path(sys.argv[1]), sys.argv[2], Chunking()))
    while not (reading.done() or Path(sys.argv[1] + ".begun").exists()):
        await asyncio.sleep(0.005)
    print(reader.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("name", ["fine.txt", "slow.txt"])
async def test_the_child_ends_with_its_engine_also_amid_a_file(note: Path, name: str) -> None:
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED_ENGINE, str(note), name, TROUBLED), stdout=subprocess.PIPE
    )
    said, _ = await engine.communicate()
    assert await gone(int(said))


async def test_a_child_that_no_one_ends_ends_itself(note: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", TROUBLED), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdin is not None
    child.stdin.write(pack(Task(300, 0, 0.1, str(note), "stuck.txt")))
    assert await asyncio.wait_for(child.wait(), 20) != 0


async def test_a_slow_file_does_not_hold_the_others_up(note: Path) -> None:
    readers = Readers([Reader(command=[sys.executable, "-c", TROUBLED]) for _ in range(2)])
    slow = asyncio.create_task(readers.read(note, "slow.txt", Chunking()))
    begun = note.with_name(note.name + ".begun")
    await until(begun.exists)
    for _ in range(3):
        document, _chunks = await readers.read(note, "fine.txt", Chunking())
        assert document.pages == ("Cells are small.",)
    assert not slow.done()
    await readers.close()
    with pytest.raises(Unreadable):
        await slow


async def test_files_that_come_one_by_one_need_one_child_only(note: Path) -> None:
    both = [Reader(), Reader()]
    readers = Readers(both)
    for _ in range(3):
        await readers.read(note, "fine.txt", Chunking())
    assert len([reader for reader in both if reader.pid]) == 1
    await readers.close()


async def test_a_small_file_may_not_take_as_long_as_a_large_one(tmp_path: Path) -> None:
    seconds = []
    for size in (1_000, 1_000_000, 400_000_000):
        path = tmp_path / "file-1"
        with path.open("wb") as file:
            file.truncate(size)
        reader = Reader(command=[sys.executable, "-c", TELLING])
        with pytest.raises(Unreadable) as refusal:
            await reader.read(path, "a.txt", Chunking())
        seconds.append(float(refusal.value.sentence))
        await reader.close()
    assert seconds == sorted(seconds)
    assert seconds[0] < 40
    assert seconds[-1] == TIMEOUT + 5


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
    assert await index.members() == set()
    await index.add("vs_1", "file-1", note, "a.txt")
    assert await index.search(["vs_1"], "cells")
    await index.close()


async def test_closing_ends_what_is_being_read(note: Path) -> None:
    reader = Reader(command=[sys.executable, "-c", TROUBLED])
    index = SearchIndex(None, readers=[reader])
    adding = asyncio.create_task(index.add("vs_1", "file-1", note, "slow.txt"))
    child = await started(reader)
    await index.close()
    with pytest.raises(Unreadable):
        await adding
    assert not child.is_running()


async def gone(pid: int) -> bool:
    """Whether a process ends in time."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    await asyncio.to_thread(psutil.wait_procs, [process], 20)
    return is_gone(process)


async def started(reader: Reader) -> psutil.Process:
    """The reader's child, once there is one."""
    await until(lambda: reader.pid is not None)
    return psutil.Process(reader.pid)
