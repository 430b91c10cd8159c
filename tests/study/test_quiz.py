"""The quiz: what a model asks for, and what it gets back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from studybuddy.study.quiz import (
    DISPLAY_QUIZ,
    Answers,
    Question,
    Quiz,
    letter,
    output,
    parse,
)
from studybuddy.study.quiz_parsing import MOST

CELLS = Question("What makes energy in a cell?", ("Nucleus", "Mitochondria", "Ribosome"))
WHY = Question("Why do leaves look green?")
QUIZ = Quiz("Biology", (CELLS, WHY))
ASKED = {
    "title": "Biology",
    "questions": [
        {
            "question_text": CELLS.text,
            "question_type": "MULTIPLE_CHOICE",
            "choices": list(CELLS.choices),
        },
        {"question_text": WHY.text, "question_type": "FREE_RESPONSE"},
    ],
}


def asked(**question: object) -> Question:
    [found] = parse(json.dumps({"title": "T", "questions": [question]})).questions
    return found


def test_the_schema_is_one_and_takes_the_published_example() -> None:
    schema = json.loads(DISPLAY_QUIZ.parameters)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(ASKED)
    assert parse(json.dumps(ASKED)) == QUIZ


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps(json.dumps(ASKED)),
        "```json\n" + json.dumps(ASKED) + "\n```",
        "Here is the quiz: " + json.dumps(ASKED) + " Have fun!",
        json.dumps({"arguments": ASKED}),
        json.dumps({"display_quiz": json.dumps(ASKED)}),
        json.dumps({**ASKED, "questions": json.dumps(ASKED["questions"])}),
        json.dumps({**ASKED, "difficulty": "hard", "questions": [*ASKED["questions"], {}, None]}),
        json.dumps(
            {**ASKED, "questions": {"1": ASKED["questions"][0], "2": ASKED["questions"][1]}}
        ),
    ],
)
def test_a_quiz_is_found_in_what_is_around_it(arguments: str) -> None:
    assert parse(arguments) == QUIZ


@pytest.mark.parametrize(
    "choices",
    [
        ["A) Nucleus", "B) Mitochondria", "C) Ribosome"],
        ["1. Nucleus", "2. Mitochondria", "3. Ribosome"],
        ["(a) Nucleus", "(b) Mitochondria", "(c) Ribosome"],
        {"A": "Nucleus", "B": "Mitochondria", "C": "Ribosome"},
        [{"text": "Nucleus"}, {"text": "Mitochondria"}, {"text": "Ribosome"}],
        [{"a": "Nucleus"}, {"b": "Mitochondria"}, {"c": "Ribosome"}],
        "Nucleus\nMitochondria\nRibosome",
        '["Nucleus", "Mitochondria", "", "Ribosome"]',
    ],
)
def test_choices_are_understood_however_they_are_given(choices: object) -> None:
    assert asked(question_text="?", question_type="multiple choice", choices=choices).choices == (
        CELLS.choices
    )


def test_letters_that_belong_to_the_choices_stay() -> None:
    choices = ["B. Franklin", "A. Lincoln"]
    assert asked(question_text="Who?", choices=choices).choices == tuple(choices)


@pytest.mark.parametrize("kind", ["free_response", "Free Response", "open-ended", "short answer"])
def test_a_free_response_has_no_choices(kind: str) -> None:
    assert asked(question=WHY.text, type=kind, choices=["x", "y"]) == WHY


@pytest.mark.parametrize("choices", [None, [], ["only one"], 7, [None]])
def test_multiple_choice_without_choices_is_a_free_response(choices: object) -> None:
    question = asked(question_text=WHY.text, question_type="MULTIPLE_CHOICE", choices=choices)
    assert question == WHY


def test_a_question_of_true_or_false_brings_its_own_choices() -> None:
    assert asked(question_text="?", question_type="TRUE_FALSE").choices == ("True", "False")


def test_a_single_question_is_a_quiz() -> None:
    assert parse(json.dumps(ASKED["questions"][1])) == Quiz("Quiz", (WHY,))
    assert parse(json.dumps(ASKED["questions"])).questions == QUIZ.questions
    assert parse(json.dumps({"title": "T", "questions": [WHY.text]})) == Quiz("T", (WHY,))
    assert parse(json.dumps({"title": "T", "questions": ASKED["questions"][1]})).questions == (WHY,)


@pytest.mark.parametrize(
    "arguments",
    ["", "{}", "[]", "null", "7", '"x"', "no JSON", '{"title": "T"}', '{"questions": [{}]}',
     '{"questions": 7}', "[" * 100_000, '{"title": "T", "questions": []}'],
)  # fmt: skip
def test_where_there_is_no_question_a_sentence_says_so(arguments: str) -> None:
    with pytest.raises(ValueError, match=r"^The assistant wanted to ask a quiz.*\.$"):
        parse(arguments)


def test_a_quiz_without_end_has_an_end() -> None:
    questions = [{"question_text": str(n), "choices": ["x"] * 300} for n in range(300)]
    quiz = parse(json.dumps({"title": "T", "questions": questions}))
    assert len(quiz.questions) == len(quiz.questions[0].choices) == MOST


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["title", "questions", "question_text", "question_type", "choices", "A"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_json_comes_it_is_a_quiz_or_a_value_error(value: object) -> None:
    try:
        quiz = parse(json.dumps(value))
    except ValueError:
        return
    assert quiz.questions
    assert all(question.text for question in quiz.questions)
    assert all(len(question.choices) != 1 for question in quiz.questions)


def test_control_characters_are_made_visible() -> None:
    question = asked(question_text="\x1b[31mred", choices=["\x07a", "b"])
    assert question == Question("␛[31mred", ("␇a", "b"))


def test_what_goes_back_tells_each_question_its_answer_and_the_letter_of_a_choice() -> None:
    answers = Answers.none(QUIZ).with_answer(0, 1).with_answer(1, " Chlorophyll. ")
    assert json.loads(output(QUIZ, answers)) == [
        {"question": CELLS.text, "answer": "Mitochondria", "letter": "B"},
        {"question": WHY.text, "answer": "Chlorophyll."},
    ]
    assert [one["answer"] for one in json.loads(output(QUIZ, Answers.none(QUIZ)))] == [None, None]


def test_answers_are_resumed_where_they_were_left() -> None:
    answers = Answers((2, "Because\nof light"), 1)
    assert Answers.from_draft(answers.to_draft(QUIZ), QUIZ) == answers
    assert answers.missing == ()
    assert Answers((0, "  "), 1).missing == (1,)


def test_a_draft_of_another_quiz_or_a_broken_one_is_nothing_answered() -> None:
    other = Quiz("Biology", (WHY, CELLS))
    drafts = [Answers((2, "x"), 1).to_draft(QUIZ), "", "{", "[]", "7", '{"quiz": 1}']
    for draft in drafts:
        assert Answers.from_draft(draft, other) == Answers.none(other)


def test_answers_that_do_not_fit_their_question_are_dropped() -> None:
    kept = {"quiz": QUIZ.fingerprint, "given": [9, True], "at": 99}
    assert Answers.from_draft(json.dumps(kept), QUIZ) == Answers.none(QUIZ)
    kept["given"] = [True, "text"]
    assert Answers.from_draft(json.dumps(kept), QUIZ).given == (None, "text")


def test_choices_have_letters() -> None:
    assert [letter(n) for n in (0, 25, 26)] == ["A", "Z", "27"]
