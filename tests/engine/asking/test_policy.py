"""What is done next for a model that can't call tools."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.asking import policy
from studybuddy.engine.asking.port import Ask
from studybuddy.engine.asking.turn import turn_of
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH, definition
from tests.engine.asking.upstreams import function

SEARCH, CODE = definition(FILE_SEARCH), definition(CODE_INTERPRETER)
WEATHER = function("get_current_weather", location={"type": "string"})
QUIZ = function(
    "display_quiz",
    title={"type": "string"},
    questions={
        "type": "array",
        "items": {"type": "object", "properties": {"question_text": {"type": "string"}}},
    },
)
ALL = (SEARCH, CODE, WEATHER, QUIZ)


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def result(name: str, output: str = "…", **arguments: Any) -> list[dict[str, Any]]:
    called = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": name, "type": "function", "function": called}],
        },
        {"role": "tool", "tool_call_id": name, "content": output},
    ]


def move(*messages: Any, tools: Any = ALL, choice: Any = "auto") -> policy.Move:
    return policy.next_move(
        Ask(messages=messages, tools=tools, tool_choice=choice), turn_of(messages)
    )


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def test_a_question_is_looked_up_in_the_notes_first() -> None:
    assert move(user("Hi, please tell me why leaves are green?")) == policy.Search(
        "why leaves are green?"
    )


@pytest.mark.parametrize("text", ["Hello!", "Thanks a lot", "ok", "How are you?", "…"])
def test_small_talk_is_not_looked_up(text: str) -> None:
    assert move(user(text)) == policy.Chat()


def test_a_question_that_points_back_takes_the_one_before_along() -> None:
    found = move(
        user("How big is a cell?"),
        {"role": "assistant", "content": "Small."},
        user("And why is it so small?"),
    )
    assert found == policy.Search("How big is a cell? And why is it so small?")


def test_with_the_passages_it_is_answered() -> None:
    asked = (user("Why are leaves green?"), *result(FILE_SEARCH))
    assert move(*asked) == policy.AnswerFromNotes()
    assert move(*asked, choice="none") == policy.AnswerFromNotes()


def test_passages_of_an_earlier_question_do_not_count() -> None:
    asked = (user("Why are leaves green?"), *result(FILE_SEARCH))
    assert isinstance(move(*asked, user("What is osmosis?")), policy.Search)


@pytest.mark.parametrize("text", ["What is 37 * 43?", "Solve 3x + 11 = 14", "`sqrt(2)`"])
def test_sums_go_to_the_code_interpreter_and_then_to_an_answer(text: str) -> None:
    first = move(user(text))
    assert isinstance(first, policy.RunCode)
    assert first.code
    assert move(user(text), *result(CODE_INTERPRETER)) == policy.AnswerFromCode()


@pytest.mark.parametrize(
    "text",
    [
        "What is 37 * 43 + 5? Run code.",
        "Run code: 37 * 43 + 5",
        "What is 37 * 43 + 5? Use the code interpreter, please.",
        "Please use Python to calculate 37 * 43 + 5.",
        "Execute Python code for 37 * 43 + 5",
        "37 * 43 + 5, with code",
        "Can you write and run a program that computes 37 * 43 + 5?",
    ],
)
def test_a_sum_is_worked_out_however_code_is_asked_for_beside_it(text: str) -> None:
    assert move(user(text)) == policy.RunCode("37 * 43 + 5")


def test_an_equation_is_solved_where_code_is_asked_for_beside_it() -> None:
    solved = move(user("Solve 3x + 11 = 14"))
    assert move(user("Solve 3x + 11 = 14. Run code.")) == solved


@pytest.mark.parametrize(
    "text",
    [
        "How does a computer run a program?",
        "What is a list in Python?",
        "In Python, what is a list?",
        "Which code do ribosomes read?",
    ],
)
def test_a_question_about_programs_is_looked_up(text: str) -> None:
    assert isinstance(move(user(text)), policy.Search)


def test_the_students_own_code_is_run_where_that_is_asked() -> None:
    block = "```python\nprint(1)\n```"
    assert move(user(f"What does this print?\n{block}")) == policy.RunCode("print(1)")
    assert move(user(block)) == policy.RunCode("print(1)")
    assert isinstance(move(user(f"Who wrote that?\n{block}")), policy.Search)
    assert isinstance(move(user("Run this:\n```js\nlet a = 1\n```")), policy.Search)


def test_code_that_is_yet_to_be_written_is_the_models() -> None:
    assert move(user("Simulate throwing 2 dice in Python")) == policy.RunCode("")
    assert move(user("Use the code interpreter to list some primes")) == policy.RunCode("")
    assert move(user("Run some code")) == policy.RunCode("")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the weather in Paris?", "get_current_weather"),
        ("Test me on cells", "display_quiz"),
    ],
)
def test_a_function_that_is_plainly_asked_for_is_called_once(text: str, name: str) -> None:
    found = move(user(text), tools=(WEATHER, QUIZ))
    assert isinstance(found, policy.Fill)
    assert found.function.name == name
    assert move(user(text), *result(name), tools=(WEATHER, QUIZ)) == policy.Feedback()


def test_a_quiz_is_made_from_passages_where_there_are_notes() -> None:
    text = "Quiz me on photosynthesis with 4 questions"
    assert move(user(text)) == policy.Search("photosynthesis")
    after = move(user(text), *result(FILE_SEARCH))
    assert isinstance(after, policy.Fill)


def test_a_quiz_without_a_topic_is_about_what_was_asked_before_or_about_anything() -> None:
    assert move(user("What is osmosis?"), user("Quiz me")) == policy.Search("What is osmosis?")
    anything = move(user("Make me a quiz"))
    assert isinstance(anything, policy.Search)
    assert "definition" in anything.query


def test_a_named_choice_is_obeyed() -> None:
    assert move(user("Hello"), choice=named(FILE_SEARCH)) == policy.Search("Hello")
    assert move(user("Hello"), choice=named(CODE_INTERPRETER)) == policy.RunCode("")
    found = move(user("Hello"), choice=named("display_quiz"))
    assert isinstance(found, policy.Fill)


def test_a_forced_quiz_waits_for_a_search_where_its_message_leads_back_to_it() -> None:
    found = move(user("Quiz me on cells"), choice=named("display_quiz"))
    assert found == policy.Search("cells")
    assert isinstance(move(user("Cells, please"), choice=named("display_quiz")), policy.Fill)
    alone = move(user("Quiz me on cells"), tools=(QUIZ,), choice=named("display_quiz"))
    assert isinstance(alone, policy.Fill)


def test_a_required_call_is_made_also_where_nothing_asks_for_it() -> None:
    found = move(user("Hello"), choice="required")
    assert isinstance(found, policy.Fill)
    assert found.function.name == "get_current_weather"
    assert move(user("Hello"), tools=(SEARCH,), choice="required") == policy.Search("Hello")


def test_without_tools_or_with_none_chosen_it_is_plain_chat() -> None:
    assert move(user("What is 2 + 2?"), tools=()) == policy.Chat()
    assert move(user("Quiz me"), choice="none") == policy.Chat()
    assert move() == policy.Chat()


@given(st.text(alphabet=st.sampled_from("a1 =+-*/^()`?.,\n") | st.characters(), max_size=200))
def test_any_question_leads_to_some_move(text: str) -> None:
    assert move(user(text)) is not None


@pytest.mark.parametrize(
    "word", ["cell ", "1 ", "hi ", "please ", "x + 1 ", "```\n", "the quiz on "]
)
def test_a_very_long_message_is_judged_too(word: str) -> None:
    assert move(user(word * 20_000)) is not None
