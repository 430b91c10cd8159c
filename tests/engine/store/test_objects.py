"""Objects in transactions: kept whole or not at all, and read in pages."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.objects import (
    Assistant,
    File,
    FileBatch,
    Message,
    Run,
    RunStep,
    Thread,
    VectorStore,
    VectorStoreFile,
)
from studybuddy.engine.store.objects import Objects, Order, Page
from studybuddy.engine.store.store import MIGRATIONS, Store


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store(None)
    await store.open()
    yield store
    await store.close()


def in_memory() -> Objects:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript("".join(MIGRATIONS))
    return Objects(connection)


def one_of_each() -> list[
    Assistant | Thread | Message | Run | RunStep | File | VectorStore | VectorStoreFile | FileBatch
]:
    thread, vector_store, file = Thread(), VectorStore(), File(bytes=1, filename="f", purpose="p")
    run = Run(thread_id=thread.id, assistant_id="asst_1", model="m")
    return [
        Assistant(model="m", metadata={"a": "é"}),
        thread,
        Message(thread_id=thread.id, role="user", content=[{"type": "text"}]),
        run,
        RunStep(
            assistant_id="asst_1",
            thread_id=thread.id,
            run_id=run.id,
            type="tool_calls",
            step_details={},
        ),
        file,
        vector_store,
        VectorStoreFile(id=file.id, vector_store_id=vector_store.id),
        FileBatch(vector_store_id=vector_store.id),
    ]


async def test_each_kind_comes_back_as_it_was_put(store: Store) -> None:
    things = one_of_each()

    def put_and_get(objects: Objects) -> list[object]:
        for thing in things:
            objects.insert(thing)
        return [objects.get(type(thing), thing.id) for thing in things]

    assert await store.write(put_and_get) == things


async def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail(objects: Objects) -> None:
        objects.insert(Thread())
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await store.read(lambda o: o.all(Thread)) == []
    await store.write(lambda o: o.insert(Thread()))  # and the next one works


async def test_a_full_disk_fails_one_transaction_and_not_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path / "engine.sqlite3")
    await store.open()
    connection = store._connection
    assert connection is not None

    def limit(pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    await store._in_thread(lambda: limit(20))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await store.write(
            lambda o: [o.insert(Thread(metadata={"a": "b" * 500})) for _ in range(999)]
        )
    assert await store.read(lambda o: o.all(Thread)) == []
    await store._in_thread(lambda: limit(10_000))
    await store.write(lambda o: o.insert(Thread()))
    assert len(await store.read(lambda o: o.all(Thread))) == 1
    await store.close()


async def test_what_was_asked_to_be_written_is_written_though_no_one_waits(tmp_path: Path) -> None:
    store = Store(tmp_path / "engine.sqlite3")
    await store.open()
    writing = asyncio.create_task(store.write(lambda o: o.insert(Thread())))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert len(await store.read(lambda o: o.all(Thread))) == 1
    await store.close()


async def test_all_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    things = one_of_each()
    for _ in range(2):  # the second one finds the file in its newest shape
        store = Store(tmp_path / "data" / "engine.sqlite3")
        await store.open()
        found = await store.read(lambda o: [o.get(type(thing), thing.id) for thing in things])
        if found[0] is None:
            await store.write(lambda o: [o.insert(thing, note={"n": 1}) for thing in things])
        await store.close()
    assert found == things
    assert (tmp_path / "data" / "engine.sqlite3").stat().st_mode & 0o077 == 0


def test_a_note_is_kept_beside_the_object_until_another_replaces_it() -> None:
    objects = in_memory()
    thread = Thread()
    objects.insert(thread, note={"a": 1})
    objects.update(thread)
    assert objects.note(thread) == {"a": 1}
    objects.update(thread, note={"b": 2})
    assert objects.note(thread) == {"b": 2}
    assert not objects.update(Thread())  # which was never there


def test_what_belongs_to_an_object_goes_with_it_and_no_more() -> None:
    objects = in_memory()
    kept, gone = one_of_each(), one_of_each()
    for thing in (*kept, *gone):
        objects.insert(thing)
    thread, vector_store = gone[1], gone[6]
    objects.delete(thread)
    objects.delete(vector_store)
    left = [thing for thing in gone if objects.get(type(thing), thing.id)]
    assert [thing.object for thing in left] == ["assistant", "file"]
    assert all(objects.get(type(thing), thing.id) for thing in kept)


def test_one_file_can_be_in_two_vector_stores() -> None:
    objects = in_memory()
    first, second = (VectorStoreFile(id="file-1", vector_store_id=f"vs_{n}") for n in "12")
    objects.insert(first)
    objects.insert(second)
    assert objects.all(VectorStoreFile, id="file-1") == [first, second]
    objects.delete(first)
    assert objects.all(VectorStoreFile, id="file-1") == [second]


def test_a_list_can_be_narrowed_by_status_field_and_note() -> None:
    objects = in_memory()
    for n in range(6):
        objects.insert(
            VectorStoreFile(
                id=f"file-{n}",
                vector_store_id="vs_1",
                status="completed" if n % 2 else "failed",
                usage_bytes=n,
            ),
            note={"batch": "a" if n < 4 else "b"},
        )

    def ids(**narrowed: object) -> list[str]:
        page: Page[VectorStoreFile] = objects.page(
            VectorStoreFile,
            parent="vs_1",
            **narrowed,  # type: ignore[arg-type]
        )
        return [file.id for file in page.items]

    assert ids(status="failed") == ["file-4", "file-2", "file-0"]
    assert ids(noted={"batch": "b"}) == ["file-5", "file-4"]
    assert ids(having={"id": "file-3"}, noted={"batch": "a"}) == ["file-3"]
    assert ids(having={"id": "'; --"}) == []


def threads_in(objects: Objects, count: int, *, newest_first: bool) -> list[str]:
    """Ids in the order of the list; other objects lie between."""
    threads = [Thread() for _ in range(count)]
    for thread in threads:
        objects.insert(thread)
        objects.insert(Message(thread_id=thread.id, role="user"))
    ids = [thread.id for thread in threads]
    return ids[::-1] if newest_first else ids


@given(count=st.integers(0, 25), limit=st.integers(1, 10), newest_first=st.booleans())
def test_a_walk_through_the_pages_meets_each_object_once_in_order(
    count: int, limit: int, newest_first: bool
) -> None:
    objects = in_memory()
    expected = threads_in(objects, count, newest_first=newest_first)
    met: list[str] = []
    while True:
        page = objects.page(
            Thread,
            limit=limit,
            order="desc" if newest_first else "asc",
            after=met[-1] if met else None,
        )
        assert len(page.items) <= limit
        met += [thread.id for thread in page.items]
        assert page.has_more is (len(met) < count)
        if not page.has_more:
            break
    assert met == expected


@given(count=st.integers(1, 25), limit=st.integers(1, 10), newest_first=st.booleans())
def test_a_walk_back_from_the_last_object_meets_each_once_in_order_too(
    count: int, limit: int, newest_first: bool
) -> None:
    objects = in_memory()
    expected = threads_in(objects, count, newest_first=newest_first)
    met = [expected[-1]]
    while True:
        page = objects.page(
            Thread, limit=limit, order="desc" if newest_first else "asc", before=met[0]
        )
        met = [*(thread.id for thread in page.items), *met]
        assert page.has_more is (len(met) < count)
        if not page.has_more:
            break
    assert met == expected


@given(data=st.data(), count=st.integers(2, 12), newest_first=st.booleans())
def test_between_two_cursors_lies_what_is_between_them(
    data: st.DataObject, count: int, newest_first: bool
) -> None:
    objects = in_memory()
    ids = threads_in(objects, count, newest_first=newest_first)
    first, last = sorted(data.draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2)))
    order: Order = "desc" if newest_first else "asc"
    page = objects.page(Thread, order=order, after=ids[first], before=ids[last])
    assert [thread.id for thread in page.items] == ids[first + 1 : last]


def test_a_cursor_of_another_list_is_no_cursor() -> None:
    objects = in_memory()
    thread = Thread()
    message = Message(thread_id=thread.id, role="user")
    objects.insert(thread)
    objects.insert(message)
    for cursor in ({"after": message.id}, {"before": "thread_unknown"}):
        with pytest.raises(KeyError):
            objects.page(Thread, **cursor)
    with pytest.raises(KeyError):
        objects.page(Message, parent="thread_other", after=message.id)
