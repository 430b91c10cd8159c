"""A database of each earlier version, with data in it, goes on to be used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from studybuddy.domain.accounts import Selection
from studybuddy.domain.assistant_ports import FollowedRun
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role, Titled
from studybuddy.domain.runs import RunDetails
from studybuddy.domain.usage import Usage
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.database import open_database
from studybuddy.storage.schema import MIGRATIONS
from studybuddy.storage.usage import SqliteUsageLog
from tests.contract.usage_log import a_record
from tests.support.store_process import open_store

OLD = Conversation(
    "c1", "Light", 1.0, 5.0, Mode.COMPLETION, "Be kind.", "lab", "small", "m2", "typed"
)
QUESTION = Message("m1", Role.USER, "What is light?", 2.0)
ANSWER = Message("m2", Role.ASSISTANT, "A wa", 3.0, "m1", MessageState.STREAMING, "small")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    """The store of a file that version 1 left, killed while an answer streamed."""
    with closing(open_database(tmp_path / "studybuddy.db", MIGRATIONS[:1]).connection) as old:
        old.execute(
            "INSERT INTO conversations VALUES "
            "('c1', 'Light', 1, 5, 'completion', 'Be kind.', 'lab', 'small', 'm2', 'typed')"
        )
        old.execute(
            "INSERT INTO messages VALUES (1, 'm1', 'c1', NULL, 'user', 'What is light?', 2, "
            "'complete', '', '', '', NULL, NULL, NULL, NULL)"
        )
        old.execute(
            "INSERT INTO messages VALUES (2, 'm2', 'c1', 'm1', 'assistant', 'A wa', 3, "
            "'streaming', 'gone', 'small', '', 3, 4, 0, 0)"
        )
        old.execute("INSERT INTO app_state VALUES ('last_opened', 'c1')")
    store, instance = open_store(tmp_path)
    yield store
    await store.close()
    instance.release()


async def test_conversations_of_version_1_are_read_as_they_were(
    store: SqliteConversationStore,
) -> None:
    assert await store.recent(10) == [OLD]
    assert await store.recent(10, mode=Mode.COMPLETION) == [OLD]
    assert await store.recent(10, mode=Mode.ASSISTANT) == []
    assert await store.last_opened() == "c1"
    opened = await store.load("c1")
    assert opened is not None
    cut = replace(ANSWER, state=MessageState.INTERRUPTED, usage=Usage(3, 4))
    assert opened.messages == (QUESTION, cut)
    assert await store.runs.claim_runs() == []


async def test_conversations_of_version_1_can_be_carried_on_in_a_thread(
    store: SqliteConversationStore,
) -> None:
    await store.set_assistant("c1", "asst_1", "Math Tutor")
    answer = replace(
        ANSWER, id="m3", state=MessageState.STREAMING, details=RunDetails("run_1", "thread_1")
    )
    await store.add("c1", answer)
    assert await store.set_thread("c1", "thread_1", ["m1", "m3"])
    await store.runs.follow(FollowedRun("run_1", "thread_1", "c1", "m3", "lab"))
    opened = await store.load("c1")
    assert opened is not None
    assert opened.head.thread_id == "thread_1"
    assert opened.head.assistant_name == "Math Tutor"
    assert opened.messages == (QUESTION, answer)


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    """The store of a file that version 2 left, with a run that was followed to its end."""
    with closing(open_database(tmp_path / "studybuddy.db", MIGRATIONS[:2]).connection) as old:
        old.execute(
            "INSERT INTO conversations VALUES ('c1', 'Light', 1, 5, 'assistant', 'Be kind.', "
            "'lab', 'small', 'm2', 'typed', 'thread_1', 'asst_1', 'Tutor')"
        )
        old.execute(
            "INSERT INTO messages VALUES (1, 'm1', 'c1', NULL, 'user', 'What is light?', 2, "
            "'complete', '', '', '', NULL, NULL, NULL, NULL, NULL)"
        )
        old.execute(
            "INSERT INTO messages VALUES (2, 'm2', 'c1', 'm1', 'assistant', 'A wave.', 3, "
            "'complete', '', 'small', '', 3, 4, 1, 2, "
            """'{"run_id": "run_1", "thread_id": "thread_1"}')"""
        )
    store, instance = open_store(tmp_path)
    yield store
    await store.close()
    instance.release()


async def test_conversations_of_version_2_are_read_as_they_were_and_have_no_limits(
    second: SqliteConversationStore,
) -> None:
    opened = await second.load("c1")
    assert opened is not None
    assert opened.head == replace(
        OLD,
        mode=Mode.ASSISTANT,
        thread_id="thread_1",
        assistant_id="asst_1",
        assistant_name="Tutor",
    )
    answer = replace(
        ANSWER,
        text="A wave.",
        state=MessageState.COMPLETE,
        usage=Usage(3, 4, 1, 2),
        details=RunDetails("run_1", "thread_1"),
    )
    assert opened.messages == (QUESTION, answer)


async def test_conversations_of_version_2_can_be_pinned_and_limited(
    second: SqliteConversationStore,
) -> None:
    await second.pin("m1", True)
    await second.set_limits("c1", 90, Overflow.DROP)
    opened = await second.load("c1")
    assert opened is not None
    assert [message.pinned for message in opened.messages] == [True, False]
    assert (opened.head.max_completion_tokens, opened.head.overflow) == (90, Overflow.DROP)


async def test_what_a_later_version_does_with_too_long_conversations_is_as_good_as_unset(
    tmp_path: Path, second: SqliteConversationStore
) -> None:
    await second.load("c1")
    with closing(open_database(tmp_path / "studybuddy.db").connection) as other:
        other.execute("UPDATE conversations SET overflow = 'fold'")
    opened = await second.load("c1")
    assert opened is not None
    assert opened.head.overflow is None


async def test_usage_of_version_3_is_read_as_it_was_and_may_be_without_a_duration(
    tmp_path: Path,
) -> None:
    with closing(open_database(tmp_path / "studybuddy.db", MIGRATIONS[:3]).connection) as old:
        for name, at in (("r1", 9.0), ("r2", 5.0)):
            old.execute(
                "INSERT INTO usage_records VALUES (?, ?, 'lab', 'small', 'completion', 'c1', "
                "'answer', 100, 20, 10, 5, 2, 1, 1500, 0, 0, 0.25, 1.5, 'complete')",
                (name, at),
            )
    store, instance = open_store(tmp_path)
    log = SqliteUsageLog(store.database)
    later = a_record(7.0, duration=None)
    await log.add(later)
    records = await log.records(Selection())
    assert records == [a_record(5.0, id="r2"), later, a_record(9.0, id="r1")]
    assert (await log.total(Selection(conversation_id="c1"))).requests == 3
    await store.close()
    instance.release()


async def test_conversations_of_version_4_are_listed_with_nothing_done_to_them(
    tmp_path: Path,
) -> None:
    with closing(open_database(tmp_path / "studybuddy.db", MIGRATIONS[:4]).connection) as old:
        old.execute(
            "INSERT INTO conversations VALUES ('c1', 'Light', 1, 5, 'completion', 'Be kind.', "
            "'lab', 'small', 'm1', 'typed', '', '', '', NULL, NULL)"
        )
        old.execute(
            "INSERT INTO messages VALUES (1, 'm1', 'c1', NULL, 'user', 'What is light?', 2, "
            "'complete', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, 0, 0)"
        )
    store, instance = open_store(tmp_path)
    assert await store.recent(9) == [replace(OLD, leaf_id="m1")]
    assert await store.tree("c1") == [QUESTION]
    assert await store.rename("c1", "Optics", Titled.MODEL)
    await store.close()
    instance.release()


@pytest.mark.parametrize("garbled", ["{", "7", '["a"]', "[[1]]", "[" * 3000])
async def test_examples_that_are_none_cost_the_examples_and_not_the_conversation(
    tmp_path: Path, store: SqliteConversationStore, garbled: str
) -> None:
    await store.load("c1")
    with closing(open_database(tmp_path / "studybuddy.db").connection) as other:
        other.execute("UPDATE conversations SET examples = ?, titled = 'a muse'", (garbled,))
    [head] = await store.recent(9)
    assert (head.examples, head.titled) == ((), Titled.STUDENT)


@pytest.mark.parametrize(
    "garbled",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"run_id": 1, "thread_id": ""}',
        '{"run_id": "r", "thread_id": "t", "status": "sleeping"}',
        "[" * 3000,
    ],
)
async def test_details_that_are_none_cost_the_details_and_not_the_answer(
    tmp_path: Path, store: SqliteConversationStore, garbled: str
) -> None:
    await store.load("c1")
    with closing(open_database(tmp_path / "studybuddy.db").connection) as other:
        other.execute("UPDATE messages SET details = ? WHERE id = 'm2'", (garbled,))
    opened = await store.load("c1")
    assert opened is not None
    assert opened.messages[-1].text == "A wa"
    assert opened.messages[-1].details is None


async def test_details_of_a_later_version_are_read_as_far_as_they_are_known(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await store.load("c1")
    with closing(open_database(tmp_path / "studybuddy.db").connection) as other:
        later = '{"run_id": "r", "thread_id": "t", "mood": "good", "steps": [], "citations": []}'
        other.execute("UPDATE messages SET details = ? WHERE id = 'm2'", (later,))
    opened = await store.load("c1")
    assert opened is not None
    assert opened.messages[-1].details == RunDetails("r", "t")
