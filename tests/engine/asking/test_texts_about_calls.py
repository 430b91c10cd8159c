"""Answers that speak of tools, of calls and of JSON, and are none themselves."""

from __future__ import annotations

import json

import pytest

from studybuddy.engine.asking.json_ends import JsonEnd
from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.text_calls import TextCalls
from studybuddy.engine.tools.definitions import definition
from tests.engine.asking.test_text_calls import CALL, OBJECT, found
from tests.engine.asking.upstreams import function

ANSWERS = {
    "a record with a function's name": 'The record is:\n{"name": "Lookup"}\nThat is all of it.',
    "a name before it": 'Here it is.\n{"name": "lookup"}',
    "a name alone of a function that needs more": '{"name": "lookup"}',
    "a list of the tools": 'Tools:\n[{"name": "lookup"}, {"name": "code_interpreter"}]\nAnd more.',
    "a list of the tools alone": '[{"name": "stop"}, {"name": "lookup"}]',
    "a schema": '{"type": "object", "name": "lookup"}\nis a schema.',
    "a definition": (
        '{"name": "lookup", "parameters": {"type": "object", "properties": {"word": {}}}}'
    ),
    "JSON that is never closed": '{"name": "lookup" of things, unquoted. And so on, and on.',
    "JSON that lacks an argument": '{"name": "lookup", "word": "cell"}\nis not enough.',
    "a name of no arguments in an answer": 'Press this:\n{"name": "stop"}\nThen go.',
    "a list of which one is a call": f"[{OBJECT},\n" + '{"note": 1}]',
    "tags in inline code": f"Qwen writes `<tool_call>{OBJECT}</tool_call>` for that.",
    "a tag at the start of inline code": f"`<tool_call>{OBJECT}</tool_call>` is a call.",
    "inline code after a full stop": f"`a.<tool_call>{OBJECT}</tool_call>`",
    "tags in prose": f"Qwen writes <tool_call>{OBJECT}</tool_call> for that.",
    "a function tag in prose": 'Write <function=lookup>{"word": "x", "times": 1}</function>.',
    "a function tag in inline code": "Llama's is `<function=lookup>` and then JSON.",
    "a function tag with words in it": "<function=lookup>what to look up</function> is how.",
    "Mistral's in prose": f"Mistral writes [TOOL_CALLS] [{OBJECT}] for that.",
    "Llama's in prose": "The token <|python_tag|> is used by Llama 3 to begin code. So it is.",
    "Llama's before prose": "<|python_tag|> is used by Llama 3 to begin code.",
    "Llama's before a word": "<|python_tag|>code",
    "tags in a block": f"```\n<tool_call>\n{OBJECT}\n</tool_call>\n```\nSo it is.",
    "tags in a block with tildes": f"~~~\n<tool_call>\n{OBJECT}\n</tool_call>\n~~~\nSo it is.",
    "a block in a longer fence": f"````md\n```json\n{OBJECT}\n```\n````\nSo it is.",
    "a fence in a line": "```x``` is code, and\n```` ``` ```` is a fence.",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_an_answer_about_calls_is_shown_to_the_letter(text: str, size: int) -> None:
    finder = TextCalls(
        Offered(
            [
                function("lookup", word={"type": "string"}, times={"type": "integer"}),
                definition("code_interpreter"),
                {"type": "function", "function": {"name": "stop"}},
            ]
        )
    )
    shown = [finder.feed(text[i : i + size]) for i in range(0, len(text), size)]
    assert ("".join(shown) + finder.finish(), finder.calls) == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        f"Let me look.<tool_call>{OBJECT}</tool_call>",
        f"<think>Look it up.</think><tool_call>{OBJECT}</tool_call>",
        f"Let me look.[TOOL_CALLS][{OBJECT}]",
        f"So `x` it is.\n<tool_call>{OBJECT}</tool_call>",
        f"```\ncode\n```\n<tool_call>{OBJECT}</tool_call>",
        f'{{"arguments": {json.dumps(CALL[1])}, "name": "lookup"}}',
        f'{{"id": "c1", "type": "function", "function": {OBJECT}}}',
        f'{{"tool_calls": [{OBJECT}]}}',
        '{"name": "lookup", "word": "a {cell}", "times": 2}',
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_a_call_is_still_understood(text: str, size: int) -> None:
    assert found(text, size)[1] == [CALL]


def test_the_name_of_a_function_without_arguments_is_a_call_where_nothing_else_is_said() -> None:
    for text in ('{"name": "stop"}', '```json\n{"name": "stop"}\n```\n', '{"name": "stop"}\n'):
        finder = TextCalls(Offered([{"type": "function", "function": {"name": "stop"}}]))
        shown = "".join(map(finder.feed, text)) + finder.finish()
        assert (shown.strip("`\n"), finder.calls) == ("", [("stop", {})])


def test_code_behind_the_python_tag_ends_before_the_models_own_marks() -> None:
    code = ("code_interpreter", {"code": "x = [1]\nx"})
    assert found("Let me see.\n<|python_tag|>x = [1]\nx<|eom_id|>") == ("Let me see.", [code])
    code = ("code_interpreter", {"code": "[n * n for n in range(3)]"})
    assert found("<|python_tag|>[n * n for n in range(3)]") == ("", [code])


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "lookup", "arguments": {"word": "a", "times": 1}, "x',
        '<tool_call>{"name": "code_interpreter", "arguments": {"code": "x = 1',
        '```json\n{"name": "code_interpreter", "arguments": {"code": "x = 1',
        '<function=code_interpreter>{"code": "x = 1',
        '[TOOL_CALLS]code_interpreter{"code": "x = 1',
        "<|python_tag|>x = 1",
    ],
)
def test_what_a_limit_has_cut_off_is_no_call(text: str) -> None:
    finder = TextCalls(Offered([function("lookup"), definition("code_interpreter")]))
    assert (finder.feed(text) + finder.finish(cut=True), finder.calls) == (text, [])


def test_halves_of_characters_in_arguments_are_mended() -> None:
    text = OBJECT.replace("a {cell}", "\\ud83d\\ude00 \\ud83d")
    assert found(text)[1] == [("lookup", {"word": "😀 \ufffd", "times": 2})]


def test_a_list_of_records_is_shown_long_before_it_ends() -> None:
    finder = TextCalls(Offered([function("lookup")]))
    rows = ",\n".join(json.dumps({"id": n, "title": f"Item {n}"}) for n in range(20))
    shown = "".join(map(finder.feed, f"[{rows}"))
    assert len(shown) > len(rows) - 250


def test_the_end_of_json_is_looked_for_in_each_character_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0
    find = JsonEnd.find

    def counted(end: JsonEnd, text: str) -> int | None:
        nonlocal looked
        before = end._at
        result = find(end, text)
        looked += end._at - before
        return result

    monkeypatch.setattr(JsonEnd, "find", counted)
    rows = ", ".join(json.dumps({"n": n}) for n in range(500))
    text = f'{{"arguments": [{rows}], "name": "none"}}\nThat is it.'
    assert found(text, 4) == (text, [])
    assert looked <= 2 * len(text)
