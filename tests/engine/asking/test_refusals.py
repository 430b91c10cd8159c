"""Models and servers that will not be given tools, or do not take them seriously."""

from __future__ import annotations

import json

import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.errors import ApiError, invalid
from studybuddy.engine.tools.definitions import definition
from tests.engine.asking.test_native import END, LOOKUP, WORD, asker_of
from tests.engine.asking.upstreams import ScriptedUpstream, asked, call, delta, question, text


@pytest.mark.parametrize(
    "refusal",
    [
        ApiError(400, "registry.ollama.ai/library/gemma2 does not support tools"),
        ApiError(500, "tools param requires --jinja flag", "server_error"),
        ApiError(404, "No endpoints found that support tool use"),
        ApiError(400, '"auto" tool choice requires --enable-auto-tool-choice'),
    ],
)
async def test_a_model_that_takes_no_tools_is_asked_without_from_then_on(refusal: ApiError) -> None:
    upstream = ScriptedUpstream(refusal, text("An answer."))
    asker = asker_of(upstream)
    search = [definition("file_search")]
    _, reply = await asked(asker, question("What is a cell?", tools=search))
    assert [c.name for c in reply.calls] == ["file_search"]
    _, reply = await asked(asker, question("What is a cell?", tools=search, tool_choice="none"))
    assert reply.text == "An answer."
    assert ["tools" in body for body in upstream.bodies] == [True, False]


async def test_a_model_that_talks_where_it_must_call_has_its_arguments_made_by_schema() -> None:
    upstream = ScriptedUpstream(text("I'd rather talk."), text(WORD))
    ask = question("Look up cell.", tools=[LOOKUP], tool_choice="required")
    deltas, reply = await asked(asker_of(upstream), ask)
    assert deltas == []
    assert [(c.name, json.loads(c.arguments)) for c in reply.calls] == [
        ("lookup", json.loads(WORD))
    ]
    assert reply.usage == Usage(20, 10)
    assert "tools" in upstream.bodies[0]
    assert upstream.bodies[1]["response_format"]["type"] == "json_schema"


async def test_text_beside_a_call_that_was_required_is_kept() -> None:
    chunks = [delta("I look. "), call(0, "a", name="lookup", arguments=WORD), *END]
    ask = question("Look up cell.", tools=[LOOKUP], tool_choice="required")
    deltas, reply = await asked(asker_of(ScriptedUpstream(chunks)), ask)
    assert (deltas, len(reply.calls)) == (["I look. "], 1)


async def test_a_server_that_only_refuses_the_choice_is_given_tools_again() -> None:
    refusal = ApiError(400, "tool_choice 'required' is not supported")
    upstream = ScriptedUpstream(refusal, text(WORD), text("Hello."))
    asker = asker_of(upstream)
    ask = question("Look up cell.", tools=[LOOKUP], tool_choice="required")
    assert len((await asked(asker, ask))[1].calls) == 1
    await asked(asker, question("Hi", tools=[LOOKUP]))
    assert ["tools" in body for body in upstream.bodies] == [True, False, True]


@pytest.mark.parametrize(
    "failure",
    [
        invalid("Invalid schema for function 'lookup': not supported", "tools"),
        ApiError(400, "The prompt is too long."),
        ApiError(500, "Unexpected error in a tool parser", "server_error"),
        ApiError(429, "Too many tool requests; not supported now."),
    ],
)
async def test_other_failures_stay_failures(failure: ApiError) -> None:
    with pytest.raises(ApiError):
        await asked(asker_of(ScriptedUpstream(failure)), question("?", tools=[LOOKUP]))
