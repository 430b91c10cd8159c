"""`/v1/vector_stores`, as OpenAI's own client and raw HTTP use them."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from studybuddy.engine.objects import VectorStore, now
from studybuddy.engine.store.objects import Objects
from tests.engine.engines import Engine, keeping_engine, settled

CELLS = b"# Cells\n\nThe mitochondrion is the powerhouse of the cell.\n"
PLANTS = b"# Plants\n\nPhotosynthesis turns light into sugar.\n"


async def upload(served: Engine, content: bytes = CELLS, name: str = "cells.md") -> str:
    """Id of a file."""
    return (await served.sdk.files.create(file=(name, content), purpose="assistants")).id


async def filled(served: Engine, *contents: bytes) -> tuple[str, list[str]]:
    """Ids of a vector store, and of the files that are in it and done."""
    ids = [await upload(served, content, f"{n}.md") for n, content in enumerate(contents)]
    store = await served.sdk.vector_stores.create(file_ids=ids)
    await settled(served, store.id)
    return store.id, ids


async def test_a_vector_store_is_made_listed_changed_and_deleted() -> None:
    async with keeping_engine() as served:
        stores = served.sdk.vector_stores
        made = await stores.create(name="Biology", metadata={"a": "b"})
        assert (made.status, made.file_counts.total, made.usage_bytes) == ("completed", 0, 0)
        other = await stores.create()
        assert [store.id async for store in stores.list(limit=1)] == [other.id, made.id]
        changed = await stores.update(made.id, name="Physics")
        assert (changed.name, changed.metadata) == ("Physics", {"a": "b"})
        assert (await stores.retrieve(made.id)).name == "Physics"
        told = await stores.delete(made.id)
        assert told.to_dict() == {
            "id": made.id,
            "object": "vector_store.deleted",
            "deleted": True,
        }
        with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{made.id}"):
            await stores.retrieve(made.id)


async def test_a_file_that_is_added_can_be_found() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        added = await sdk.vector_stores.files.create_and_poll(
            await upload(served), vector_store_id=store.id
        )
        assert (added.status, added.last_error) == ("completed", None)
        assert added.usage_bytes > 0
        found = await sdk.vector_stores.retrieve(store.id)
        assert found.usage_bytes == added.usage_bytes
        assert found.file_counts.to_dict() == {
            "in_progress": 0,
            "completed": 1,
            "failed": 0,
            "cancelled": 0,
            "total": 1,
        }
        results = (await sdk.vector_stores.search(store.id, query="powerhouse of cells")).data
        assert results[0].file_id == added.id
        assert "mitochondrion" in results[0].content[0].text
        assert 0 < results[0].score <= 1


async def test_the_helpers_of_the_client_upload_and_wait() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        one = await sdk.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=("cells.md", CELLS)
        )
        assert one.status == "completed"
        batch = await sdk.vector_stores.file_batches.upload_and_poll(
            store.id, files=[(f"{n}.md", PLANTS) for n in range(6)], file_ids=[one.id]
        )
        assert batch.status == "completed"
        assert (batch.file_counts.completed, batch.file_counts.total) == (7, 7)
        assert (await sdk.vector_stores.retrieve(store.id)).file_counts.total == 7


async def test_a_file_that_can_not_be_read_is_told_with_its_reason() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store_id, (_, bad) = await filled(served, CELLS, b"\x00\x01\x02\xff" * 100)
        file = await sdk.vector_stores.files.retrieve(bad, vector_store_id=store_id)
        assert file.status == "failed"
        assert file.last_error is not None
        assert file.last_error.code == "unsupported_file"
        assert "can't be searched" in file.last_error.message
        store = await sdk.vector_stores.retrieve(store_id)
        assert (store.status, store.file_counts.failed) == ("completed", 1)
        failed = await sdk.vector_stores.files.list(store_id, filter="failed")
        assert [f.id for f in failed.data] == [bad]
        with pytest.raises(openai.BadRequestError, match=r"has no text to show\. This is a binary"):
            await sdk.vector_stores.files.content(bad, vector_store_id=store_id)


async def test_the_text_that_was_read_is_shown() -> None:
    async with keeping_engine() as served:
        store_id, (file_id,) = await filled(served, CELLS)
        path = f"/v1/vector_stores/{store_id}/files/{file_id}/content"
        told = (await served.client.get(path)).json()
        assert told["object"] == "vector_store.file_content.page"
        assert told["data"] == [{"type": "text", "text": CELLS.decode(), "page": 1}]
        assert (told["has_more"], told["next_page"]) == (False, None)


async def test_a_search_can_be_narrowed_by_attributes_and_number() -> None:
    async with keeping_engine() as served:
        stores = served.sdk.vector_stores
        store_id, (cells, plants) = await filled(served, CELLS, PLANTS)
        await stores.files.update(cells, vector_store_id=store_id, attributes={"week": 1})
        await stores.files.update(plants, vector_store_id=store_id, attributes={"week": 2})
        query = ["powerhouse cell", "photosynthesis light"]
        assert len((await stores.search(store_id, query=query)).data) == 2
        assert len((await stores.search(store_id, query=query, max_num_results=1)).data) == 1
        (second,) = (
            await stores.search(
                store_id, query=query, filters={"type": "gt", "key": "week", "value": 1}
            )
        ).data
        assert (second.file_id, second.attributes) == (plants, {"week": 2})


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"query": None}, "query"),
        ({"query": ""}, "query"),
        ({"query": [1]}, "query[0]"),
        ({"query": []}, "query"),
        ({"query": ["x"] * 11}, "query"),
        ({"query": ["x", ""]}, "query[1]"),
        ({"query": ["x", "y" * 4097]}, "query[1]"),
        ({"query": "y" * 4097}, "query"),
        ({"max_num_results": 0}, "max_num_results"),
        ({"max_num_results": 51}, "max_num_results"),
        ({"filters": {"type": "like", "key": "a", "value": 1}}, "filters"),
        ({"filters": []}, "filters"),
        ({"ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
    ],
)
async def test_a_wrong_search_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    async with keeping_engine() as served:
        store = await served.sdk.vector_stores.create()
        response = await served.client.post(
            f"/v1/vector_stores/{store.id}/search", json={"query": "x", **fields}
        )
        assert response.status_code == 400
        assert response.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"name": 1}, "name"),
        ({"file_ids": "file-1"}, "file_ids"),
        ({"file_ids": [1]}, "file_ids[0]"),
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "last_active_at", "days": 0}}, "expires_after.days"),
        ({"chunking_strategy": {"type": "odd"}}, "chunking_strategy.type"),
        ({"chunking_strategy": {"type": "static"}}, "chunking_strategy.static"),
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0},
                }
            },
            "chunking_strategy.static.max_chunk_size_tokens",
        ),
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51},
                }
            },
            "chunking_strategy.static.chunk_overlap_tokens",
        ),
    ],
)
async def test_a_wrong_vector_store_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    async with keeping_engine() as served:
        response = await served.client.post("/v1/vector_stores", json=fields)
        assert response.status_code == 400
        assert response.json()["error"]["param"] == param


async def test_a_file_is_cut_as_it_was_asked() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        strategy: Any = {
            "type": "static",
            "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 10},
        }
        added = await sdk.vector_stores.files.create_and_poll(
            await upload(served, b"A sentence about cells. " * 200),
            vector_store_id=store.id,
            chunking_strategy=strategy,
        )
        assert added.chunking_strategy is not None
        assert added.chunking_strategy.to_dict() == strategy
        results = (await sdk.vector_stores.search(store.id, query="cells")).data
        assert max(len(result.content[0].text) for result in results) <= 400


async def test_what_is_not_there_is_named() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        missing = f"No file found with id 'file-x' in vector store '{store.id}'."
        for path, message in (
            (f"/{store.id}/files/file-x", missing),
            (f"/{store.id}/files/file-x/content", missing),
            ("/vs_x/files", "No vector store found with id 'vs_x'."),
            ("/vs_x/files/file-x", "No vector store found with id 'vs_x'."),
            (f"/{store.id}/file_batches/b", "No file batch found with id 'b'."),
            (f"/{store.id}/files?after=file-x", "No file found with id 'file-x'."),
        ):
            response = await served.client.get(f"/v1/vector_stores{path}")
            assert response.status_code == 404
            assert response.json()["error"]["message"] == message
        with pytest.raises(openai.NotFoundError, match="No file found with id 'file-x'"):
            await sdk.vector_stores.files.create(file_id="file-x", vector_store_id=store.id)
        with pytest.raises(openai.NotFoundError, match="No file found with id 'file-x'"):
            await sdk.vector_stores.create(file_ids=["file-x"])
        assert len((await sdk.vector_stores.list()).data) == 1


async def test_a_file_that_is_taken_out_is_found_no_more_but_is_still_there() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store_id, (file_id,) = await filled(served, CELLS)
        told = await sdk.vector_stores.files.delete(file_id, vector_store_id=store_id)
        assert told.to_dict() == {
            "id": file_id,
            "object": "vector_store.file.deleted",
            "deleted": True,
        }
        assert (await sdk.vector_stores.search(store_id, query="mitochondrion")).data == []
        store = await sdk.vector_stores.retrieve(store_id)
        assert (store.file_counts.total, store.usage_bytes) == (0, 0)
        assert (await sdk.files.retrieve(file_id)).id == file_id


async def test_a_deleted_file_is_gone_from_every_vector_store() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store_id, (cells, plants) = await filled(served, CELLS, PLANTS)
        other = await sdk.vector_stores.create(file_ids=[cells])
        await settled(served, other.id)
        await sdk.files.delete(cells)
        for id in (store_id, other.id):
            assert (await sdk.vector_stores.search(id, query="mitochondrion")).data == []
        assert [f.id async for f in sdk.vector_stores.files.list(store_id)] == [plants]
        assert (await sdk.vector_stores.retrieve(other.id)).file_counts.total == 0


async def test_a_file_that_is_added_again_counts_once() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store_id, (file_id,) = await filled(served, CELLS)
        before = await sdk.vector_stores.retrieve(store_id)
        again = await sdk.vector_stores.files.create_and_poll(
            file_id, vector_store_id=store_id, attributes={"week": 3}
        )
        assert again.attributes == {"week": 3}
        after = await sdk.vector_stores.retrieve(store_id)
        assert (after.file_counts, after.usage_bytes) == (before.file_counts, before.usage_bytes)


async def test_an_expired_vector_store_says_so_until_it_is_put_off() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        made = await sdk.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 2})
        assert made.expires_at == (made.last_active_at or 0) + 2 * 24 * 60 * 60

        def age(objects: Objects) -> None:
            store = objects.get(VectorStore, made.id)
            assert store is not None
            store.expires_at = now() - 1
            objects.update(store)

        await served.context.store.write(age)
        assert (await sdk.vector_stores.retrieve(made.id)).status == "expired"
        assert (await sdk.vector_stores.list()).data[0].status == "expired"
        with pytest.raises(openai.BadRequestError, match="is expired"):
            await sdk.vector_stores.search(made.id, query="x")
        with pytest.raises(openai.BadRequestError, match="is expired"):
            await sdk.vector_stores.files.create(
                file_id=await upload(served), vector_store_id=made.id
            )
        lasting = await sdk.vector_stores.update(made.id, expires_after=None)
        assert (lasting.status, lasting.expires_at) == ("completed", None)


async def test_a_batch_can_give_each_file_settings_of_its_own() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create()
        files = [
            {"file_id": await upload(served, CELLS), "attributes": {"week": 1}},
            {"file_id": await upload(served, PLANTS), "attributes": {"week": 2}},
        ]
        path = f"/v1/vector_stores/{store.id}/file_batches"
        batch = (await served.client.post(path, json={"files": files})).json()
        assert batch["file_counts"]["in_progress"] == 2
        await settled(served, store.id)
        listed = await sdk.vector_stores.file_batches.list_files(
            batch["id"], vector_store_id=store.id, filter="completed", order="asc"
        )
        assert [file.attributes for file in listed.data] == [{"week": 1}, {"week": 2}]
        for wrong in ({}, {"file_ids": []}, {"files": []}, {"file_ids": ["a"], "files": files}):
            assert (await served.client.post(path, json=wrong)).status_code == 400


async def test_many_stores_can_be_filled_at_once() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        file_id = await upload(served)
        stores = await asyncio.gather(
            *(sdk.vector_stores.create(file_ids=[file_id]) for _ in range(10))
        )
        await settled(served, *(store.id for store in stores))
        found = await asyncio.gather(
            *(sdk.vector_stores.search(store.id, query="mitochondrion") for store in stores)
        )
        assert [len(page.data) for page in found] == [1] * 10
