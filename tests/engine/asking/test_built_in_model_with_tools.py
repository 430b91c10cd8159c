"""The real built-in model, given tools that it can't call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from studybuddy.engine.asking.arguments import argument_problem
from studybuddy.engine.asking.choose import make_asker
from studybuddy.engine.asking.port import Ask, Asker
from studybuddy.engine.assembly import make_built_in
from studybuddy.engine.names import ModelNames
from studybuddy.engine.serve import ServeOptions
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH, definition
from studybuddy.engine.upstream.native import NativeUpstream
from tests.engine.asking.test_policy import result, user
from tests.engine.asking.test_prompted import FOUND, WEATHER
from tests.engine.asking.test_quiz import TOOL
from tests.engine.asking.upstreams import asked, function, question
from tests.engine.built_in import needs_model
from tests.engine.engines import TOKEN

pytestmark = needs_model


@asynccontextmanager
async def built_in() -> AsyncIterator[Asker]:
    parts = make_built_in(ServeOptions("127.0.0.1", 0, TOKEN, token_is_random=False))
    assert parts is not None
    upstream = NativeUpstream(parts.model, parts.process)
    try:
        yield make_asker(upstream, ModelNames(upstream), calls_tools=False)
    finally:
        await upstream.close()


PLAN: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "make_study_plan",
        "description": "Shows a study plan.",
        "parameters": {
            "type": "object",
            "properties": {
                "subject": {"type": "string"},
                "days": {
                    "type": "array",
                    "minItems": 2,
                    "items": {
                        "type": "object",
                        "properties": {
                            "day": {"type": "string", "enum": ["monday", "tuesday", "friday"]},
                            "minutes": {"type": "integer", "minimum": 5, "maximum": 120},
                            "tasks": {"type": "array", "items": {"type": "string"}},
                        },
                        "required": ["day", "minutes", "tasks"],
                    },
                },
                "strict": {"type": "boolean"},
            },
            "required": ["subject", "days", "strict"],
        },
    },
}


async def test_its_arguments_always_follow_the_schema() -> None:
    tools = [WEATHER, PLAN, function("note", text={"type": "string", "minLength": 3})]
    async with built_in() as asker:
        for text in ("What's the weather in Paris?", "Plan my week of algebra, please", "Hello"):
            for tool in tools:
                choice = {"type": "function", "function": {"name": tool["function"]["name"]}}
                _, reply = await asked(asker, question(text, tools=tools, tool_choice=choice))
                assert [call.name for call in reply.calls] == [tool["function"]["name"]]
                assert argument_problem(reply.calls[0], tools) == ""
                assert reply.usage.completion > 0


async def test_it_finds_the_place_that_is_asked_for() -> None:
    async with built_in() as asker:
        _, reply = await asked(asker, question("What's the weather in Paris?", tools=[WEATHER]))
        assert "Paris" in json.loads(reply.calls[0].arguments)["location"]


async def test_its_answer_begins_with_the_notes_and_counts_its_tokens() -> None:
    messages = [user("Explain why leaves are green"), *result(FILE_SEARCH, FOUND)]
    async with built_in() as asker:
        ask = Ask(messages=messages, tools=[definition(FILE_SEARCH)])
        deltas, reply = await asked(asker, ask)
        assert deltas[0].endswith("chlorophyll reflects that light. 【2】")
        assert len(deltas) > 10
        assert reply.usage.prompt > 20
        assert reply.model == "smollm2-135m-instruct"


async def test_a_sum_is_run_as_code_also_where_notes_can_be_searched_and_quizzes_shown() -> None:
    tools = [definition(FILE_SEARCH), definition(CODE_INTERPRETER), TOOL]
    async with built_in() as asker:
        _, reply = await asked(asker, question("What is 37 * 43 + 5? Run code.", tools=tools))
        assert [call.name for call in reply.calls] == [CODE_INTERPRETER]
        assert json.loads(reply.calls[0].arguments) == {"code": "37 * 43 + 5"}
