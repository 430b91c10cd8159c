"""Runs whose changes can't be stored for a while, or come while the engine ends."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from studybuddy.engine.errors import ApiError
from studybuddy.engine.objects import Run
from studybuddy.engine.runs.manager import Created
from tests.engine.runs.scripted import ScriptedAsker, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_a_run_is_cancelled_though_its_end_can_not_be_stored_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asker = ScriptedAsker([asyncio.Event()])
    async with host(asker) as served:
        run = await served.start()
        await asyncio.wait_for(asker.arrived.wait(), 20)
        store, writes, refused = served.context.store, 0, 0
        write = store.write

        async def failing(work: Any) -> Any:
            nonlocal writes, refused
            writes += 1
            if writes > 1 and refused < 2:
                refused += 1
                raise sqlite3.OperationalError("database or disk is full")
            return await write(work)

        monkeypatch.setattr(store, "write", failing)
        cancelling = await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        assert cancelling.status == "cancelling"
        assert (await served.ended(run.thread_id, run.id)).status == "cancelled"
        assert refused == 2


async def test_a_run_that_is_made_while_the_engine_ends_is_stored_and_left_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        place = {"thread_id": await served.thread(), "assistant_id": await served.assistant()}
        store, gate, arrived = served.context.store, asyncio.Event(), asyncio.Event()
        write = store.write

        async def slow(work: Any) -> Any:
            arrived.set()
            await gate.wait()
            return await write(work)

        def create(objects: Any) -> Created:
            run = Run(model="m", **place)
            objects.insert(run)
            return Created(run)

        monkeypatch.setattr(store, "write", slow)
        creating = asyncio.create_task(served.runs.create(create))
        await arrived.wait()
        closing = asyncio.create_task(served.runs.close())
        await asyncio.sleep(0)
        with pytest.raises(ApiError) as refused:
            await served.runs.create(create)
        assert refused.value.status == 503
        gate.set()
        run, _ = await creating
        await closing
        assert not served.runs.busy()
        assert await store.read(lambda objects: objects.get(Run, run.id)) is not None
    assert asker.asks == []
