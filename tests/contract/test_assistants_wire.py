"""Assistants, threads, messages, files and vector stores against OpenAI's OpenAPI documents.

OpenAI's own client asks, our engine answers, and every body on the way is checked.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest

from tests.engine.engines import Engine, keeping_engine
from tests.support import openai_spec

pytestmark = [
    pytest.mark.parametrize("document", openai_spec.available()),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

_ID = "[^/]+"
_STORE = f"/vector_stores/{_ID}"
SCHEMAS: dict[tuple[str, str], tuple[str | None, str | None]] = {
    ("POST", "/assistants"): ("CreateAssistantRequest", "AssistantObject"),
    ("GET", "/assistants"): (None, "ListAssistantsResponse"),
    ("GET", f"/assistants/{_ID}"): (None, "AssistantObject"),
    ("POST", f"/assistants/{_ID}"): ("ModifyAssistantRequest", "AssistantObject"),
    ("DELETE", f"/assistants/{_ID}"): (None, "DeleteAssistantResponse"),
    ("POST", "/threads"): ("CreateThreadRequest", "ThreadObject"),
    ("GET", f"/threads/{_ID}"): (None, "ThreadObject"),
    ("POST", f"/threads/{_ID}"): ("ModifyThreadRequest", "ThreadObject"),
    ("DELETE", f"/threads/{_ID}"): (None, "DeleteThreadResponse"),
    ("POST", f"/threads/{_ID}/messages"): ("CreateMessageRequest", "MessageObject"),
    ("GET", f"/threads/{_ID}/messages"): (None, "ListMessagesResponse"),
    ("GET", f"/threads/{_ID}/messages/{_ID}"): (None, "MessageObject"),
    ("POST", f"/threads/{_ID}/messages/{_ID}"): ("ModifyMessageRequest", "MessageObject"),
    ("DELETE", f"/threads/{_ID}/messages/{_ID}"): (None, "DeleteMessageResponse"),
    ("POST", "/files"): (None, "OpenAIFile"),  # a form: its fields are looked at below
    ("GET", "/files"): (None, "ListFilesResponse"),
    ("GET", f"/files/{_ID}"): (None, "OpenAIFile"),
    ("GET", f"/files/{_ID}/content"): (None, None),
    ("DELETE", f"/files/{_ID}"): (None, "DeleteFileResponse"),
    ("POST", "/vector_stores"): ("CreateVectorStoreRequest", "VectorStoreObject"),
    ("GET", "/vector_stores"): (None, "ListVectorStoresResponse"),
    ("GET", _STORE): (None, "VectorStoreObject"),
    ("POST", _STORE): ("UpdateVectorStoreRequest", "VectorStoreObject"),
    ("DELETE", _STORE): (None, "DeleteVectorStoreResponse"),
    ("POST", f"{_STORE}/search"): ("VectorStoreSearchRequest", "VectorStoreSearchResultsPage"),
    ("POST", f"{_STORE}/files"): ("CreateVectorStoreFileRequest", "VectorStoreFileObject"),
    ("GET", f"{_STORE}/files"): (None, "ListVectorStoreFilesResponse"),
    ("GET", f"{_STORE}/files/{_ID}"): (None, "VectorStoreFileObject"),
    ("POST", f"{_STORE}/files/{_ID}"): (
        "UpdateVectorStoreFileAttributesRequest",
        "VectorStoreFileObject",
    ),
    ("DELETE", f"{_STORE}/files/{_ID}"): (None, "DeleteVectorStoreFileResponse"),
    ("GET", f"{_STORE}/files/{_ID}/content"): (None, "VectorStoreFileContentResponse"),
    ("POST", f"{_STORE}/file_batches"): (
        "CreateVectorStoreFileBatchRequest",
        "VectorStoreFileBatchObject",
    ),
    ("GET", f"{_STORE}/file_batches/{_ID}"): (None, "VectorStoreFileBatchObject"),
    ("POST", f"{_STORE}/file_batches/{_ID}/cancel"): (None, "VectorStoreFileBatchObject"),
    ("GET", f"{_STORE}/file_batches/{_ID}/files"): (None, "ListVectorStoreFilesResponse"),
}

FUNCTION: Any = {
    "type": "function",
    "function": {
        "name": "display_quiz",
        "description": "Shows a quiz.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}},
        "strict": False,
    },
}


@dataclass
class Checker:
    """Checks each exchange with the engine, and remembers which kinds there were."""

    document: str
    seen: set[tuple[str, str]] = field(default_factory=set)
    errors: int = 0

    async def check(self, response: httpx2.Response) -> None:
        """Fail where the request or the response is not as documented."""
        request = response.request
        method, path = request.method, request.url.path.removeprefix("/v1")
        key = next(
            (key for key in SCHEMAS if key[0] == method and re.fullmatch(key[1], path)), None
        )
        assert key is not None, f"{method} {path} is not documented"
        await response.aread()
        if response.is_error:
            self.errors += 1
            openai_spec.check(self.document, "ErrorResponse", response.json())
            return
        self.seen.add(key)
        wanted, given = SCHEMAS[key]
        if wanted is not None:
            sent = json.loads(await request.aread())
            openai_spec.check(self.document, wanted, sent)
            assert not openai_spec.unknown_fields(self.document, wanted, sent)
        if given is not None:
            openai_spec.check(self.document, given, response.json())
            # What is ours besides would be here; the page of a text is inside of a list.
            assert not openai_spec.unknown_fields(self.document, given, response.json())


@asynccontextmanager
async def checked(document: str) -> AsyncIterator[tuple[Engine, Checker]]:
    """An engine, all exchanges with which are checked."""
    checker = Checker(document)
    async with keeping_engine() as served:
        served.client.event_hooks["response"].append(checker.check)
        yield served, checker


async def use_assistants(sdk: openai.AsyncOpenAI) -> None:
    """Every call that the client has for assistants."""
    assistants = sdk.beta.assistants
    await assistants.list()
    bare = await assistants.create(model="gpt-4o")
    full = await assistants.create(
        model="gpt-4-1106-preview",
        name="Math Tutor",
        description="Explains.",
        instructions="You are a personal math tutor.",
        tools=[
            {"type": "code_interpreter"},
            {
                "type": "file_search",
                "file_search": {
                    "max_num_results": 5,
                    "ranking_options": {"score_threshold": 0.1, "ranker": "auto"},
                },
            },
            FUNCTION,
        ],
        tool_resources={"file_search": {"vector_stores": [{"metadata": {"a": "b"}}]}},
        metadata={"course": "maths"},
        temperature=0.2,
        top_p=0.9,
        response_format={"type": "json_object"},
    )
    await assistants.update(full.id, response_format="auto", name=None, tools=[FUNCTION])
    await assistants.retrieve(full.id)
    await assistants.list(limit=1, order="asc", after=bare.id)
    await assistants.delete(full.id)
    with pytest.raises(openai.NotFoundError):
        await assistants.retrieve(full.id)


async def use_threads(sdk: openai.AsyncOpenAI) -> None:
    """Every call that the client has for threads and messages."""
    threads = sdk.beta.threads
    file = await sdk.files.create(file=("cells.md", b"# Cells"), purpose="assistants")
    await threads.create()
    thread = await threads.create(
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is a cell?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    {"type": "image_file", "image_file": {"file_id": file.id, "detail": "low"}},
                ],
                "attachments": [
                    {
                        "file_id": file.id,
                        "tools": [{"type": "file_search"}, {"type": "code_interpreter"}],
                    }
                ],
            },
            {"role": "assistant", "content": "A small room."},
        ],
        metadata={"course": "biology"},
    )
    await threads.update(thread.id, metadata={"week": "2"})
    await threads.retrieve(thread.id)
    message = await threads.messages.create(thread.id, role="user", content="And a nucleus?")
    await threads.messages.list(thread.id, limit=2, run_id="run_1")
    await threads.messages.list(thread.id, order="asc")
    await threads.messages.update(message.id, thread_id=thread.id, metadata={"a": "b"})
    await threads.messages.retrieve(message.id, thread_id=thread.id)
    await threads.messages.delete(message.id, thread_id=thread.id)
    with pytest.raises(openai.BadRequestError):
        await threads.messages.create(thread.id, role="user", content="")
    await threads.delete(thread.id)


async def use_files(sdk: openai.AsyncOpenAI) -> None:
    """Every call that the client has for files."""
    await sdk.files.list()
    file = await sdk.files.create(file=("cells.md", b"# Cells"), purpose="assistants")
    await sdk.files.list(purpose="assistants", limit=5, order="asc")
    await sdk.files.retrieve(file.id)
    await sdk.files.content(file.id)
    await sdk.files.delete(file.id)
    with pytest.raises(openai.NotFoundError):
        await sdk.files.delete(file.id)


async def use_vector_stores(sdk: openai.AsyncOpenAI) -> None:
    """Every call that the client has for vector stores."""
    stores = sdk.vector_stores
    good = await sdk.files.create(file=("cells.md", b"# Cells\nSmall."), purpose="assistants")
    bad = await sdk.files.create(file=("cells.bin", b"\x00\xff" * 99), purpose="assistants")
    await stores.list()
    store = await stores.create(
        name="Biology",
        file_ids=[good.id],
        expires_after={"anchor": "last_active_at", "days": 7},
        metadata={"a": "b"},
        chunking_strategy={
            "type": "static",
            "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100},
        },
    )
    await stores.files.poll(good.id, vector_store_id=store.id)
    await stores.update(store.id, name="Cells")
    await stores.files.create_and_poll(
        bad.id, vector_store_id=store.id, chunking_strategy={"type": "auto"}
    )
    await stores.files.update(
        good.id, vector_store_id=store.id, attributes={"week": 1, "core": True, "by": "me"}
    )
    await stores.files.list(store.id, filter="completed", order="asc", limit=1)
    await stores.files.list(store.id, filter="failed")
    await stores.files.content(good.id, vector_store_id=store.id)
    await stores.search(store.id, query="cells")
    await stores.search(
        store.id,
        query=["cells", "small"],
        max_num_results=3,
        rewrite_query=True,
        filters={
            "type": "and",
            "filters": [
                {"type": "gte", "key": "week", "value": 1},
                {"type": "eq", "key": "core", "value": True},
            ],
        },
        ranking_options={"ranker": "auto", "score_threshold": 0.1},
    )
    batch = await stores.file_batches.create_and_poll(store.id, file_ids=[good.id])
    await stores.file_batches.list_files(batch.id, vector_store_id=store.id)
    await stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    await stores.files.delete(good.id, vector_store_id=store.id)
    await stores.retrieve(store.id)
    await stores.list(limit=1)
    await stores.delete(store.id)
    with pytest.raises(openai.NotFoundError):
        await stores.retrieve(store.id)


async def test_every_request_and_response_is_as_openai_documents_it(document: str) -> None:
    async with checked(document) as (served, checker):
        for use in (use_assistants, use_threads, use_files, use_vector_stores):
            await use(served.sdk)
        assert checker.seen == SCHEMAS.keys()
        assert checker.errors == 4


async def test_a_file_on_its_way_is_told_as_openai_documents_it(document: str) -> None:
    gate = asyncio.Event()
    async with checked(document) as (served, _):
        add = served.context.search.add

        async def waiting(*args: Any, **settings: Any) -> Any:
            await gate.wait()
            return await add(*args, **settings)

        served.context.search.add = waiting  # type: ignore[method-assign]
        sdk = served.sdk
        file = await sdk.files.create(file=("cells.md", b"# Cells"), purpose="assistants")
        store = await sdk.vector_stores.create(file_ids=[file.id])
        assert store.status == "in_progress"
        batch = await sdk.vector_stores.file_batches.create(store.id, file_ids=[file.id])
        assert batch.status == "in_progress"
        await sdk.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
        told = await sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        assert told.status == "cancelled"
        listed = await sdk.vector_stores.files.list(store.id, filter="cancelled")
        assert [found.id for found in listed.data] == [file.id]
        gate.set()


async def test_the_check_sees_what_is_wrong(document: str) -> None:
    async with checked(document) as (served, _):
        assistant = (await served.client.post("/v1/assistants", json={"model": "m"})).json()
        for bad in (
            {**assistant, "tools": None},
            {**assistant, "created_at": "today"},
            {name: value for name, value in assistant.items() if name != "instructions"},
        ):
            with pytest.raises(AssertionError):
                openai_spec.check(document, "AssistantObject", bad)
        with pytest.raises(AssertionError, match="not documented"):
            await served.client.get("/v1/threads")  # the list, which is ours
