"""An engine that is killed: what it told to be there is there at its next start."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import openai
import psutil
import pytest

from studybuddy.engine.private_files import read_engine_file
from tests.engine.built_in import is_gone, until
from tests.engine.engines import ENOUGH, unused_port

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXT = b"The mitochondrion is the powerhouse of the cell.\n" * 400


@asynccontextmanager
async def engine_process(
    home: Path,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, openai.AsyncOpenAI]]:
    """An engine as a process of its own, which is killed at the end, and a client of it."""
    ready = home / "ready.json"
    ready.unlink(missing_ok=True)
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "studybuddy", "serve", "--port=0"),
        f"--upstream=http://127.0.0.1:{unused_port()}/v1",
        f"--data-dir={home / 'data'}",
        f"--ready-file={ready}",
        stdin=null,
        stdout=null,
        stderr=null,
    )
    try:
        await until(lambda: read_engine_file(ready) is not None)
        file = read_engine_file(ready)
        assert file is not None
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=ENOUGH) as client:
            yield (
                process,
                openai.AsyncOpenAI(
                    base_url=file.base_url, api_key=file.token, http_client=client, max_retries=0
                ),
            )
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def repeat(work: Callable[[int], Awaitable[Any]], done: list[Any]) -> None:
    """Do it again and again, until the engine is no more; keep what it told."""
    with suppress(openai.APIConnectionError):
        while True:
            done.append(await work(len(done)))


async def test_nothing_that_was_told_is_lost_and_nothing_is_half_written(tmp_path: Path) -> None:
    async with engine_process(tmp_path) as (process, sdk):
        thread = await sdk.beta.threads.create()
        made: dict[str, list[Any]] = {name: [] for name in ("assistants", "messages", "files")}

        def assistant(number: int) -> Awaitable[Any]:
            return sdk.beta.assistants.create(model="m", name=str(number))

        def message(number: int) -> Awaitable[Any]:
            return sdk.beta.threads.messages.create(thread.id, role="user", content=str(number))

        def file(number: int) -> Awaitable[Any]:
            return sdk.files.create(file=(f"{number}.txt", TEXT), purpose="assistants")

        writing = [
            asyncio.create_task(repeat(work, made[name]))
            for name, work in (("assistants", assistant), ("messages", message), ("files", file))
        ]
        await until(lambda: all(len(done) >= 10 for done in made.values()))
        process.kill()
        await asyncio.gather(*writing)

    async with engine_process(tmp_path) as (_, sdk):
        kept_assistants = {a.id: a async for a in sdk.beta.assistants.list(limit=100)}
        kept_messages = {
            m.id: m async for m in sdk.beta.threads.messages.list(thread.id, limit=100)
        }
        kept_files = {f.id: f async for f in sdk.files.list()}
        for kept, told in (
            (kept_assistants, made["assistants"]),
            (kept_messages, made["messages"]),
            (kept_files, made["files"]),
        ):
            assert {thing.id: thing for thing in told}.items() <= kept.items()
            assert len(kept) <= len(told) + 1  # the one that it had no time to tell
        for file_id in kept_files:
            assert (await sdk.files.content(file_id)).content == TEXT
        assert {path.name for path in (tmp_path / "data" / "files").iterdir()} == set(kept_files)


async def test_files_on_their_way_into_a_vector_store_arrive_after_the_next_start(
    tmp_path: Path,
) -> None:
    async with engine_process(tmp_path) as (process, sdk):
        store = await sdk.vector_stores.create()
        files = [
            await sdk.files.create(file=(f"{n}.md", f"Cell {n}".encode()), purpose="assistants")
            for n in range(8)
        ]
        batch = await sdk.vector_stores.file_batches.create(
            store.id, file_ids=[file.id for file in files]
        )
        process.kill()
        await process.wait()

    async with engine_process(tmp_path) as (_, sdk):
        ended = await sdk.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id)
        assert (ended.status, ended.file_counts.completed) == ("completed", 8)
        found = await sdk.vector_stores.retrieve(store.id)
        assert (found.status, found.file_counts.completed) == ("completed", 8)
        page = await sdk.vector_stores.search(store.id, query="cell", max_num_results=50)
        assert {passage.file_id for passage in page.data} == {file.id for file in files}


async def test_no_process_goes_on_reading_for_a_killed_engine(tmp_path: Path) -> None:
    async with engine_process(tmp_path) as (process, sdk):
        store = await sdk.vector_stores.create()
        file = await sdk.files.create(file=("long.md", TEXT * 100), purpose="assistants")
        await sdk.vector_stores.files.create(store.id, file_id=file.id)
        await until(lambda: bool(readers_of(process.pid)))
        readers = readers_of(process.pid)
        process.kill()
        await process.wait()
        await until(lambda: all(map(is_gone, readers)))

    async with engine_process(tmp_path) as (_, sdk):
        ended = await sdk.vector_stores.files.poll(file.id, vector_store_id=store.id)
        assert ended.status == "completed"


def readers_of(pid: int) -> list[psutil.Process]:
    """The processes that read files for an engine."""
    return [
        child
        for child in psutil.Process(pid).children()
        if "studybuddy.engine.search.child" in child.cmdline()
    ]


async def test_a_killed_engine_leaves_its_folder_to_the_next_one(tmp_path: Path) -> None:
    for _ in range(3):
        async with engine_process(tmp_path) as (_, sdk):
            await sdk.beta.threads.create()
