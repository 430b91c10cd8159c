"""Runs that wait for the client to call functions."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.engine.runs.scripted import FakeInterpreters, Host, ScriptedAsker, calls, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def function(name: str) -> dict[str, Any]:
    """A function that takes anything."""
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


TOOLS: Any = [function("get_weather"), function("get_time"), {"type": "code_interpreter"}]
WEATHER = ("get_weather", '{"city": "Paris"}')
TIME = ("get_time", "{}")
CODE = ("code_interpreter", '{"code": "1"}')


async def submit(served: Host, run: Any, **outputs: str) -> Any:
    """Give outputs by call id, and return the run as the answer has it."""
    given: Any = [{"tool_call_id": id, "output": output} for id, output in outputs.items()]
    return await served.api.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=given
    )


async def test_a_run_waits_for_the_outputs_of_all_calls_and_goes_on_with_them() -> None:
    asker = ScriptedAsker(calls(WEATHER, TIME), says("Sunny at noon."))
    async with host(asker) as served:
        run = await served.run(tools=TOOLS)
        assert run.status == "requires_action"
        assert not served.runs.busy()
        wanted = run.required_action.submit_tool_outputs.tool_calls
        assert [(c.id, c.function.name, c.function.arguments) for c in wanted] == [
            ("call_0", *WEATHER),
            ("call_1", *TIME),
        ]
        (step,) = await served.steps(run)
        assert (step.status, step.usage) == ("in_progress", None)
        assert [c.function.output for c in step.step_details.tool_calls] == [None, None]
        queued = await submit(served, run, call_1="noon", call_0="sunny")
        assert (queued.status, queued.required_action) == ("queued", None)
        run = await served.ended(run.thread_id, run.id)
        assert run.status == "completed"
        told = [(m["tool_call_id"], m["content"]) for m in asker.asks[1].messages[-2:]]
        assert told == [("call_0", "sunny"), ("call_1", "noon")]
        step, _ = await served.steps(run)
        assert [c.function.output for c in step.step_details.tool_calls] == ["sunny", "noon"]
        assert (step.status, step.usage.total_tokens) == ("completed", 15)
        assert run.usage.total_tokens == 30


async def test_built_in_calls_are_done_while_the_client_is_asked_for_the_others() -> None:
    asker = ScriptedAsker(calls(CODE, WEATHER, ("make_coffee", "{}")), says("Sunny."))
    interpreters = FakeInterpreters()
    async with host(asker, interpreters=interpreters) as served:
        run = await served.run(tools=TOOLS)
        assert len(interpreters.ran) == 1
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        assert call.function.name == "get_weather"
        await submit(served, run, call_1="sunny")
        await served.ended(run.thread_id, run.id)
        outputs = [m["content"] for m in asker.asks[1].messages if m["role"] == "tool"]
        assert outputs[:2] == ["ran 1", "sunny"]
        assert "no tool named" in outputs[2]


async def test_a_run_may_ask_for_functions_again_and_again() -> None:
    asker = ScriptedAsker(calls(WEATHER), calls(WEATHER), calls(TIME), says("So."))
    async with host(asker) as served:
        run = await served.run(tools=TOOLS)
        ids = set()
        for _ in range(3):
            (call,) = run.required_action.submit_tool_outputs.tool_calls
            ids.add(call.id)
            await submit(served, run, **{call.id: "x"})
            run = await served.ended(run.thread_id, run.id)
        assert run.status == "completed"
        assert len(ids) == 3  # although the model gave the same id each time


@pytest.mark.parametrize(
    "outputs", [{}, {"call_0": "sunny"}, {"call_0": "a", "call_1": "b", "call_7": "c"}]
)
async def test_outputs_that_are_missing_or_unknown_are_refused_by_name(
    outputs: dict[str, str],
) -> None:
    async with host(ScriptedAsker(calls(WEATHER, TIME))) as served:
        run = await served.run(tools=TOOLS)
        with pytest.raises(openai.BadRequestError) as refused:
            await submit(served, run, **outputs)
        assert "Expected tool outputs for call_ids ['call_0', 'call_1']" in str(refused.value)
        assert str(list(outputs)) in str(refused.value)
        again = await served.api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert again.status == "requires_action"


async def test_the_same_output_twice_is_refused() -> None:
    async with host(ScriptedAsker(calls(WEATHER))) as served:
        run = await served.run(tools=TOOLS)
        output: Any = {"tool_call_id": "call_0", "output": "x"}
        with pytest.raises(openai.BadRequestError, match="Duplicate tool outputs"):
            await served.api.beta.threads.runs.submit_tool_outputs(
                run.id, thread_id=run.thread_id, tool_outputs=[output, output]
            )


async def test_a_run_that_waits_for_nothing_takes_no_outputs() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.run()
        told = 'Runs in status "completed" do not accept tool outputs.'
        with pytest.raises(openai.BadRequestError, match=told):
            await submit(served, run, call_0="x")


async def test_a_run_that_waits_holds_its_thread() -> None:
    async with host(ScriptedAsker(calls(WEATHER), says("Sunny."))) as served:
        run = await served.run(tools=TOOLS)
        told = f"Thread {run.thread_id} already has an active run {run.id}."
        with pytest.raises(openai.BadRequestError, match=told):
            await served.start(run.thread_id)
        with pytest.raises(openai.BadRequestError, match="while a run"):
            await served.api.beta.threads.messages.create(
                run.thread_id, role="user", content="And?"
            )
        await submit(served, run, call_0="sunny")
        await served.ended(run.thread_id, run.id)
        assert (await served.run(run.thread_id)).status == "completed"


async def test_arguments_that_lack_something_are_for_the_model_to_mend() -> None:
    quiz: Any = {
        "type": "function",
        "function": {
            "name": "display_quiz",
            "parameters": {"type": "object", "required": ["title", "questions"]},
        },
    }
    asker = ScriptedAsker(
        calls(("display_quiz", '{"title": "Cells"}')),
        calls(("display_quiz", '{"title": "Cells", "questions": []}')),
    )
    async with host(asker) as served:
        run = await served.run(tools=[quiz])
        assert run.status == "requires_action"
        assert "'questions' is a required property" in asker.asks[1].messages[-1]["content"]


async def test_a_model_is_told_twice_of_wrong_arguments_before_the_client_gets_them() -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools: Any = [{"type": "function", "function": {"name": "f", "parameters": parameters}}]
    asker = ScriptedAsker(calls(("f", '{"city": 5}')))
    async with host(asker) as served:
        run = await served.run(tools=tools)
        assert run.status == "requires_action"
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        assert call.function.arguments == '{"city": 5}'
        told = [m["content"] for m in asker.asks[-1].messages if m["role"] == "tool"]
        assert len(told) == 2
        assert "5 is not of type 'string'" in told[0]
