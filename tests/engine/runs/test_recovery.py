"""Runs that an engine left unfinished, and the next one finds."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from studybuddy.engine.objects import Run
from studybuddy.engine.store.folder import DataFolder
from studybuddy.engine.store.store import Store
from tests.engine.runs.scripted import (
    FakeInterpreters,
    Host,
    ScriptedAsker,
    calls,
    host,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WEATHER: Any = [{"type": "function", "function": {"name": "get_weather"}}]
CODE: Any = [{"type": "code_interpreter"}]


async def change(tmp_path: Path, run_id: str, **fields: Any) -> None:
    """Change a stored run as no engine would."""
    store = Store(DataFolder(tmp_path).database)
    await store.open()
    try:

        def work(objects: Any) -> None:
            (run,) = [run for run in objects.all(Run) if run.id == run_id]
            objects.update(structs.replace(run, **fields))

        await store.write(work)
    finally:
        await store.close()


async def test_a_run_in_the_middle_of_its_answer_answers_again(tmp_path: Path) -> None:
    asker = ScriptedAsker(["Half ", "an", asyncio.Event()])
    async with host(asker, data_dir=tmp_path) as served:
        run = await served.start()
        await until(lambda: served.has_begun(run))
    async with host(ScriptedAsker(says("A whole answer.")), data_dir=tmp_path) as served:
        run = await served.ended(run.thread_id, run.id)
        assert run.status == "completed"
        assert (await served.texts(run.thread_id))[1:] == ["A whole answer."]
        assert [step.status for step in await served.steps(run)] == ["completed"]


async def test_a_run_whose_tool_was_at_work_calls_it_again(tmp_path: Path) -> None:
    ask = calls(("code_interpreter", '{"code": "2"}'))
    first = ScriptedAsker(calls(("code_interpreter", '{"code": "1"}')), ask)
    gate = asyncio.Event()

    class Second(FakeInterpreters):
        async def run(self, thread_id: str, code: str) -> Any:
            if code == "2":
                gate.set()
                await asyncio.Event().wait()
            return await super().run(thread_id, code)

    async with host(first, data_dir=tmp_path, interpreters=Second()) as served:
        run = await served.start(tools=CODE)
        await asyncio.wait_for(gate.wait(), 20)
    again, interpreters = ScriptedAsker(ask, says("Done.")), FakeInterpreters()
    async with host(again, data_dir=tmp_path, interpreters=interpreters) as served:
        run = await served.ended(run.thread_id, run.id)
        assert run.status == "completed"
        steps = await served.steps(run)
        assert [step.status for step in steps] == ["completed", "failed", "completed", "completed"]
        outputs = [m["content"] for m in again.asks[0].messages if m["role"] == "tool"]
        assert outputs == ["ran 1"]  # what was completed is not done again
        assert interpreters.restored == [["1"]]
        assert run.usage.total_tokens == sum(s.usage.total_tokens for s in steps) == 60


async def test_text_before_a_call_that_was_at_work_is_given_up_with_it(tmp_path: Path) -> None:
    code = ("code_interpreter", '{"code": "1"}')
    first = ScriptedAsker(calls(code, text="Let me calculate that."))
    hanging = FakeInterpreters(delay=asyncio.Event())
    async with host(first, data_dir=tmp_path, interpreters=hanging) as served:
        run = await served.start(tools=CODE)

        async def calls_a_tool() -> bool:
            return [s.type for s in await served.steps(run)] == ["message_creation", "tool_calls"]

        await until(calls_a_tool)
    again = ScriptedAsker(calls(code, text="Let me see."), says("It is 1."))
    async with host(again, data_dir=tmp_path) as served:
        run = await served.ended(run.thread_id, run.id)
        assert run.status == "completed"
        assert [m["role"] for m in again.asks[0].messages] == ["user"]
        assert [m["role"] for m in again.asks[1].messages] == ["user", "assistant", "tool"]
        texts = await served.texts(run.thread_id)
        assert texts == ["What is a cell?", "Let me see.", "It is 1."]
        steps = await served.steps(run)
        assert [(step.type, step.status) for step in steps] == [
            ("tool_calls", "failed"),
            ("message_creation", "completed"),
            ("tool_calls", "completed"),
            ("message_creation", "completed"),
        ]
        assert run.usage.total_tokens == sum(s.usage.total_tokens for s in steps) == 45


async def test_a_run_that_was_only_queued_begins(tmp_path: Path) -> None:
    async with host(ScriptedAsker([asyncio.Event()]), data_dir=tmp_path) as served:
        run = await served.start()
    await change(tmp_path, run.id, status="queued", started_at=None)
    async with host(ScriptedAsker(says("Yes.")), data_dir=tmp_path) as served:
        assert (await served.ended(run.thread_id, run.id)).status == "completed"


async def test_a_run_that_waits_goes_on_waiting(tmp_path: Path) -> None:
    script = ScriptedAsker(calls(("get_weather", "{}")))
    async with host(script, data_dir=tmp_path) as served:
        run = await served.run(tools=WEATHER)
    asker = ScriptedAsker(says("Sunny."))
    async with host(asker, data_dir=tmp_path) as served:
        run = await served.ended(run.thread_id, run.id)
        assert run.status == "requires_action"
        await served.api.beta.threads.runs.submit_tool_outputs(
            run.id,
            thread_id=run.thread_id,
            tool_outputs=[{"tool_call_id": "call_0", "output": "sun"}],
        )
        assert (await served.ended(run.thread_id, run.id)).status == "completed"
        assert asker.asks[0].messages[-1]["content"] == "sun"


async def test_a_run_that_waited_too_long_meanwhile_is_expired(tmp_path: Path) -> None:
    script = ScriptedAsker(calls(("get_weather", "{}")))
    async with host(script, data_dir=tmp_path) as served:
        run = await served.run(tools=WEATHER)
    await change(tmp_path, run.id, expires_at=int(time.time()) - 5)
    async with host(script, data_dir=tmp_path) as served:
        run = await served.api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert (run.status, run.required_action) == ("expired", None)
        assert [step.status for step in await served.steps(run)] == ["expired"]


async def test_a_run_that_was_being_cancelled_is_cancelled(tmp_path: Path) -> None:
    async with host(ScriptedAsker(["Half an", asyncio.Event()]), data_dir=tmp_path) as served:
        run = await served.start()
        await until(lambda: served.has_begun(run))
    await change(tmp_path, run.id, status="cancelling")
    async with host(ScriptedAsker(says("Yes.")), data_dir=tmp_path) as served:
        run = await served.api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert run.status == "cancelled"
        answer = (await served.messages(run.thread_id))[-1]
        assert answer.incomplete_details.reason == "run_cancelled"


async def started_elsewhere(served: Host) -> str:
    """The place of a run that an upstream with a name is to answer."""
    thread_id = await served.thread()
    response = await served.client.post(
        f"/v1/threads/{thread_id}/runs",
        json={"assistant_id": await served.assistant(), "tools": WEATHER},
        headers={"StudyBuddy-Upstream": "elsewhere"},
    )
    assert response.status_code == 200, response.text
    return f"/v1/threads/{thread_id}/runs/{response.json()['id']}"


async def registered(served: Host) -> None:
    await served.context.upstreams.register("elsewhere", "http://127.0.0.1:9/v1")


async def test_a_run_of_an_upstream_that_is_no_longer_known_fails_with_a_reason(
    tmp_path: Path,
) -> None:
    elsewhere = ScriptedAsker(["Half an", asyncio.Event()])
    async with host(None, named={"elsewhere": elsewhere}, data_dir=tmp_path) as served:
        await registered(served)
        place = await started_elsewhere(served)
        await asyncio.wait_for(elsewhere.arrived.wait(), 20)
    async with host(ScriptedAsker(says("Yes.")), data_dir=tmp_path) as served:
        run = (await served.client.get(place)).json()
        assert (run["status"], run["last_error"]["code"]) == ("failed", "server_error")
        assert "broken off by a restart" in run["last_error"]["message"]


async def test_outputs_for_an_upstream_that_is_no_longer_known_are_kept_off(
    tmp_path: Path,
) -> None:
    elsewhere = ScriptedAsker(calls(("get_weather", "{}")), says("Sunny."))
    named = {"elsewhere": elsewhere}
    async with host(None, named=named, data_dir=tmp_path) as served:
        await registered(served)
        place = await started_elsewhere(served)
        thread_id, _, run_id = place.removeprefix("/v1/threads/").split("/")
        await served.ended(thread_id, run_id)
    body = {"tool_outputs": [{"tool_call_id": "call_0", "output": "sun"}]}
    async with host(ScriptedAsker(says("Yes.")), data_dir=tmp_path) as served:
        refused = await served.client.post(f"{place}/submit_tool_outputs", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unknown_upstream")
        assert (await served.client.get(place)).json()["status"] == "requires_action"
    async with host(None, named=named, data_dir=tmp_path) as served:
        await registered(served)
        taken = await served.client.post(f"{place}/submit_tool_outputs", json=body)
        assert taken.status_code == 200
        assert (await served.ended(thread_id, run_id)).status == "completed"


async def test_many_unfinished_runs_are_taken_up_at_once(tmp_path: Path) -> None:
    async with host(ScriptedAsker([asyncio.Event()]), data_dir=tmp_path) as served:
        assistant = await served.assistant()
        runs = [await served.start(assistant=assistant) for _ in range(30)]
    async with host(ScriptedAsker(says("Yes.")), data_dir=tmp_path) as served:
        ended = [await served.ended(run.thread_id, run.id) for run in runs]
        assert {run.status for run in ended} == {"completed"}
