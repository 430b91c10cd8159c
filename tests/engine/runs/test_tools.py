"""Runs whose model calls the built-in tools."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Ask
from studybuddy.engine.runs import loop
from studybuddy.engine.search.citations import Cited
from tests.engine.runs.scripted import (
    QUICK,
    FakeIndex,
    FakeInterpreters,
    Host,
    ScriptedAsker,
    calls,
    host,
    passage,
    says,
    until,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]
SEARCH: Any = [{"type": "file_search"}]
ADD = ("code_interpreter", '{"code": "1 + 1"}')
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


async def test_code_is_run_and_the_model_is_told_what_it_printed() -> None:
    asker = ScriptedAsker(calls(ADD), says("It is 2."))
    interpreters = FakeInterpreters(lambda code: "2")
    async with host(asker, interpreters=interpreters) as served:
        run = await served.run(tools=CODE)
        assert run.status == "completed"
        assert interpreters.ran == [(run.thread_id, "1 + 1")]
        assert [t["function"]["name"] for t in asker.asks[0].tools] == ["code_interpreter"]
        call = {"name": "code_interpreter", "arguments": '{"code": "1 + 1"}'}
        assert asker.asks[1].messages[-2:] == [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_0", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "call_0", "content": "2"},
        ]
        made, told = await served.steps(run)
        (shown,) = made.step_details.tool_calls
        assert (made.type, made.status, told.type) == (
            "tool_calls",
            "completed",
            "message_creation",
        )
        assert shown.code_interpreter.input == "1 + 1"
        assert [output.logs for output in shown.code_interpreter.outputs] == ["2"]
        assert run.usage.total_tokens == made.usage.total_tokens + told.usage.total_tokens == 30


async def test_text_before_a_call_is_a_message_of_its_own() -> None:
    asker = ScriptedAsker(calls(ADD, text="Let me see."), says("It is 2."))
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        assert (await served.texts(run.thread_id))[1:] == ["Let me see.", "It is 2."]
        steps = await served.steps(run)
        assert [s.type for s in steps] == ["message_creation", "tool_calls", "message_creation"]
        assert sum(s.usage.total_tokens for s in steps) == run.usage.total_tokens == 30
        said = asker.asks[1].messages[-2]
        assert said["content"] == "Let me see."
        assert len(said["tool_calls"]) == 1


async def test_several_calls_at_once_are_one_step() -> None:
    asker = ScriptedAsker(calls(ADD, ("code_interpreter", '{"code": "2"}')), says("Done."))
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        step, _ = await served.steps(run)
        assert [c.code_interpreter.input for c in step.step_details.tool_calls] == ["1 + 1", "2"]
        outputs = [m["content"] for m in asker.asks[1].messages if m["role"] == "tool"]
        assert outputs == ["ran 1 + 1", "ran 2"]


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


async def test_a_tool_that_takes_too_long_is_given_up_and_the_model_is_told() -> None:
    asker = ScriptedAsker(calls(ADD), says("Sorry."))
    hanging = FakeInterpreters(delay=asyncio.Event())
    limits = type(QUICK)(retries=(), tool=0.05)
    async with host(asker, interpreters=hanging, limits=limits) as served:
        run = await served.run(tools=CODE)
        assert run.status == "completed"
        assert "took longer" in asker.asks[1].messages[-1]["content"]
        step, _ = await served.steps(run)
        assert "took longer" in step.step_details.tool_calls[0].code_interpreter.outputs[0].logs


async def test_a_tool_that_breaks_does_not_break_the_run() -> None:
    def broken(code: str) -> str:
        raise RuntimeError("the worker died")

    asker = ScriptedAsker(calls(ADD), says("Sorry."))
    async with host(asker, interpreters=FakeInterpreters(broken)) as served:
        run = await served.run(tools=CODE)
        assert run.status == "completed"
        told = asker.asks[1].messages[-1]["content"]
        assert "failed in an unexpected way" in told
        assert "worker died" not in told


async def test_a_hundred_calls_in_a_row_are_done() -> None:
    def answer(ask: Ask) -> Any:
        done = sum(message["role"] == "tool" for message in ask.messages)
        code = json.dumps({"code": str(done)})
        return calls(("code_interpreter", code)) if done < 100 else says("Done.")

    interpreters = FakeInterpreters()
    async with host(ScriptedAsker(answer), interpreters=interpreters) as served:
        run = await served.run(tools=CODE)
        assert run.status == "completed", run.last_error
        assert [code for _, code in interpreters.ran] == [str(n) for n in range(100)]
        assert run.usage.total_tokens == 101 * 15


async def test_a_model_that_only_ever_calls_tools_is_stopped_with_a_reason() -> None:
    async with host(ScriptedAsker(calls(ADD))) as served:
        run = await served.run(tools=CODE)
        assert run.status == "failed"
        assert "called tools 128 times" in run.last_error.message


async def test_a_model_that_calls_too_much_at_once_is_not_obeyed_in_all() -> None:
    interpreters = FakeInterpreters()
    async with host(ScriptedAsker(calls(*[ADD] * 300)), interpreters=interpreters) as served:
        run = await served.run(tools=CODE)
        assert run.status == "failed"
        assert len(interpreters.ran) == 128


async def test_a_call_that_was_cut_off_is_not_carried_out() -> None:
    cut: Any = replace(calls(ADD)[-1], finish_reason="length")
    interpreters = FakeInterpreters()
    async with host(ScriptedAsker([cut]), interpreters=interpreters) as served:
        run = await served.run(tools=CODE)
        assert run.status == "incomplete"
        assert interpreters.ran == []
        assert await served.texts(run.thread_id) == ["What is a cell?"]


async def test_a_wrong_call_is_told_to_the_model_which_may_do_better() -> None:
    asker = ScriptedAsker(
        calls(("code_interpreter", '{"code": "1 +')), calls(("make_coffee", "{}")), says("2.")
    )
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        assert run.status == "completed"
        assert "not a JSON object" in asker.asks[1].messages[-1]["content"]
        assert "no tool named “make_coffee”" in asker.asks[2].messages[-1]["content"]


async def test_a_model_that_only_makes_wrong_calls_is_stopped_with_a_reason() -> None:
    asker = ScriptedAsker(calls(("code_interpreter", "{")))
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        assert run.status == "failed"
        assert "in a wrong way" in run.last_error.message
        assert len(asker.asks) == 3


async def test_a_forced_call_is_forced_once() -> None:
    asker = ScriptedAsker(calls(ADD), says("2."))
    async with host(asker) as served:
        await served.run(tools=CODE, tool_choice={"type": "code_interpreter"})
        forced = {"type": "function", "function": {"name": "code_interpreter"}}
        assert [ask.tool_choice for ask in asker.asks] == [forced, "auto"]


async def test_completion_tokens_are_counted_over_all_rounds() -> None:
    asker = ScriptedAsker(calls(ADD, usage=Usage(10, 200)), calls(ADD, usage=Usage(10, 100)))
    async with host(asker) as served:
        run = await served.run(tools=CODE, max_completion_tokens=300)
        assert [ask.max_completion_tokens for ask in asker.asks] == [300, 100]
        reason = run.incomplete_details.reason
        assert (run.status, reason) == ("incomplete", "max_completion_tokens")
        assert run.usage.completion_tokens == 300


async def test_code_that_ran_before_the_engine_was_started_anew_is_run_again_first() -> None:
    asker = ScriptedAsker(calls(ADD), says("2."), calls(("code_interpreter", '{"code": "x"}')))
    first = FakeInterpreters()
    async with host(asker, interpreters=first) as served:
        run = await served.run(tools=CODE)
        first.ran.clear()  # as after a restart
        await served.run(run.thread_id, tools=CODE)
        assert first.restored[0] == ["1 + 1"]


async def test_the_threads_session_ends_with_the_thread() -> None:
    interpreters = FakeInterpreters()
    async with host(ScriptedAsker(says("Yes.")), interpreters=interpreters) as served:
        run = await served.run()
        await served.api.beta.threads.delete(run.thread_id)
        assert interpreters.forgotten == [run.thread_id]
