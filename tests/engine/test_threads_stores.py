"""What the tools of a thread work on, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.engines import Engine, keeping_engine, settled

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SEARCH: Any = [{"type": "file_search"}]


async def upload(served: Engine, name: str = "cells.md", text: bytes = b"# Cells") -> str:
    """Id of a file."""
    return (await served.sdk.files.create(file=(name, text), purpose="assistants")).id


async def stores(served: Engine) -> list[str]:
    """Ids of all vector stores."""
    return [store.id for store in (await served.sdk.vector_stores.list()).data]


async def test_what_is_attached_is_there_for_the_tools() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        first, second = await upload(served), await upload(served, "plants.md", b"# Plants")
        thread = await sdk.beta.threads.create()
        made = await sdk.beta.threads.messages.create(
            thread.id,
            role="user",
            content="Read these.",
            attachments=[
                {"file_id": first, "tools": [{"type": "file_search"}]},
                {
                    "file_id": second,
                    "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
                },
            ],
        )
        assert made.attachments is not None
        assert [attached.file_id for attached in made.attachments] == [first, second]
        resources = (await sdk.beta.threads.retrieve(thread.id)).tool_resources
        assert resources is not None
        assert resources.code_interpreter is not None
        assert resources.code_interpreter.file_ids == [second]
        assert resources.file_search is not None
        (store_id,) = resources.file_search.vector_store_ids or []
        await settled(served, store_id)
        assert (await sdk.vector_stores.retrieve(store_id)).file_counts.completed == 2

        third = await upload(served, "stars.md", b"# Stars")
        await sdk.beta.threads.messages.create(
            thread.id,
            role="user",
            content="And this.",
            attachments=[{"file_id": third, "tools": [{"type": "file_search"}]}],
        )
        assert len((await sdk.vector_stores.list()).data) == 1
        assert (await sdk.vector_stores.retrieve(store_id)).file_counts.total == 3


async def test_a_vector_store_that_is_not_only_the_threads_outlives_it() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        store = await sdk.vector_stores.create(name="shared")
        thread = await sdk.beta.threads.create(
            tool_resources={"file_search": {"vector_store_ids": [store.id]}}
        )
        await sdk.beta.threads.delete(thread.id)
        assert (await sdk.vector_stores.retrieve(store.id)).name == "shared"


async def test_a_store_for_attachments_goes_with_a_thread_that_uses_it_no_more() -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        attached: Any = {"file_id": await upload(served), "tools": SEARCH}
        thread = await threads.create(
            messages=[{"role": "user", "content": "x", "attachments": [attached]}]
        )
        assert len(await stores(served)) == 1
        none: Any = {"file_search": {"vector_store_ids": []}}
        await threads.update(thread.id, tool_resources=none)
        await threads.delete(thread.id)
        assert await stores(served) == []


@pytest.mark.parametrize("later", [False, True])
async def test_a_store_that_was_made_with_a_thread_goes_with_it(later: bool) -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        made: Any = {"file_search": {"vector_stores": [{"file_ids": [await upload(served)]}]}}
        if later:
            thread = await threads.create()
            await threads.update(thread.id, tool_resources=made)
        else:
            thread = await threads.create(tool_resources=made)
        assert len(await stores(served)) == 1
        await threads.delete(thread.id)
        assert await stores(served) == []


async def test_a_store_that_an_assistant_or_another_thread_uses_stays() -> None:
    async with keeping_engine() as served:
        beta = served.sdk.beta
        made: Any = {"file_search": {"vector_stores": [{}]}}
        for use in (beta.threads.create, beta.assistants.create):
            thread = await beta.threads.create(tool_resources=made)
            assert thread.tool_resources is not None
            assert thread.tool_resources.file_search is not None
            ids = thread.tool_resources.file_search.vector_store_ids
            fields: Any = {"tool_resources": {"file_search": {"vector_store_ids": ids}}}
            if use == beta.assistants.create:
                fields["model"] = "m"
            await use(**fields)
            await beta.threads.delete(thread.id)
            assert ids is not None
            assert ids[0] in await stores(served)
