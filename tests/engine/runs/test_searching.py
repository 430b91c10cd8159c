"""Runs whose model searches files."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from studybuddy.engine.objects import VectorStore, now
from studybuddy.engine.runs import loop
from studybuddy.engine.search.citations import Cited
from studybuddy.engine.store.objects import Objects
from tests.engine.runs.scripted import (
    QUICK,
    FakeIndex,
    Host,
    ScriptedAsker,
    calls,
    host,
    passage,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SEARCH: Any = [{"type": "file_search"}]
DAY = 24 * 60 * 60
FIND = ("file_search", '{"query": "cells"}')


async def filled_store(served: Host) -> str:
    """The id of a vector store with a file that was indexed."""
    file = await served.api.files.create(
        file=("cells.md", b"Cells are small."), purpose="assistants"
    )
    store = await served.api.vector_stores.create(file_ids=[file.id])

    async def is_indexed() -> bool:
        return (await served.api.vector_stores.retrieve(store.id)).file_counts.completed == 1

    await until(is_indexed)
    return store.id


async def test_a_search_is_ranked_in_its_step_and_cited_in_the_answer() -> None:
    found = passage("Mitochondria are the powerhouse of the cell.")
    asker = ScriptedAsker(calls(FIND), says("Mitochondria power the cell 【1】."))
    index = FakeIndex([found])
    async with host(asker, index=index) as served:
        store = await filled_store(served)
        resources = {"file_search": {"vector_store_ids": [store]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        run = await served.run(assistant=assistant)
        assert run.status == "completed", run.last_error
        assert index.asked == [((store,), "cells", 8)]
        assert found.text in asker.asks[1].messages[-1]["content"]
        for content in (False, True):
            step, _ = await served.steps(run, content=content)
            search = step.step_details.tool_calls[0].file_search
            assert search.ranking_options.score_threshold == 0
            (result,) = search.results
            assert (result.file_name, result.score) == ("cells.pdf", 0.9)
            assert [c.text for c in result.content or ()] == ([found.text] if content else [])
        (text,) = (await served.messages(run.thread_id))[-1].content
        (annotation,) = text.text.annotations
        assert annotation.type == "file_citation"
        assert annotation.file_citation.file_id == found.file_id
        assert text.text.value[annotation.start_index : annotation.end_index] == annotation.text


async def test_numbers_of_passages_go_on_in_the_next_search() -> None:
    asker = ScriptedAsker(calls(FIND), calls(FIND), says("It is so 【2】."))
    index = FakeIndex([passage("Cells are small.", "file-a")])
    async with host(asker, index=index) as served:
        resources = {"file_search": {"vector_store_ids": [await filled_store(served)]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        run = await served.run(assistant=assistant)
        outputs = [m["content"] for m in asker.asks[2].messages if m["role"] == "tool"]
        assert "【1】" in outputs[0]
        assert "【2】" in outputs[1]
        assert "【1】" not in outputs[1]
        (text,) = (await served.messages(run.thread_id))[-1].content
        assert len(text.text.annotations) == 1


@pytest.mark.parametrize("found", [[], [passage("Cells are small.")]])
async def test_a_mark_that_points_nowhere_does_not_stay_in_the_answer(found: list[Any]) -> None:
    asker = ScriptedAsker(calls(FIND), says("The notes do not say 【7】."))
    async with host(asker, index=FakeIndex(found)) as served:
        resources = {"file_search": {"vector_store_ids": [await filled_store(served)]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        run = await served.run(assistant=assistant)
        assert (await served.texts(run.thread_id))[-1] == "The notes do not say."


async def test_the_loop_is_free_while_an_answer_is_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    ran_in: list[str] = []

    def citing(text: str, passages: Any) -> Cited:
        ran_in.append(threading.current_thread().name)
        return Cited(text, [])

    monkeypatch.setattr(loop, "cite", citing)
    asker = ScriptedAsker(calls(FIND), says("Cells are small."))
    async with host(asker, index=FakeIndex([passage("Cells are small.")])) as served:
        resources = {"file_search": {"vector_store_ids": [await filled_store(served)]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        assert (await served.run(assistant=assistant)).status == "completed"
    assert len(ran_in) == 1
    assert ran_in[0] != threading.main_thread().name


async def test_a_file_search_is_not_offered_where_nothing_can_be_searched() -> None:
    asker = ScriptedAsker(says("I have no files."))
    async with host(asker) as served:
        await served.run(tools=SEARCH, tool_choice={"type": "file_search"})
        assert asker.asks[0].tools == ()


async def test_a_run_waits_for_a_file_that_is_being_indexed() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker, index=FakeIndex([passage("Cells.")])) as served:
        file = await served.api.files.create(
            file=("cells.md", b"Cells are small."), purpose="assistants"
        )
        message: Any = {
            "role": "user",
            "content": "So?",
            "attachments": [{"file_id": file.id, "tools": SEARCH}],
        }
        await served.run(additional_messages=[message], tools=SEARCH)
        assert [t["function"]["name"] for t in asker.asks[0].tools] == ["file_search"]


async def with_activity(served: Host, store_id: str, seconds_ago: int) -> None:
    """A vector store that was last used then, and expires a day after its last use."""

    def work(objects: Objects) -> None:
        store = objects.get(VectorStore, store_id)
        assert store is not None
        store.expires_after = {"anchor": "last_active_at", "days": 1}
        store.last_active_at = now() - seconds_ago
        store.expires_at = store.last_active_at + DAY
        objects.update(store)

    await served.context.store.write(work)


async def test_a_run_puts_off_the_expiry_of_what_it_searches() -> None:
    asker = ScriptedAsker(calls(FIND), says("Yes."))
    async with host(asker, index=FakeIndex()) as served:
        store = await filled_store(served)
        resources = {"file_search": {"vector_store_ids": [store]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        await with_activity(served, store, DAY // 2)
        await served.run(assistant=assistant)
        found = await served.api.vector_stores.retrieve(store)
        assert found.last_active_at >= now() - 60
        assert found.expires_at == found.last_active_at + DAY


async def test_an_expired_store_is_not_searched_and_the_model_is_told() -> None:
    asker = ScriptedAsker(says("They are gone."))
    async with host(asker, index=FakeIndex([passage("Cells.")])) as served:
        store = await filled_store(served)
        resources = {"file_search": {"vector_store_ids": [store]}}
        assistant = await served.assistant(
            tools=SEARCH, tool_resources=resources, instructions="Be kind."
        )
        await with_activity(served, store, 2 * DAY)
        await served.run(assistant=assistant)
        assert asker.asks[0].tools == ()
        assert asker.asks[0].messages[0]["role"] == "system"
        assert asker.asks[0].messages[0]["content"].startswith("Be kind.")
        assert "expired" in asker.asks[0].messages[0]["content"]
        assert (await served.api.vector_stores.retrieve(store)).status == "expired"


async def test_a_run_does_not_wait_for_ever_for_files_that_are_being_indexed() -> None:
    asker = ScriptedAsker(says("Yes."))
    limits = replace(QUICK, indexing=0.05)
    never = asyncio.Event()

    async def settled(store_ids: Any) -> None:
        await never.wait()

    async with host(asker, index=FakeIndex(), limits=limits, settled=settled) as served:
        resources = {"file_search": {"vector_store_ids": [await filled_store(served)]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        assert (await served.run(assistant=assistant)).status == "completed"


async def test_the_next_run_sees_an_answer_without_its_marks_only() -> None:
    said = "Write `a【1】` for cells that are small 【1】."
    asker = ScriptedAsker(calls(FIND), says(said), says("Yes."))
    async with host(asker, index=FakeIndex([passage("Cells are small.")])) as served:
        resources = {"file_search": {"vector_store_ids": [await filled_store(served)]}}
        assistant = await served.assistant(tools=SEARCH, tool_resources=resources)
        run = await served.run(assistant=assistant)
        await served.run(run.thread_id, assistant=assistant)
        told = [m["content"] for m in asker.asks[2].messages if m["role"] == "assistant"]
        assert told == ["Write `a【1】` for cells that are small ."]
