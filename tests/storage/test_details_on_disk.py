"""What runs leave with their answers: as much as is worth keeping, read only where it is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from studybuddy.domain.messages import Conversation, Message, Mode, Role
from studybuddy.domain.runs import CodeCall, Hit, RunDetails, RunStep, SearchCall, StepStatus
from studybuddy.storage.conversations import SqliteConversationStore
from tests.support.store_process import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    store, instance = open_store(tmp_path)
    await store.save(Conversation("c", "Light", 1.0, 1.0, Mode.ASSISTANT))
    yield store
    await store.close()
    instance.release()


def an_answer(name: str, *steps: RunStep) -> Message:
    details = RunDetails(f"run_{name}", "thread", steps=steps)
    return Message(name, Role.ASSISTANT, "A wave.", 1.0, details=details)


async def test_long_passages_and_logs_are_cut_on_disk(store: SqliteConversationStore) -> None:
    calls = (
        SearchCall("s", (Hit("f", "a.md", "x" * 9_000), Hit("f", "a.md", "short"))),
        CodeCall("c", "print()", "y" * 90_000),
    )
    await store.add("c", an_answer("a", RunStep("step", StepStatus.COMPLETED, calls)))
    opened = await store.load("c")
    assert opened is not None
    kept = opened.messages[0].details
    assert kept is not None
    search, code = kept.steps[0].calls
    assert isinstance(search, SearchCall)
    assert isinstance(code, CodeCall)
    assert [len(hit.text) for hit in search.hits] == [2_000, len("short")]
    assert (len(code.logs), code.logs[-2:]) == (20_000, "y…")


async def test_what_runs_left_with_answers_that_are_not_shown_is_not_read(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.add("c", an_answer("hidden"))
    await store.add("c", an_answer("shown"))
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        other.execute("UPDATE messages SET details = CAST(x'ff' AS TEXT) WHERE id = 'hidden'")
        other.commit()
    opened = await store.load("c")
    assert opened is not None
    assert opened.messages == (an_answer("shown"),)
