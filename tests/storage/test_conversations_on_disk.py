# ruff: noqa: ASYNC240 - looking into a test's own folder holds no one up
"""What the contract cannot tell: crashes, several processes, broken disks, and speed's causes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from itertools import product
from pathlib import Path

import pytest

from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.shelves import Place, Shelf
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.instances import Instance
from tests.support import store_process
from tests.support.store_process import WORD, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    store, instance = open_store(tmp_path)
    yield store
    await store.close()
    instance.release()


def a_conversation(name: str = "c") -> Conversation:
    return Conversation(name, "Light", 1.0, 1.0)


def a_message(name: str = "m", text: str = "What is light?") -> Message:
    return Message(name, Role.USER, text, 1.0)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like that here")
@pytest.mark.parametrize("writes", [1, 40])
async def test_all_that_was_journaled_is_there_after_a_kill(
    tmp_path: Path, store: SqliteConversationStore, writes: int
) -> None:
    with store_process.start(tmp_path, "journal") as process:
        assert process.stdout is not None
        for _ in range(writes):
            process.stdout.readline()
        opened = await store.load("c")
        assert opened is not None
        assert opened.messages[-1].state is MessageState.STREAMING
        process.kill()
        seen = writes + len(process.stdout.readlines())
    opened = await store.load("c")
    assert opened is not None
    question, answer = opened.messages
    assert question.text == "What is light?"
    assert answer.state is MessageState.INTERRUPTED
    words = len(answer.text) // len(WORD)
    assert answer.text == WORD * words
    assert words in (seen, seen + 1)  # the last one may have been written and not told
    assert not list((tmp_path / "instances").glob("*.lock"))


async def test_processes_that_begin_and_write_at_once_lose_nothing(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    names, count = ("one", "two", "three"), 60
    processes = [store_process.start(tmp_path, "write", name, str(count)) for name in names]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        told, errors = process.communicate()
        assert (told, errors) == ("done\n", "")
    for name in names:
        opened = await store.load(name)
        assert opened is not None
        assert [m.text for m in opened.messages] == [f"{name} {n}" for n in range(count)]
    prompts = await store.recent_prompts(1000)
    assert len(prompts) == len(names) * count
    assert not [file for file in tmp_path.iterdir() if "damaged" in file.name]


async def test_making_a_store_opens_nothing(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path / "nowhere")
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_reading_needs_no_lock_of_this_instance(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    await store.add("c", a_message())
    await store.load("c")
    assert not (tmp_path / "instances").exists()


async def test_the_event_loop_is_never_made_to_wait(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.save_draft("c", "typed"))
        ticks = 0
        while ticks < 5:  # the loop turns while the write waits for the other program
            await asyncio.sleep(0.001)
            ticks += 1
            assert not writing.done()
        other.execute("COMMIT")
    await writing
    assert (await store.recent(1))[0].draft == "typed"


async def test_all_work_is_done_on_one_thread_of_its_own(
    tmp_path: Path,
) -> None:
    seen: set[threading.Thread] = set()

    class Watch(Instance):
        def register(self) -> None:
            seen.add(threading.current_thread())

    store = SqliteConversationStore(tmp_path / "a.db", Watch(tmp_path / "i"))
    for number in range(10):
        await store.save(a_conversation(str(number)))
    answers = [
        Message(f"a{number}", Role.ASSISTANT, "", 1.0, state=MessageState.STREAMING)
        for number in range(10)
    ]
    await asyncio.gather(*(store.add(answer.id[1:], answer) for answer in answers))
    await store.close()
    assert len(seen) == 1
    assert threading.current_thread() not in seen


async def test_what_a_cancelled_caller_asked_to_keep_is_kept(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        other.execute("BEGIN IMMEDIATE")  # so that the first write waits, and the second for it
        writing = asyncio.create_task(store.save_draft("c", "typed"))
        adding = asyncio.create_task(store.add("c", a_message()))
        await asyncio.sleep(0)
        adding.cancel()
        with suppress(asyncio.CancelledError):
            await adding
        other.execute("COMMIT")
    await writing
    assert await store.recent_prompts(1) == ["What is light?"]


async def test_closing_waits_for_what_was_asked_and_later_calls_are_told(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    adding = asyncio.create_task(store.add("c", a_message()))
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    await adding
    with pytest.raises(StudyBuddyError):
        await store.recent(1)
    again, _ = open_store(tmp_path)
    assert await again.recent_prompts(1) == ["What is light?"]
    await again.close()


async def test_a_damaged_database_is_told_once_and_the_app_goes_on(tmp_path: Path) -> None:
    (tmp_path / "studybuddy.db").write_bytes(b"not a database" * 1000)
    notices: list[Problem] = []
    told_on: list[threading.Thread] = []

    def on_notice(problem: Problem) -> None:
        notices.append(problem)
        told_on.append(threading.current_thread())

    store = SqliteConversationStore(tmp_path / "studybuddy.db", Instance(tmp_path / "i"), on_notice)
    assert notices == []
    assert await store.recent(10) == []
    await store.save(a_conversation())
    assert len(await store.recent(10)) == 1
    await store.close()
    [notice] = notices
    assert notice.kind is ProblemKind.STORAGE
    assert "studybuddy-damaged-" in notice.sentence
    assert told_on == [threading.current_thread()]


async def test_damage_met_by_a_query_is_a_sentence_and_no_crash(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    for number in range(200):
        await store.add("c", a_message(f"m{number}", "x" * 1000))
    await store.close()
    path = tmp_path / "studybuddy.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 16 * 4096] = b"\xff" * 16 * 4096
    path.write_bytes(data)
    again, _ = open_store(tmp_path)
    with pytest.raises(StudyBuddyError) as caught:
        await again.load("c")
    assert "damaged" in caught.value.problem.sentence
    assert "restart" in caught.value.problem.advice
    await again.close()


@pytest.mark.skipif(os.name != "posix", reason="an open file can't be removed here")
async def test_a_database_that_is_removed_under_a_running_app_is_begun_anew(
    tmp_path: Path,
) -> None:
    notices: list[Problem] = []
    store = SqliteConversationStore(
        tmp_path / "studybuddy.db", Instance(tmp_path / "i"), notices.append
    )
    await store.save(a_conversation())
    for file in tmp_path.glob("studybuddy.db*"):
        file.unlink()
    with pytest.raises(StudyBuddyError):
        await store.add("c", a_message())
    await store.save(a_conversation())
    await store.add("c", a_message())
    await store.close()
    assert [notice.kind for notice in notices] == [ProblemKind.STORAGE]
    again, _ = open_store(tmp_path)
    assert await again.recent_prompts(1) == ["What is light?"]
    await again.close()


async def test_an_unwritable_folder_is_told_and_can_be_mended_while_the_app_runs(
    ordinary_folder: Path,
) -> None:
    ordinary_folder.chmod(0o500)
    store, _ = open_store(ordinary_folder)
    with pytest.raises(StudyBuddyError, match="not allowed to write"):
        await store.save(a_conversation())
    ordinary_folder.chmod(0o700)
    await store.save(a_conversation())
    assert len(await store.recent(1)) == 1
    await store.close()


async def test_a_tree_with_a_loop_or_a_missing_parent_still_opens(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    await store.add("c", a_message("a"), Message("b", Role.USER, "b", 1.0, "a"))
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        other.execute("UPDATE messages SET parent_id = 'b' WHERE id = 'a'")
        other.commit()
    opened = await store.load("c")
    assert opened is not None
    assert [message.id for message in opened.messages] == ["a", "b"]
    await store.add("c", Message("c", Role.USER, "c", 1.0, "nowhere"))
    opened = await store.load("c")
    assert opened is not None
    assert [message.id for message in opened.messages] == ["c"]


async def test_lists_and_recovery_read_by_index_and_never_all_rows(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.save(a_conversation())
    await store.add("c", a_message("m"))
    queries = ["UPDATE messages SET text = '' WHERE id = 'm' AND state = 'streaming'"]
    key = (False, 1.0, "c")
    await store.database.run(lambda opened: opened.set_trace_callback(queries.append))
    for shelf in Shelf:
        for before, mode in product((None, key), (None, Mode.COMPLETION)):
            if mode is None or shelf is Shelf.ACTIVE:
                await store.recent(60, before, mode, Place(shelf))
    await store.load("c")
    await store.tree("c")
    await store.recent_prompts(9)
    await store.folders()
    await store.purge(1.0)
    await store.database.run(lambda opened: opened.set_trace_callback(None))
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        for query in queries:
            plan = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {query}")]
            steps = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
            steps = [step for step in steps if step != "SCAN CONSTANT ROW"]
            assert all("INDEX" in step for step in steps), (query, plan)
            assert not any("TEMP B-TREE FOR ORDER" in step for step in plan), (query, plan)


def test_the_store_needs_nothing_heavy_to_start() -> None:
    code = (
        "import sys, studybuddy.storage.conversations, studybuddy.storage.instances, "
        "studybuddy.storage.settings, studybuddy.storage.keys, studybuddy.storage.paths\n"
        "heavy = {'filelock', 'keyring', 'tomlkit', 'msgspec', 'openai', 'textual', 'difflib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
