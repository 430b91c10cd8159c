"""Calls that models write in their text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.text_calls import TextCalls
from studybuddy.engine.tools.definitions import definition
from tests.engine.asking.upstreams import function

OFFERED = Offered(
    [
        function("lookup", word={"type": "string"}, times={"type": "integer"}),
        definition("code_interpreter"),
    ]
)
OBJECT = '{"name": "lookup", "arguments": {"word": "a {cell}", "times": 2}}'
CALL = ("lookup", {"word": "a {cell}", "times": 2})


def found(text: str, size: int = 1) -> tuple[str, list[tuple[str, dict[str, object]]]]:
    finder = TextCalls(OFFERED)
    shown = [finder.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join(shown) + finder.finish(), finder.calls


FORMS = {
    "a tag": f"<tool_call>\n{OBJECT}\n</tool_call>",
    "a tag that is not closed": f"<tool_call>{OBJECT}",
    "a fence": f"```json\n{OBJECT}\n```",
    "a fence without a language": f"```\n{OBJECT}\n```",
    "a bare object": OBJECT,
    "a list": f"[{OBJECT}]",
    "parameters": OBJECT.replace("arguments", "parameters"),
    "a nested function": f'{{"type": "function", "function": {OBJECT}}}',
    "arguments in a string": (
        '{"name": "lookup", "arguments": "{\\"word\\": \\"a {cell}\\", \\"times\\": 2}"}'
    ),
    "Python's quotes": "{'name': 'lookup', 'arguments': {'word': 'a {cell}', 'times': 2}}",
    "a missing brace": OBJECT[:-1],
    "a function tag": '<function=lookup>{"word": "a {cell}", "times": 2}</function>',
    "a function tag with parameters": (
        "<tool_call>\n<function=lookup>\n<parameter=word>\na {cell}\n</parameter>\n"
        "<parameter=times>\n2\n</parameter>\n</function>\n</tool_call>"
    ),
    "Mistral's": f"[TOOL_CALLS][{OBJECT}]",
    "Mistral's with the name before": '[TOOL_CALLS]lookup{"word": "a {cell}", "times": 2}',
    "Mistral's with marks": '[TOOL_CALLS]lookup[ARGS]{"word": "a {cell}", "times": 2}',
    "Llama's": f"<|python_tag|>{OBJECT}",
    "Phi's": f"<|tool_call|>[{OBJECT}]<|/tool_call|>",
    "a prefixed name": OBJECT.replace("lookup", "functions.Lookup"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_each_form_of_a_call_is_understood_and_not_shown(text: str, size: int) -> None:
    assert found(text, size) == ("", [CALL])


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_text_before_a_call_is_shown_and_what_comes_after_it_is_not(text: str) -> None:
    shown, calls = found(f"I look that up.\n\n{text}\nThe result is 42.")
    assert shown == "I look that up."
    assert CALL in calls


def test_several_calls_are_found() -> None:
    tagged = f"<tool_call>{OBJECT}</tool_call>"
    assert found(f"{tagged}\n{tagged}")[1] == [CALL, CALL]
    assert found(f"```json\n{OBJECT}\n```\n\n```json\n{OBJECT}\n```")[1] == [CALL, CALL]


def test_code_behind_the_python_tag_goes_to_the_code_interpreter() -> None:
    assert found("<|python_tag|>print(1 + 1)\n")[1] == [
        ("code_interpreter", {"code": "print(1 + 1)"})
    ]


NO_CALLS = [
    '{"name": "Alice", "age": 7}',
    '{"name": "delete_all", "arguments": {}}',
    '{"name": "lookup", "age": 7}',
    '```json\n{"word": "cell"}\n```\nThat is JSON.',
    "```python\nx = {}\n{\n}\n```\nDone.",
    f"```python\nprint('{OBJECT}')\n```",
    "Write `<tool_call>` around it.",
    "<tool_call>what",
    "[a link](http://x.example) and [1, 2]",
    "- [ ] to do\n\n\n  {x | x > 0}\n",
    f"Such as {OBJECT} in a sentence.",
    "[TOOL_CALLS] is a tag. <function=other>{}</function>",
    "a < b and `` and [",
    "```\n",
    "   ",
]


@pytest.mark.parametrize("text", NO_CALLS)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_text_that_is_no_call_is_shown_whole(text: str, size: int) -> None:
    assert found(text, size) == (text, [])


def test_ordinary_text_is_shown_at_once() -> None:
    finder = TextCalls(OFFERED)
    assert finder.feed("A cell") == "A cell"
    assert finder.feed(" divides") == " divides"
    assert finder.feed(" when") == " when"


def test_an_object_that_can_be_no_call_is_shown_before_it_ends() -> None:
    finder = TextCalls(OFFERED)
    assert finder.feed('{"name": "Al') == ""
    assert finder.feed('ice", "age"') == '{"name": "Alice", "age"'


@given(st.text(alphabet=st.sampled_from('ab \n`{}[]<>"=:|/_') | st.characters(), max_size=60))
def test_any_text_without_a_call_comes_out_as_it_went_in(text: str) -> None:
    shown, calls = found(text, 3)
    assert calls or shown == text
