"""The index behind the search: made in steps, kept in step, and without what was deleted."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from studybuddy.domain.messages import Conversation, Message, MessageState, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.searching import Query
from studybuddy.domain.words import Terms
from studybuddy.storage import search_index
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.database import open_database
from studybuddy.storage.schema import MIGRATIONS
from studybuddy.storage.search import SqliteSearch
from tests.support.store_process import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteConversationStore]:
    store, instance = open_store(tmp_path)
    yield store
    await store.close()
    instance.release()


def a_message(name: str, text: str, **changes: object) -> Message:
    return replace(Message(name, Role.USER, text, 1.0), **changes)  # type: ignore[arg-type]


async def stored(store: SqliteConversationStore, name: str, *messages: Message) -> None:
    await store.save(Conversation(name, "Untitled", 1.0, 1.0))
    await store.add(name, *messages)


async def names(search: SqliteSearch, text: str) -> set[str]:
    return {hit.message_id for hit in await search.search(Query(text))}


async def indexed(store: SqliteConversationStore, word: str) -> list[int]:
    """The numbers that the index itself has for a word."""

    def ask(connection: sqlite3.Connection) -> list[int]:
        found = connection.execute(
            "SELECT rowid FROM search_index WHERE search_index MATCH ?", (f'"{word}"',)
        )
        return [number for (number,) in found]

    return await store.database.run(ask)


async def waiting(store: SqliteConversationStore) -> int:
    return await SqliteSearch(store.database).unread()


async def test_what_an_older_version_wrote_is_read_in_steps_the_newest_first(
    tmp_path: Path,
) -> None:
    count = 200
    with closing(open_database(tmp_path / "studybuddy.db", MIGRATIONS[:4]).connection) as old:
        for number in range(count):
            old.execute(
                "INSERT INTO conversations (id, title, created_at, updated_at, mode, "
                "system_prompt, endpoint, model, draft) "
                "VALUES (?, '', 1, 1, 'completion', '', '', '', '')",
                (f"c{number}",),
            )
            old.execute(
                "INSERT INTO messages (id, conversation_id, role, text, created_at, state, model, "
                "error) VALUES (?, ?, 'user', 'light', 1, 'complete', '', '')",
                (f"m{number}", f"c{number}"),
            )
    store, instance = open_store(tmp_path)
    search = SqliteSearch(store.database)
    assert await search.unread() == count  # the start has read nothing
    first = [hit.message_id for hit in await search.search(Query("light"), 1000)]
    assert first[0] == f"m{count - 1}"
    assert 0 < len(first) < count
    assert await search.unread() == count - len(first)
    for _ in range(10_000):  # in the background, with nobody searching
        if not await search.unread():
            break
        await asyncio.sleep(0)
    assert len(await search.search(Query("light"), 1000)) == count
    await store.close()
    instance.release()


async def test_a_message_that_changes_before_it_was_read_is_found_as_it_is_then(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    await stored(store, "c", *(a_message(f"m{n}", "light") for n in range(90)))
    with closing(open_database(tmp_path / "studybuddy.db").connection) as other:
        other.execute("DELETE FROM search_waiting")  # as a migration would leave it
        other.execute("UPDATE search_state SET below = 91")
    await store.finish(a_message("m0", "dark"))
    await store.finish(a_message("m89", "dark"))
    search = SqliteSearch(store.database)
    while not await store.database.run(search_index.catch_up, 7):
        await store.finish(a_message("m50", "dusk"))
        await store.finish(a_message("m3", "dusk"))
    assert len(await indexed(store, "light")) == 86
    assert await names(search, "dark") == {"m0", "m89"}
    assert await names(search, "dusk") == {"m3", "m50"}


async def test_an_answer_that_streams_does_not_touch_the_index_until_it_ends(
    store: SqliteConversationStore,
) -> None:
    answer = a_message("a", "", state=MessageState.STREAMING)
    await stored(store, "c", answer)
    for number in range(20):
        await store.journal("a", "word " * number)
    assert await waiting(store) == 0
    await store.finish(replace(answer, text="Light.", state=MessageState.COMPLETE))
    assert await waiting(store) == 1
    await store.pin("a", True)
    await store.set_deleted(["a"], True)
    assert await waiting(store) == 1


async def test_an_interrupted_answer_that_streams_on_is_found_by_its_end_alone(
    store: SqliteConversationStore,
) -> None:
    answer = a_message("a", "first", state=MessageState.INTERRUPTED)
    await stored(store, "c", answer)
    search = SqliteSearch(store.database)
    assert await names(search, "first") == {"a"}

    def set_state(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE messages SET state = 'streaming' WHERE id = 'a'")

    await store.database.run(set_state)
    assert await names(search, "first") == set()
    await store.journal("a", "second")
    await store.finish(replace(answer, text="third", state=MessageState.COMPLETE))
    assert await names(search, "third") == {"a"}
    for gone in ("first", "second"):
        assert await indexed(store, gone) == []


@pytest.mark.parametrize("purge", [True, False])
async def test_what_was_deleted_for_good_leaves_no_words_behind(
    tmp_path: Path, store: SqliteConversationStore, purge: bool
) -> None:
    await stored(store, "gone", *(a_message(f"m{n}", "secret") for n in range(600)))
    await stored(store, "kept", a_message("k", "kept"))
    search = SqliteSearch(store.database)
    while not await store.database.run(search_index.catch_up, 1000):
        pass
    assert len(await indexed(store, "secret")) == 600
    if purge:
        await store.discard("gone")
        await store.purge(float("inf"))
    else:
        await store.delete("gone")
    assert await indexed(store, "secret") == []
    assert await waiting(store) == 0
    with closing(sqlite3.connect(tmp_path / "studybuddy.db")) as other:
        assert other.execute("SELECT count(*) FROM search_waiting").fetchone() == (0,)
    # The numbers of rows that were deleted are given again.
    await stored(store, "new", a_message("n", "new"))
    assert await names(search, "new") == {"n"}
    assert await names(search, "secret") == set()


async def test_two_windows_read_into_one_index(
    tmp_path: Path, store: SqliteConversationStore
) -> None:
    other, instance = open_store(tmp_path)
    searches = SqliteSearch(store.database), SqliteSearch(other.database)
    for number in range(30):
        writer = (store, other)[number % 2]
        await stored(writer, f"c{number}", a_message(f"m{number}", f"light {number}"))
        found = await asyncio.gather(*(search.search(Query("light"), 99) for search in searches))
        assert [len(hits) for hits in found] == [number + 1] * 2
    await other.close()
    instance.release()


async def test_a_common_word_finds_the_newest_in_a_bounded_time(
    store: SqliteConversationStore,
) -> None:
    for number in range(20):
        await stored(
            store, f"c{number}", *(a_message(f"m{number}-{n}", "light " * 40) for n in range(60))
        )
    while not await store.database.run(search_index.catch_up, 2000):
        pass
    hits = await SqliteSearch(store.database).search(Query("light"), 50)
    assert hits[0].conversation.id == "c19"
    assert {hit.conversation.id for hit in hits} < {f"c{n}" for n in range(10, 20)}


async def test_filters_reach_further_back_than_what_is_looked_up(
    store: SqliteConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studybuddy.storage.search._LOOKED_UP", 60)
    year = 365 * 86_400.0
    await stored(store, "old", a_message("old", "light", created_at=40 * year, model="small"))
    await store.arrange("old", pinned=False, archived=False, folder="Physics")
    for number in range(4):
        texts = [a_message(f"m{number}-{n}", "light", created_at=50 * year) for n in range(60)]
        await stored(store, f"c{number}", *texts)
    while not await store.database.run(search_index.catch_up, 2000):
        pass
    search = SqliteSearch(store.database, lambda: 50 * year)
    assert "old" not in await names(search, "light")
    for query in (
        Query("light", until=41 * year),
        Query("light", since=39 * year, until=41 * year),
        Query("light", model="sma"),
        Query("light", folder="Physics"),
    ):
        assert [hit.message_id for hit in await search.search(query)] == ["old"]


async def test_a_sqlite_without_full_text_search_is_told_plainly(
    store: SqliteConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(store, "c", a_message("m", "light"))
    monkeypatch.setattr(search_index, "_CREATE", "CREATE VIRTUAL TABLE search_index USING fts99")
    with pytest.raises(StudyBuddyError, match="full-text search"):
        await SqliteSearch(store.database).search(Query("light"))
    assert await store.load("c") is not None


async def test_a_folder_of_many_conversations_is_searched_too(
    store: SqliteConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studybuddy.storage.search_query._MOST_NAMED", 3)
    for number in range(12):
        await stored(store, f"c{number}", a_message(f"m{number}", "light"))
        folder = "few" if number == 5 else "many" if number % 2 else ""
        await store.arrange(f"c{number}", pinned=False, archived=False, folder=folder)
    search = SqliteSearch(store.database)
    assert len(await search.search(Query("light", folder="many"))) == 5
    assert len(await search.search(Query("light", folder="few"))) == 1


@settings(max_examples=80, deadline=None)
@given(texts=st.lists(st.text(max_size=40), max_size=4), query=st.text(max_size=20))
def test_any_text_can_be_kept_and_any_text_looked_for(texts: list[str], query: str) -> None:
    async def try_it(folder: str) -> None:
        store, instance = open_store(Path(folder))
        for name, text in zip("cdefg", [query, *texts], strict=False):
            await stored(store, name, a_message(f"m{name}", text))
        hits = await SqliteSearch(store.database).search(Query(query))
        # Whatever has words finds itself.
        assert ("mc" in {hit.message_id for hit in hits}) == bool(Terms(query).terms)
        for hit in hits:
            assert len(hit.excerpt.splitlines()) <= 1
            assert all(0 <= begin < end <= len(hit.excerpt) for begin, end in hit.marks)
        await store.close()
        instance.release()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(try_it(folder))
