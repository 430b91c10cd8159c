"""Files on their way into a vector store: seen, cancelled, removed, and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studybuddy.engine.objects import new_object_id
from studybuddy.engine.search.index import SearchIndex
from tests.engine.built_in import until
from tests.engine.engines import Engine, context_for, keeping_engine, settled

TEXT = b"# Cells\n\nThe mitochondrion is the powerhouse of the cell.\n"


SHORT: Any = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 10},
}


class Gate:
    """Holds the reading of files until it is opened."""

    def __init__(self, search: SearchIndex) -> None:
        self.opened = asyncio.Event()
        self.reading: list[str] = []
        self.most = 0
        self._now = 0
        self._add = search.add
        search.add = self.add  # type: ignore[method-assign]

    async def add(self, store_id: str, file_id: str, *args: Any, **settings: Any) -> Any:
        self.reading.append(file_id)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await self.opened.wait()
            return await self._add(store_id, file_id, *args, **settings)
        finally:
            self._now -= 1


async def upload(served: Engine, count: int) -> list[str]:
    """Ids of so many files."""
    files = served.sdk.files
    return [
        (await files.create(file=(f"{n}.md", TEXT), purpose="assistants")).id for n in range(count)
    ]


@asynccontextmanager
async def gated(data_dir: Path | None = None) -> AsyncIterator[tuple[Engine, Gate]]:
    """An engine that reads no file until its gate is opened."""
    async with keeping_engine(data_dir) as served:
        yield served, Gate(served.context.search)


async def counts(served: Engine, store_id: str) -> dict[str, int]:
    """The counts of a store that are not 0."""
    found = (await served.sdk.vector_stores.retrieve(store_id)).file_counts.to_dict()
    return {name: count for name, count in found.items() if count}


async def test_progress_is_seen_in_the_counts() -> None:
    async with gated() as (served, gate):
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 3))
        assert store.status == "in_progress"
        assert await counts(served, store.id) == {"in_progress": 3, "total": 3}
        gate.opened.set()
        await settled(served, store.id)
        assert await counts(served, store.id) == {"completed": 3, "total": 3}
        assert (await served.sdk.vector_stores.retrieve(store.id)).status == "completed"


async def test_the_engine_knows_whether_files_are_on_their_way() -> None:
    async with gated() as (served, gate):
        ingestion = served.context.ingestion
        await until(lambda: not ingestion.busy())
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 3))
        await until(lambda: len(gate.reading) == 2)
        assert ingestion.busy()
        gate.opened.set()
        await settled(served, store.id)
        await until(lambda: not ingestion.busy())


async def test_two_files_are_read_at_the_same_time_and_no_more() -> None:
    async with gated() as (served, gate):
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 6))
        await until(lambda: len(gate.reading) == 2)
        gate.opened.set()
        await settled(served, store.id)
        assert gate.most == 2
        assert len(gate.reading) == len(set(gate.reading)) == 6


async def test_a_client_is_told_when_to_look_again() -> None:
    async with gated() as (served, _):
        (file_id,) = await upload(served, 1)
        store = await served.sdk.vector_stores.create(file_ids=[file_id])
        response = await served.client.get(f"/v1/vector_stores/{store.id}/files/{file_id}")
        assert response.json()["status"] == "in_progress"
        assert int(response.headers["openai-poll-after-ms"]) <= 1000


async def test_a_cancelled_batch_leaves_out_what_was_not_done() -> None:
    async with gated() as (served, gate):
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        ids = await upload(served, 4)
        batch = await sdk.vector_stores.file_batches.create(store.id, file_ids=ids)
        await until(lambda: len(gate.reading) == 2)
        cancelled = await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 4)
        gate.opened.set()  # those that were being read come too late
        await until(lambda: gate._now == 0)
        (other,) = await upload(served, 1)
        await sdk.vector_stores.files.create_and_poll(other, vector_store_id=store.id)
        assert await counts(served, store.id) == {"completed": 1, "cancelled": 4, "total": 5}
        found = (await sdk.vector_stores.search(store.id, query="mitochondrion")).data
        assert [passage.file_id for passage in found] == [other]
        again = await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        assert again == cancelled


async def test_a_batch_ends_though_a_file_of_it_was_removed() -> None:
    async with gated() as (served, gate):
        batches = served.sdk.vector_stores.file_batches
        store = await served.sdk.vector_stores.create()
        first, second = await upload(served, 2)
        batch = await batches.create(store.id, file_ids=[first, second])
        await served.sdk.files.delete(first)
        gate.opened.set()
        await settled(served, store.id)
        ended = await batches.retrieve(batch.id, vector_store_id=store.id)
        assert ended.status == "completed"
        told = ended.file_counts
        assert (told.in_progress, told.completed, told.cancelled, told.total) == (0, 1, 1, 2)
        assert await counts(served, store.id) == {"completed": 1, "total": 1}


async def test_a_file_that_is_removed_while_it_is_read_does_not_come_back() -> None:
    async with gated() as (served, gate):
        sdk = served.sdk
        first, second = await upload(served, 2)
        store = await sdk.vector_stores.create(file_ids=[first, second])
        await until(lambda: len(gate.reading) == 2)
        await sdk.vector_stores.files.delete(first, vector_store_id=store.id)
        await sdk.files.delete(second)
        assert await counts(served, store.id) == {}
        gate.opened.set()
        await until(lambda: gate._now == 0)
        assert await served.context.search.members() == set()
        assert await counts(served, store.id) == {}


async def test_a_store_that_is_deleted_while_it_is_filled_is_gone() -> None:
    async with gated() as (served, gate):
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 3))
        await until(lambda: len(gate.reading) == 2)
        await served.sdk.vector_stores.delete(store.id)
        gate.opened.set()
        await until(lambda: gate._now == 0)
        await settled(served, store.id)
        assert await served.context.search.members() == set()


async def test_a_file_that_is_added_anew_while_it_is_read_gets_the_new_settings() -> None:
    async with gated() as (served, gate):
        sdk = served.sdk
        (file_id,) = await upload(served, 1)
        store = await sdk.vector_stores.create(file_ids=[file_id])
        await until(lambda: len(gate.reading) == 1)
        await sdk.vector_stores.files.create(
            file_id=file_id,
            vector_store_id=store.id,
            attributes={"week": 2},
            chunking_strategy=SHORT,
        )
        gate.opened.set()
        await settled(served, store.id)
        assert await counts(served, store.id) == {"completed": 1, "total": 1}
        (found,) = (await sdk.vector_stores.search(store.id, query="mitochondrion")).data
        assert found.attributes == {"week": 2}
        assert len(gate.reading) == 2  # the second time as it was asked then


async def test_attributes_that_change_while_it_is_read_are_not_lost() -> None:
    async with gated() as (served, gate):
        sdk = served.sdk
        (file_id,) = await upload(served, 1)
        store = await sdk.vector_stores.create(file_ids=[file_id])
        await until(lambda: len(gate.reading) == 1)
        await sdk.vector_stores.files.update(
            file_id, vector_store_id=store.id, attributes={"week": 2}
        )
        gate.opened.set()
        await settled(served, store.id)

        async def found() -> bool:
            page = await sdk.vector_stores.search(store.id, query="mitochondrion")
            return [passage.attributes for passage in page.data] == [{"week": 2}]

        await until(found)


async def test_a_fault_of_ours_fails_the_file_and_not_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with keeping_engine() as served:
        good, bad = await upload(served, 2)
        add = served.context.search.add

        async def breaking(store_id: str, file_id: str, *args: Any, **settings: Any) -> Any:
            if file_id == bad:
                raise RuntimeError("out of order")
            return await add(store_id, file_id, *args, **settings)

        served.context.search.add = breaking  # type: ignore[method-assign]
        store = await served.sdk.vector_stores.create(file_ids=[good, bad])
        await settled(served, store.id)
        assert await counts(served, store.id) == {"completed": 1, "failed": 1, "total": 2}
        file = await served.sdk.vector_stores.files.retrieve(bad, vector_store_id=store.id)
        assert file.last_error is not None
        assert file.last_error.code == "server_error"
        assert "error of its own" in file.last_error.message
        assert "out of order" in caplog.text


async def test_what_was_in_progress_is_taken_up_at_the_next_start(tmp_path: Path) -> None:
    async with gated(tmp_path) as (served, gate):
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 3))
        await until(lambda: len(gate.reading) == 2)
    async with keeping_engine(tmp_path) as served:
        await settled(served, store.id)
        assert await counts(served, store.id) == {"completed": 3, "total": 3}


def lose_index(folder: Path) -> None:
    for path in folder.glob("search.sqlite3*"):
        path.unlink()


async def test_an_index_that_was_lost_is_made_again(tmp_path: Path) -> None:
    async with keeping_engine(tmp_path) as served:
        store = await served.sdk.vector_stores.create(file_ids=await upload(served, 2))
        await settled(served, store.id)
        before = await served.sdk.vector_stores.retrieve(store.id)
    lose_index(tmp_path)
    async with keeping_engine(tmp_path) as served:

        async def found() -> bool:
            page = await served.sdk.vector_stores.search(store.id, query="mitochondrion")
            return len(page.data) == 2

        await until(found)
        await settled(served, store.id)
        after = await served.sdk.vector_stores.retrieve(store.id)
        assert (after.file_counts, after.usage_bytes) == (before.file_counts, before.usage_bytes)


async def test_a_batch_is_under_way_again_while_a_lost_index_is_made_again(
    tmp_path: Path,
) -> None:
    async with keeping_engine(tmp_path) as served:
        batches = served.sdk.vector_stores.file_batches
        store = await served.sdk.vector_stores.create()
        batch = await batches.create(store.id, file_ids=await upload(served, 2))
        await settled(served, store.id)
    lose_index(tmp_path)
    async with gated(tmp_path) as (served, gate):
        batches = served.sdk.vector_stores.file_batches
        await until(lambda: len(gate.reading) == 2)
        again = await batches.retrieve(batch.id, vector_store_id=store.id)
        assert (again.status, again.file_counts.in_progress) == ("in_progress", 2)
        gate.opened.set()
        await settled(served, store.id)
        ended = await batches.retrieve(batch.id, vector_store_id=store.id)
        assert (ended.status, ended.file_counts.completed) == ("completed", 2)


async def test_what_a_kill_left_in_the_index_and_on_the_disk_is_cleared_away(
    tmp_path: Path,
) -> None:
    context = context_for("http://127.0.0.1:9/v1", data_dir=tmp_path)
    stray = tmp_path / "files" / f"{new_object_id('file')}.part"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(TEXT)
    await context.search.add("vs_gone", "file-gone", stray, "gone.md")
    await context.search.close()
    async with keeping_engine(tmp_path) as served:

        async def cleared() -> bool:
            return await served.context.search.members() == set()

        await until(cleared)
        assert not stray.exists()
