"""Runs that come to an answer, and what the model is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import openai
import pytest

from studybuddy.domain.reported_usage import usage_in
from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Ask, Reply
from studybuddy.engine.errors import overflow
from tests.engine.runs.scripted import ScriptedAsker, calls, host, says, until

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_a_run_answers_with_a_message_and_is_completed() -> None:
    asker = ScriptedAsker(says("A cell is small."))
    async with host(asker) as served:
        thread_id = await served.thread()
        run = await served.run(thread_id, instructions="Be brief.")
        assert run.status == "completed"
        assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (10, 5)
        assert run.started_at
        assert run.completed_at
        assert await served.texts(thread_id) == ["What is a cell?", "A cell is small."]
        answer = (await served.messages(thread_id))[-1]
        assert (answer.role, answer.status) == ("assistant", "completed")
        assert (answer.run_id, answer.assistant_id) == (run.id, run.assistant_id)
        (step,) = await served.steps(run)
        assert (step.type, step.status) == ("message_creation", "completed")
        assert step.step_details.message_creation.message_id == answer.id
        assert step.usage.total_tokens == 15
        assert asker.asks[0].messages == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is a cell?"},
        ]


async def test_the_next_run_on_the_thread_knows_what_was_said() -> None:
    asker = ScriptedAsker(says("A cell is small."), says("An atom is smaller."))
    async with host(asker) as served:
        thread_id = await served.thread()
        await served.run(thread_id)
        more: Any = [{"role": "user", "content": "And an atom?"}]
        await served.run(thread_id, additional_messages=more)
        assert [message["content"] for message in asker.asks[1].messages] == [
            "What is a cell?",
            "A cell is small.",
            "And an atom?",
        ]


async def test_the_run_may_override_what_its_assistant_says() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        assistant = await served.assistant(instructions="Be kind.", temperature=0.3)
        run = await served.run(
            assistant=assistant,
            additional_instructions="Call me Ada.",
            top_p=0.5,
            model="another",
            response_format={"type": "json_object"},
            parallel_tool_calls=False,
            max_completion_tokens=500,
        )
        ask = asker.asks[0]
        assert ask.messages[0]["content"] == "Be kind.\n\nCall me Ada."
        assert (ask.temperature, ask.top_p, ask.model) == (0.3, 0.5, "another")
        assert ask.response_format == {"type": "json_object"}
        assert ask.parallel_tool_calls is False
        assert ask.max_completion_tokens == 500
        assert (run.model, run.temperature, run.top_p) == ("another", 0.3, 0.5)
        assert run.instructions == "Be kind.\n\nCall me Ada."


async def test_the_reasoning_effort_is_the_runs_or_else_its_assistants() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        assistants = served.api.beta.assistants
        assistant = await served.assistant(reasoning_effort="low")
        await served.run(assistant=assistant)
        await served.run(assistant=assistant, reasoning_effort="max")
        await assistants.update(assistant, name="Ada")
        await served.run(assistant=assistant)
        await assistants.update(assistant, reasoning_effort=None)
        await served.run(assistant=assistant)
        assert [ask.reasoning_effort for ask in asker.asks] == ["low", "max", "low", None]
        refusals: list[Awaitable[Any]] = [
            assistants.create(model="m", reasoning_effort="huge"),  # type: ignore[arg-type]
            assistants.update(assistant, reasoning_effort="huge"),  # type: ignore[arg-type]
            served.run(assistant=assistant, reasoning_effort="huge"),
        ]
        for refused in refusals:
            with pytest.raises(openai.BadRequestError, match="Supported values are"):
                await refused


async def test_settings_no_one_chose_are_left_to_the_model() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        await served.run()
        ask = asker.asks[0]
        assert (ask.temperature, ask.top_p, ask.response_format) == (None, None, None)
        assert (ask.tools, ask.tool_choice) == ((), "none")


async def test_a_model_with_nothing_to_say_still_leaves_a_message() -> None:
    async with host(ScriptedAsker(says(""))) as served:
        run = await served.run()
        assert run.status == "completed"
        assert await served.texts(run.thread_id) == ["What is a cell?", ""]


async def test_text_that_no_delta_brought_is_in_the_message() -> None:
    async with host(ScriptedAsker([Reply("All at once.", (), "stop", Usage())])) as served:
        run = await served.run()
        assert (await served.texts(run.thread_id))[-1] == "All at once."


async def test_a_poller_sees_the_message_grow() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker(["A cell ", "is ", gate, "small.", *says("A cell is small.")[-1:]])
    async with host(asker) as served:
        run = await served.start()

        async def has_grown() -> bool:
            return (await served.texts(run.thread_id))[1:] == ["A cell is "]

        await until(has_grown)
        assert (await served.messages(run.thread_id))[-1].status == "in_progress"
        gate.set()
        await served.ended(run.thread_id, run.id)
        assert (await served.texts(run.thread_id))[-1] == "A cell is small."


async def test_only_the_last_messages_are_sent_where_the_strategy_says_so() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        more: Any = [{"role": "user", "content": f"Question {n}?"} for n in range(4)]
        run = await served.run(
            additional_messages=more,
            truncation_strategy={"type": "last_messages", "last_messages": 2},
        )
        assert [m["content"] for m in asker.asks[0].messages] == ["Question 2?", "Question 3?"]
        assert run.truncation_strategy.last_messages == 2


async def test_old_messages_are_dropped_where_the_models_window_is_small() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker, window=400) as served:
        more: Any = [{"role": "user", "content": f"{n} " + "word " * 200} for n in range(4)]
        await served.run(additional_messages=more)
        assert [m["content"][0] for m in asker.asks[0].messages] == ["3"]


async def test_the_definitions_of_tools_take_their_part_of_the_window() -> None:
    asker = ScriptedAsker(says("Yes."))
    function = {"name": "f", "description": "word " * 150}  # over 200 tokens
    async with host(asker, window=800) as served:
        more: Any = [{"role": "user", "content": f"{n} " + "word " * 100} for n in range(4)]
        tools: Any = [{"type": "function", "function": function}]
        thread = await served.thread()
        await served.run(thread, additional_messages=more)
        await served.run(thread, tools=tools)
        without, having = (len(ask.messages) for ask in asker.asks)
        assert having < without


async def test_a_prompt_the_upstream_finds_too_long_is_sent_again_shorter() -> None:
    def answer(ask: Ask) -> Any:
        return says("Yes.") if len(ask.messages) < 4 else [overflow(1000, 500)]

    asker = ScriptedAsker(answer)
    async with host(asker) as served:
        more: Any = [{"role": "user", "content": f"{n} " + "word " * 100} for n in range(9)]
        run = await served.run(additional_messages=more)
        assert run.status == "completed"
        assert asker.asks[-1].messages[-1]["content"].startswith("8 ")


async def test_an_answer_that_was_never_meant_to_stand_is_not_shown_to_the_model() -> None:
    asker = ScriptedAsker(["Half an", asyncio.Event()], says("Yes."))
    async with host(asker) as served:
        run = await served.start()
        await until(lambda: served.has_begun(run))
        await served.api.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        await served.ended(run.thread_id, run.id)
        await served.run(run.thread_id)
        assert [m["content"] for m in asker.asks[1].messages] == ["What is a cell?"]


async def test_pictures_and_names_of_attached_files_reach_the_model() -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        file = await served.api.files.create(file=("cells.png", b"\x89PNG"), purpose="vision")
        notes = await served.api.files.create(file=("notes.txt", b"text"), purpose="assistants")
        content: Any = [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://x.test/cell.png"}},
            {"type": "image_file", "image_file": {"file_id": file.id}},
        ]
        tools: Any = [{"type": "code_interpreter"}]
        message: Any = {
            "role": "user",
            "content": content,
            "attachments": [{"file_id": notes.id, "tools": tools}],
        }
        await served.run(additional_messages=[message])
        text, linked, stored, attached = asker.asks[0].messages[-1]["content"]
        assert text == {"type": "text", "text": "What is this?"}
        assert linked["image_url"]["url"] == "https://x.test/cell.png"
        assert stored["image_url"]["url"] == "data:image/png;base64,iVBORw=="
        assert attached == {"type": "text", "text": "[Attached: notes.txt]"}


async def test_many_runs_work_at_once() -> None:
    gate = asyncio.Event()
    asker = ScriptedAsker([gate, *says("Yes.")])
    async with host(asker) as served:
        assistant = await served.assistant()
        runs = [await served.start(assistant=assistant) for _ in range(20)]
        await until(lambda: asker.has_been_asked(20))
        assert served.runs.busy()
        gate.set()
        ended = [await served.ended(run.thread_id, run.id) for run in runs]
        assert {run.status for run in ended} == {"completed"}
        assert not served.runs.busy()


@pytest.mark.parametrize(
    ("finish", "reason", "cut"),
    [
        ("length", "max_completion_tokens", "max_tokens"),
        ("content_filter", "content_filter", "content_filter"),
    ],
)
async def test_an_answer_that_was_cut_off_does_not_pass_for_a_whole_one(
    finish: str, reason: str, cut: str
) -> None:
    async with host(ScriptedAsker(says("Half an", finish=finish))) as served:
        run = await served.run()
        assert (run.status, run.incomplete_details.reason) == ("incomplete", reason)
        answer = (await served.messages(run.thread_id))[-1]
        assert (answer.status, answer.incomplete_details.reason) == ("incomplete", cut)
        assert answer.content[0].text.value == "Half an"


async def test_a_run_ends_incomplete_where_it_has_used_up_its_prompt_tokens() -> None:
    asker = ScriptedAsker(says("Yes.", usage=Usage(300, 5)))
    async with host(asker) as served:
        run = await served.run(max_prompt_tokens=256)
        assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
        assert run.usage.prompt_tokens == 300
        thread_id = await served.thread("word " * 2000)
        run = await served.run(thread_id, max_prompt_tokens=256)
        assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
        assert len(asker.asks) == 1  # nothing was asked that can't fit


async def test_a_run_tells_what_was_cached_written_to_a_cache_and_reasoned() -> None:
    usage = Usage(1200, 50, cached=1000, reasoning=30, cache_written=100)
    async with host(ScriptedAsker(says("Yes.", usage=usage))) as served:
        run = await served.run()
        (step,) = await served.steps(run)
        for told in (run.usage.model_dump(), step.usage.model_dump()):
            assert usage_in(told) == usage
            assert told["total_tokens"] == 1250


async def test_details_of_usage_add_up_over_the_rounds_of_a_run() -> None:
    asker = ScriptedAsker(
        calls(("code_interpreter", '{"code": "1"}'), usage=Usage(100, 20, 64, 5, 8)),
        says("One.", usage=Usage(150, 10, 128)),
    )
    async with host(asker) as served:
        run = await served.run(tools=[{"type": "code_interpreter"}])
        assert usage_in(run.usage.model_dump()) == Usage(250, 30, 192, 5, 8)


async def test_a_run_without_details_to_tell_has_the_apis_three_numbers_alone() -> None:
    async with host(ScriptedAsker(says("Yes."))) as served:
        run = await served.run()
        assert set(run.usage.model_dump()) == {
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
        }
