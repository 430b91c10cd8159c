"""Asking models that can't call tools."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.choose import make_asker
from studybuddy.engine.asking.notes import best_sentences, passages_in
from studybuddy.engine.asking.port import Ask, Reply
from studybuddy.engine.asking.prompted import PromptedAsker
from studybuddy.engine.errors import ApiError, invalid
from studybuddy.engine.names import ModelNames
from studybuddy.engine.search.citations import passages_for_model
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH, definition
from tests.engine.asking.test_policy import result, user
from tests.engine.asking.test_quiz import CELLS, TOOL
from tests.engine.asking.upstreams import ScriptedUpstream, asked, function, question, text

SEARCH, CODE = definition(FILE_SEARCH), definition(CODE_INTERPRETER)
WEATHER = function(
    "get_weather",
    location={"type": "string"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
)


def passage(text: str, number: int = 0) -> Passage:
    return Passage(f"file-{number}", "cells.md", text, 0, len(text), None, 1, 0.5, {})


FOUND = passages_for_model(
    [
        passage("## Organelles\n\n- **Ribosomes** make proteins.\n- The nucleus holds the genes."),
        passage("Leaves look green because chlorophyll reflects that light.", 1),
    ]
)


async def small(upstream: ScriptedUpstream, ask: Ask) -> Reply:
    asker = make_asker(upstream, ModelNames(upstream), calls_tools=False)
    return (await asked(asker, ask))[1]


def arguments_of(reply: Reply) -> Any:
    assert len(reply.calls) == 1
    return json.loads(reply.calls[0].arguments)


async def test_a_search_is_called_without_asking_the_model() -> None:
    upstream = ScriptedUpstream(text("never"))
    reply = await small(upstream, question("Why are leaves green?", tools=[SEARCH], model="gpt-4"))
    assert (reply.calls[0].name, arguments_of(reply)) == (
        "file_search",
        {"query": "Why are leaves green?"},
    )
    assert (reply.text, reply.finish_reason, reply.usage) == ("", "tool_calls", Usage())
    assert reply.model == "gpt-4"
    assert not upstream.bodies


async def from_notes(answer: str, asked_for: str = "Why are leaves green?", **fields: Any) -> Any:
    upstream = ScriptedUpstream(text(answer))
    messages = [user(asked_for), *result(FILE_SEARCH, fields.pop("found", FOUND))]
    reply = await small(upstream, Ask(messages=messages, tools=[SEARCH], **fields))
    return upstream, reply


QUOTE = "Your notes say:\n\n> Leaves look green because chlorophyll reflects that light. 【2】"


async def test_a_fact_is_quoted_from_the_notes_with_its_mark_and_nothing_is_added() -> None:
    upstream, reply = await from_notes("never")
    assert (reply.text, reply.usage, reply.finish_reason) == (QUOTE, Usage(), "stop")
    assert reply.model == "scripted"
    assert not upstream.bodies


async def test_where_words_are_asked_for_the_model_adds_its_own() -> None:
    upstream, reply = await from_notes("Green is sent back.", "Explain simply why leaves are green")
    assert reply.text == (
        f"{QUOTE}\n\nIn the model's own words, which may be wrong: Green is sent back."
    )
    assert reply.usage == Usage(10, 5)
    prompt = upstream.bodies[0]["messages"][-1]["content"]
    assert "chlorophyll reflects" in prompt
    assert "Ribosomes" not in prompt
    assert "After each sentence" not in prompt


async def test_where_the_notes_say_nothing_that_is_said_and_the_model_answers() -> None:
    upstream, reply = await from_notes("Paris.", "What is the capital of France?", found="Nothing.")
    assert reply.text == (
        "Your files do not seem to say anything about that. "
        "This is what the model itself knows, which may be wrong:\n\nParis."
    )
    assert upstream.bodies[0]["messages"] == [user("What is the capital of France?")]


async def test_where_json_is_wanted_the_answer_is_the_models_alone() -> None:
    form = {"type": "json_object"}
    upstream, reply = await from_notes('{"a": 1}', response_format=form)
    assert reply.text == '{"a": 1}'
    assert upstream.bodies[0]["response_format"] == form


async def test_code_for_a_sum_is_run_and_its_output_told() -> None:
    upstream = ScriptedUpstream(text("never"))
    reply = await small(upstream, question("What is 37 * 43?", tools=[SEARCH, CODE]))
    assert arguments_of(reply) == {"code": "37 * 43"}
    messages = [user("What is 37 * 43?"), *result(CODE_INTERPRETER, "1591\n")]
    reply = await small(upstream, Ask(messages=messages, tools=[CODE]))
    assert reply.text == "The code gives:\n\n```\n1591\n```"
    assert not upstream.bodies


@pytest.mark.parametrize(
    ("code", "is_run"), [("print(6)", True), ("print(", False), ("six", False)]
)
async def test_code_of_the_models_is_run_only_where_it_is_code(code: str, is_run: bool) -> None:
    upstream = ScriptedUpstream(text(json.dumps({"code": code})), text("About six."))
    reply = await small(upstream, question("Simulate throwing 6 dice", tools=[CODE]))
    if is_run:
        assert arguments_of(reply) == {"code": code}
        assert reply.usage == Usage(10, 5)
    else:
        assert (reply.text, reply.calls) == ("About six.", ())
        assert reply.usage == Usage(20, 10)
    assert upstream.bodies[0]["response_format"]["type"] == "json_schema"


async def test_a_function_is_filled_by_its_schema() -> None:
    upstream = ScriptedUpstream(text('{"location": "Paris", "unit": "fahrenheit"}'))
    ask = question("What's the weather in Paris, in celsius?", tools=[WEATHER])
    reply = await small(upstream, ask)
    # What the question says outright is taken from there.
    assert arguments_of(reply) == {"location": "Paris", "unit": "celsius"}
    schema = upstream.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["location"]["maxLength"]


@pytest.mark.parametrize("answer", ["I can't.", '{"location": 5', "[]", '{"unit": "kelvin"}'])
async def test_arguments_validate_whatever_the_model_writes(answer: str) -> None:
    ask = question("Weather please", tools=[WEATHER])
    arguments = arguments_of(await small(ScriptedUpstream(text(answer)), ask))
    assert set(arguments) == {"location", "unit"}
    assert arguments["unit"] == "celsius"


async def test_a_server_without_schemas_is_asked_in_words() -> None:
    refusal = invalid("response_format is not supported", "response_format")
    upstream = ScriptedUpstream(refusal, text('Sure: {"location": "Rome", "unit": "celsius"}'))
    reply = await small(upstream, question("Weather in Rome", tools=[WEATHER]))
    assert arguments_of(reply) == {"location": "Rome", "unit": "celsius"}
    assert "response_format" not in upstream.bodies[1]
    assert "maxLength" in upstream.bodies[1]["messages"][-1]["content"]


async def test_a_quiz_comes_from_the_notes_and_is_judged_by_them() -> None:
    upstream = ScriptedUpstream(text("never"))
    found = passages_for_model([passage(CELLS)])
    messages = [user("Quiz me on cells with 2 questions"), *result(FILE_SEARCH, found)]
    reply = await small(upstream, Ask(messages=messages, tools=[SEARCH, TOOL]))
    quiz = arguments_of(reply)
    assert quiz["title"] == "Cells"
    assert len(quiz["questions"]) == 2
    right = [
        next(
            c
            for c in q["choices"]
            if q["question_text"].split("“")[1][:-1].replace("_____", c) in CELLS
        )
        for q in quiz["questions"]
    ]
    messages += result("display_quiz", json.dumps(right), **quiz)
    reply = await small(upstream, Ask(messages=messages, tools=[SEARCH, TOOL]))
    assert reply.text.startswith("**2 of 2 right.**")
    assert not upstream.bodies


async def test_a_quiz_without_notes_is_made_from_a_text_that_is_shown() -> None:
    upstream = ScriptedUpstream(text(CELLS))
    reply = await small(upstream, question("Quiz me about cells", tools=[TOOL]))
    assert reply.text == (
        "There are no notes on cells. This is what the model itself knows, which may be wrong:"
        f"\n\n{CELLS}"
    )
    assert arguments_of(reply)["questions"]
    assert reply.finish_reason == "tool_calls"


async def test_a_declined_quiz_and_other_outputs_are_left_to_the_model() -> None:
    upstream = ScriptedUpstream(text("That is fine."))
    messages = [user("Quiz me"), *result("display_quiz", "The student declined.", questions=[])]
    reply = await small(upstream, Ask(messages=messages, tools=[TOOL]))
    assert reply.text == "That is fine."
    assert "The student declined." in upstream.bodies[0]["messages"][-1]["content"]


async def test_a_larger_model_answers_from_the_passages_itself() -> None:
    upstream = ScriptedUpstream(text("Because of chlorophyll 【2】."))
    asker = PromptedAsker(upstream, ModelNames(upstream), small=False)
    messages = [
        {"role": "system", "content": "Be brief."},
        user("Why are leaves green?"),
        *result(FILE_SEARCH, FOUND),
        *result(CODE_INTERPRETER, "42", code="6 * 7"),
    ]
    _, reply = await asked(asker, Ask(messages=messages, tools=[SEARCH]))
    assert reply.text == "Because of chlorophyll 【2】."
    system, asked_for = upstream.bodies[0]["messages"]
    assert system["content"] == "Be brief."
    for part in (FOUND, "6 * 7", "42", "Why are leaves green?"):
        assert part in asked_for["content"]
    assert "tools" not in upstream.bodies[0]


async def test_plain_chat_keeps_the_conversation_and_the_settings() -> None:
    upstream = ScriptedUpstream(text("Hi!"))
    messages = [user("Hello"), {"role": "assistant", "content": "Hello."}, user("Hey")]
    reply = await small(upstream, Ask(messages=messages, tools=[SEARCH], temperature=0.7))
    assert reply.text == "Hi!"
    assert upstream.bodies[0]["messages"] == messages
    assert upstream.bodies[0]["temperature"] == 0.7


async def test_failures_are_raised_and_closing_ends_the_request() -> None:
    with pytest.raises(ApiError):
        await small(ScriptedUpstream(invalid("no", None)), question("Hello"))
    upstream = ScriptedUpstream(text("A", "B"))
    asker = make_asker(upstream, ModelNames(upstream), calls_tools=False)
    async with aclosing(asker.ask(question("Hello"))) as parts:
        await anext(parts)
    assert upstream.closed == 1


async def test_a_limit_of_the_student_is_told_and_one_of_ours_is_not() -> None:
    cut = [*text("A lot of words")[:-3], {"choices": [{"delta": {}, "finish_reason": "length"}]}]
    reply = await small(ScriptedUpstream(cut), question("Hello", max_completion_tokens=5))
    assert reply.finish_reason == "length"
    upstream = ScriptedUpstream(cut)
    messages = [user("Explain why leaves are green"), *result(FILE_SEARCH, FOUND)]
    assert (await small(upstream, Ask(messages=messages, tools=[SEARCH]))).finish_reason == "stop"


def test_passages_are_read_from_what_the_search_gave() -> None:
    found = passages_in([FOUND, "No passage of the files matches the question."])
    assert [(p.mark, p.place) for p in found] == [
        ("【1】", "cells.md, line 1"),
        ("【2】", "cells.md, line 1"),
    ]
    assert [s.text for s in best_sentences("What makes proteins?", found, 1)] == [
        "**Ribosomes** make proteins."
    ]
    assert best_sentences("Who was Napoleon?", found) == []
