"""Runs whose model calls the built-in tools."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Ask
from studybuddy.engine.runs import ledger
from tests.engine.runs.scripted import (
    QUICK,
    FakeInterpreters,
    ScriptedAsker,
    calls,
    host,
    says,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]
ADD = ("code_interpreter", '{"code": "1 + 1"}')


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


async def test_code_that_left_nothing_behind_is_not_run_again() -> None:
    once = [("code_interpreter", json.dumps({"code": code})) for code in ("x = 1", "loop", "y = 2")]
    interpreters = FakeInterpreters(spoilt="loop")
    asker = ScriptedAsker(calls(*once), says("So."), calls(ADD), says("2."))
    async with host(asker, interpreters=interpreters) as served:
        run = await served.run(tools=CODE)
        interpreters.ran.clear()  # as after a restart
        interpreters.restored.clear()
        await served.run(run.thread_id, tools=CODE)
        assert interpreters.restored == [["x = 1", "y = 2"]]


async def test_code_that_was_given_up_is_not_run_again() -> None:
    again = calls(("code_interpreter", '{"code": "x"}'))
    asker = ScriptedAsker(calls(ADD), says("Sorry."), again, says("Sorry."))
    interpreters = FakeInterpreters(delay=asyncio.Event())
    limits = type(QUICK)(retries=(), tool=0.05)
    async with host(asker, interpreters=interpreters, limits=limits) as served:
        run = await served.run(tools=CODE)
        await served.run(run.thread_id, tools=CODE)
        assert interpreters.restored == []


async def test_the_threads_session_ends_with_the_thread() -> None:
    interpreters = FakeInterpreters()
    async with host(ScriptedAsker(says("Yes.")), interpreters=interpreters) as served:
        run = await served.run()
        await served.api.beta.threads.delete(run.thread_id)
        assert interpreters.forgotten == [run.thread_id]


async def test_the_thread_is_read_once_for_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    of_thread = ledger._history

    def history(objects: Any, run: Any) -> Any:
        read.append(run.id)
        return of_thread(objects, run)

    monkeypatch.setattr(ledger, "_history", history)
    asker = ScriptedAsker(calls(ADD, text="So?"), calls(ADD, text="And?"), says("2."))
    async with host(asker) as served:
        run = await served.run(tools=CODE)
        assert read == [run.id]
        said = [m["content"] for m in asker.asks[2].messages if m["role"] == "assistant"]
        assert said == ["So?", "And?"]
