"""Asking models that call tools by themselves, however their servers tell it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import pytest

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.choose import make_asker
from studybuddy.engine.asking.port import Ask, Asker, Reply
from studybuddy.engine.errors import ApiError, invalid
from studybuddy.engine.names import ModelNames
from tests.engine.asking.upstreams import (
    ScriptedUpstream,
    asked,
    call,
    delta,
    function,
    question,
    text,
    usage,
)
from tests.support.usages import USAGES

LOOKUP = function("lookup", word={"type": "string"}, times={"type": "integer"})
END: list[Mapping[str, Any] | bytes] = [delta(finish="tool_calls"), usage(), b"[DONE]"]
WORD = '{"word": "cell", "times": 2}'


def asker_of(upstream: ScriptedUpstream) -> Asker:
    return make_asker(upstream, ModelNames(upstream))


async def replied(*chunks: Any, **fields: Any) -> Reply:
    upstream = ScriptedUpstream(list(chunks))
    ask = question("Look up cell.", **{"tools": [LOOKUP], **fields})
    return (await asked(asker_of(upstream), ask))[1]


async def test_text_comes_as_it_does_and_the_reply_last_with_usage_and_model() -> None:
    upstream = ScriptedUpstream(text("A cell", " is", " small."))
    deltas, reply = await asked(asker_of(upstream), question("What is a cell?"))
    assert deltas == ["A cell", " is", " small."]
    assert reply == Reply("A cell is small.", (), "stop", Usage(10, 5), "scripted")
    assert upstream.bodies[0]["stream_options"] == {"include_usage": True}
    assert "tools" not in upstream.bodies[0]


async def test_what_is_asked_reaches_the_upstream() -> None:
    upstream = ScriptedUpstream(text("Yes."))
    choice = {"type": "function", "function": {"name": "lookup"}}
    ask = question(
        "?",
        model="gpt-4-1106-preview",
        tools=[LOOKUP],
        tool_choice=choice,
        parallel_tool_calls=False,
        temperature=0.5,
        top_p=0.9,
        max_completion_tokens=7,
    )
    _, reply = await asked(asker_of(upstream), ask)
    body = upstream.bodies[0]
    assert body["model"] == "scripted"
    assert reply.model == "gpt-4-1106-preview"
    assert body["tools"] == [LOOKUP]
    assert body["tool_choice"] == choice
    assert body["parallel_tool_calls"] is False
    assert (body["temperature"], body["top_p"], body["max_completion_tokens"]) == (0.5, 0.9, 7)


WAYS: dict[str, list[Any]] = {
    "pieces by index": [
        call(0, "c1", name="lookup", arguments=""),
        call(0, arguments='{"word": "cell",'),
        call(0, arguments=' "times": 2}'),
    ],
    "one chunk": [call(0, "c1", name="lookup", arguments=WORD)],
    "no index": [call(None, "c1", name="lookup", arguments=WORD)],
    "no index, in pieces": [
        call(None, "c1", name="lookup", arguments='{"word": "cell",'),
        call(None, arguments=' "times": 2}'),
    ],
    "the id and the name in every piece": [
        call(0, "c1", name="lookup", arguments='{"word": "cell",'),
        call(0, "c1", name="lookup", arguments=' "times": 2}'),
    ],
    "arguments as an object": [
        call(0, "c1", name="lookup", arguments={"word": "cell", "times": 2})
    ],
    "no id": [call(0, name="lookup", arguments=WORD)],
    "the old form": [
        delta(function_call={"name": "lookup", "arguments": '{"word": "cell",'}),
        delta(function_call={"arguments": ' "times": 2}'}),
    ],
    "a message instead of a delta": [
        {
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "content": None,
                        "tool_calls": [
                            {"id": "c1", "function": {"name": "lookup", "arguments": WORD}}
                        ],
                    },
                }
            ]
        }
    ],
    "text": [delta(f'<tool_call>{{"name": "lookup", "arguments": {WORD}}}</tool_call>')],
}


@pytest.mark.parametrize("chunks", WAYS.values(), ids=WAYS)
async def test_a_call_is_put_together(chunks: list[Any]) -> None:
    reply = await replied(*chunks, *END)
    assert [(c.name, json.loads(c.arguments)) for c in reply.calls] == [
        ("lookup", {"word": "cell", "times": 2})
    ]
    assert reply.calls[0].id
    assert reply.finish_reason == "tool_calls"
    assert reply.text == ""


SEVERAL: dict[str, list[Any]] = {
    "by index": [
        call(0, "a", name="lookup", arguments=WORD[:9]),
        call(1, "b", name="lookup", arguments=WORD[:5]),
        call(0, arguments=WORD[9:]),
        call(1, arguments=WORD[5:]),
    ],
    "with the same index": [
        call(0, "a", name="lookup", arguments=WORD),
        call(0, "b", name="lookup", arguments=WORD),
    ],
    "with neither index nor id": [
        call(name="lookup", arguments=WORD),
        call(name="lookup", arguments=WORD),
    ],
    "with the same id": [
        call(0, "a", name="lookup", arguments=WORD),
        call(1, "a", name="lookup", arguments=WORD),
    ],
}


@pytest.mark.parametrize("chunks", SEVERAL.values(), ids=SEVERAL)
async def test_several_calls_are_kept_apart(chunks: list[Any]) -> None:
    reply = await replied(*chunks, *END)
    assert [json.loads(c.arguments) for c in reply.calls] == [{"word": "cell", "times": 2}] * 2
    assert len({c.id for c in reply.calls}) == 2


async def test_calls_count_also_where_the_server_says_stop() -> None:
    reply = await replied(call(0, "a", name="lookup", arguments=WORD), delta(finish="stop"))
    assert reply.finish_reason == "tool_calls"


async def test_a_call_that_the_limit_cut_is_dropped() -> None:
    reply = await replied(call(0, "a", name="lookup", arguments=WORD[:9]), delta(finish="length"))
    assert (reply.calls, reply.finish_reason) == ((), "length")


@pytest.mark.parametrize(
    "arguments",
    [
        "{'word': 'cell', 'times': 2}",
        '{"word": "cell", "times": 2',
        '{"word": "cell", "times": "2"}',
        '{"arguments": {"word": "cell", "times": 2}}',
        json.dumps(WORD),
    ],
)
async def test_arguments_are_repaired(arguments: str) -> None:
    reply = await replied(call(0, "a", name="lookup", arguments=arguments), *END)
    assert json.loads(reply.calls[0].arguments) == {"word": "cell", "times": 2}


async def test_arguments_beyond_repair_and_unknown_functions_are_left_as_they_are() -> None:
    reply = await replied(
        call(0, "a", name="lookup", arguments='{"word": 5}'),
        call(1, "b", name="delete_all", arguments="{}"),
        *END,
    )
    assert [(c.name, c.arguments) for c in reply.calls] == [
        ("lookup", '{"word": 5}'),
        ("delete_all", "{}"),
    ]


async def test_bare_arguments_of_a_forced_function_are_its_call() -> None:
    choice = {"type": "function", "function": {"name": "lookup"}}
    upstream = ScriptedUpstream(text(WORD))
    parts = [
        p async for p in asker_of(upstream).ask(question("?", tools=[LOOKUP], tool_choice=choice))
    ]
    reply = parts[-1]
    assert isinstance(reply, Reply)
    assert [c.name for c in reply.calls] == ["lookup"]


async def test_with_tool_choice_none_text_is_only_text() -> None:
    told = f'<tool_call>{{"name": "lookup", "arguments": {WORD}}}</tool_call>'
    reply = await replied(*text(told), tool_choice="none")
    assert (reply.text, reply.calls) == (told, ())


@pytest.mark.parametrize("name", USAGES)
async def test_usage_is_read_in_every_variant(name: str) -> None:
    told, expected = USAGES[name]
    reported = {"model": "scripted", "choices": [], "usage": told}
    reply = await replied(delta("Hi"), delta(finish="stop"), reported, b"[DONE]")
    assert reply.usage == (expected or Usage())


async def test_errors_before_in_and_at_the_end_of_a_stream_are_raised() -> None:
    for script, code in (
        (invalid("wrong", "messages", "bad"), "bad"),
        ([delta("A"), {"error": {"message": "gone", "code": "x"}}], "x"),
        ([delta("A")], "upstream_disconnected"),
        ([b"<html>"], "upstream_malformed"),
    ):
        upstream = ScriptedUpstream(script)  # type: ignore[arg-type]
        with pytest.raises(ApiError) as caught:
            await asked(asker_of(upstream), question("?"))
        assert caught.value.code == code
        assert upstream.closed == 1


async def test_closing_ends_the_request_upstream() -> None:
    upstream = ScriptedUpstream(text("A", "B"))
    async with aclosing(asker_of(upstream).ask(question("?"))) as parts:
        assert await anext(parts) == "A"
    assert upstream.closed == 1


async def test_cancelling_ends_the_request_upstream() -> None:
    upstream = ScriptedUpstream(text("A"))
    upstream.gate.clear()
    asking = asyncio.create_task(asked(asker_of(upstream), question("?")))
    await upstream.arrived.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert upstream.closed == 1


def test_the_port_is_as_agreed() -> None:
    assert Ask(messages=[]).tool_choice == "auto"


async def test_an_emoji_in_two_halves_is_put_together_and_a_lone_half_is_replaced() -> None:
    upstream = ScriptedUpstream(text("Yes \ud83d", "\ude00", " no \ude00 \ud83d"))
    deltas, reply = await asked(asker_of(upstream), question("?"))
    assert reply.text == "Yes 😀 no \ufffd \ufffd"
    assert deltas[:2] == ["Yes ", "😀"]


async def test_arguments_with_halves_of_characters_can_be_written_down() -> None:
    sent = [
        call(0, "c\ud83d", name="lookup", arguments='{"word": "\ud83d'),
        call(0, arguments='\ude00\\ud83d", "times": 1}'),
    ]
    (made,) = (await replied(*sent, *END)).calls
    assert json.loads(made.arguments) == {"word": "😀\ufffd", "times": 1}
    assert (made.id + made.arguments).encode()


async def test_of_calls_at_once_only_the_first_is_kept_where_they_are_not_wanted() -> None:
    sent = [call(n, f"c{n}", name="lookup", arguments=WORD) for n in range(2)]
    assert len((await replied(*sent, *END)).calls) == 2
    reply = await replied(*sent, *END, parallel_tool_calls=False)
    assert [made.id for made in reply.calls] == ["c0"]
