"""Polling a run: at once, or as soon as it has changed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from studybuddy.engine.runs.broadcast import Broadcast
from tests.engine.runs.scripted import Host, ScriptedAsker, calls, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LONG = "wait=20"


async def poll(served: Host, run: Any, **headers: str) -> httpx2.Response:
    return await served.client.get(
        f"/v1/threads/{run.thread_id}/runs/{run.id}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


async def begun(served: Host, asker: ScriptedAsker) -> Any:
    """A run whose model was asked."""
    run = await served.start()
    await asyncio.wait_for(asker.arrived.wait(), 20)
    return run


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set as soon as a poll waits for a change."""
    waits = asyncio.Event()
    changed = Broadcast.changed

    async def telling(broadcast: Broadcast, since: int, seconds: float) -> None:
        waits.set()
        await changed(broadcast, since, seconds)

    monkeypatch.setattr(Broadcast, "changed", telling)
    return waits


async def test_without_the_header_the_answer_comes_at_once() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        run = await begun(served, asker)
        response = await poll(served, run)
        assert response.json()["status"] == "in_progress"
        assert "preference-applied" not in response.headers
        assert int(response.headers["openai-poll-after-ms"]) >= 250
        assert (await poll(served, run)).headers["etag"] == response.headers["etag"]


async def test_waiting_ends_with_the_run(held: asyncio.Event) -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        run = await begun(served, asker)
        etag = (await poll(served, run)).headers["etag"]
        waiting = asyncio.create_task(poll(served, run, Prefer=LONG, If_None_Match=etag))
        await asyncio.wait_for(held.wait(), 20)
        assert not waiting.done()
        gate.set()
        response = await waiting
        assert response.headers["preference-applied"] == LONG
        assert response.headers["etag"] != etag
        assert (await served.ended(run.thread_id, run.id)).status == "completed"


async def test_a_change_since_the_last_answer_is_not_waited_for() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        run = await begun(served, asker)
        etag = (await poll(served, run)).headers["etag"]
        gate.set()
        await served.ended(run.thread_id, run.id)
        response = await poll(served, run, Prefer=LONG, If_None_Match=etag)
        assert response.json()["status"] == "completed"


async def test_a_run_that_is_over_is_not_waited_for() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.run()
        etag = (await poll(served, run)).headers["etag"]
        response = await poll(served, run, Prefer=LONG, If_None_Match=etag)
        assert (response.status_code, response.json()["status"]) == (200, "completed")


async def test_a_new_step_ends_the_waiting(held: asyncio.Event) -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *calls(("code_interpreter", '{"code": "1"}'))], [asyncio.Event()])
    async with host(asker) as served:
        run = await served.start(tools=[{"type": "code_interpreter"}])
        await asyncio.wait_for(asker.arrived.wait(), 20)
        etag = (await poll(served, run)).headers["etag"]
        waiting = asyncio.create_task(poll(served, run, Prefer=LONG, If_None_Match=etag))
        await asyncio.wait_for(held.wait(), 20)
        gate.set()
        assert (await waiting).json()["status"] == "in_progress"
        assert await served.steps(run)


async def test_waiting_ends_by_itself_with_the_same_tag() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        run = await begun(served, asker)
        etag = (await poll(served, run)).headers["etag"]
        response = await poll(served, run, Prefer="respond-async, wait=1", If_None_Match=etag)
        assert response.headers["etag"] == etag
        assert response.headers["preference-applied"] == "wait=1"


async def test_no_one_waits_longer_than_half_a_minute() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.run()
        response = await poll(served, run, Prefer="wait=9999")
        assert response.headers["preference-applied"] == "wait=30"


async def test_the_sdk_polls_to_the_end_by_itself() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.api.beta.threads.runs.create_and_poll(
            thread_id=await served.thread(), assistant_id=await served.assistant()
        )
        assert run.status == "completed"


async def test_metadata_may_change_at_any_time() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        run = await begun(served, asker)
        await served.api.beta.threads.runs.update(
            run.id, thread_id=run.thread_id, metadata={"colour": "blue"}
        )
        gate.set()
        run = await served.ended(run.thread_id, run.id)
        assert (run.status, run.metadata) == ("completed", {"colour": "blue"})
