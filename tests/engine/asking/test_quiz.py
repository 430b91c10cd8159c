"""Quizzes made from notes, and what is said about the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studybuddy.engine.asking.notes import NotePassage, all_sentences
from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.quiz_feedback import answers_in, feedback
from studybuddy.engine.asking.quiz_making import quiz_items, source_of
from studybuddy.engine.asking.quiz_shape import Item, count_in, quiz_shape
from studybuddy.engine.asking.quizzing import quiz_arguments
from studybuddy.engine.asking.schemas import schema_problem
from studybuddy.engine.asking.turn import turn_of
from studybuddy.engine.asking.wants import quiz_topic
from studybuddy.study.quiz import DISPLAY_QUIZ, parse

NOTES = sorted((Path(__file__).parent.parent / "search" / "notes").glob("*.md"))
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "display_quiz",
        "description": DISPLAY_QUIZ.description,
        "parameters": json.loads(DISPLAY_QUIZ.parameters),
    },
}
FUNCTION = Offered([TOOL]).get("display_quiz")
assert FUNCTION is not None
SHAPE = quiz_shape(FUNCTION)
assert SHAPE is not None
CELLS = """## Cells
Mitochondria carry out the respiration of the cell and supply most of its energy.
Ribosomes read the messenger RNA and assemble proteins from amino acids.
Lysosomes digest the worn-out organelles with enzymes that are acid.
Chloroplasts capture the sunlight and store it as glucose.
"""


def sentences_of(text: str) -> Any:
    return all_sentences([NotePassage("【1】", "notes.md, line 1", text)], plain=True)


@pytest.mark.parametrize("path", NOTES, ids=[path.stem for path in NOTES])
def test_a_quiz_can_be_made_from_any_notes_and_its_answers_are_known(path: Path) -> None:
    sentences = sentences_of(path.read_text(encoding="utf-8"))
    items = quiz_items(sentences, 5)
    assert len(items) == 5
    assert len({item.text for item in items}) == 5
    assert [bool(item.choices) for item in items] == [True] * 4 + [False]
    for item in items[:4]:
        sentence, solution = source_of(item, sentences)
        assert sentence is not None
        assert solution in item.choices
        assert len(set(item.choices)) == len(item.choices) >= 3
        assert item.text == f"What is missing? “{sentence.text.replace(solution, '_____')}”"
    assert source_of(items[4], sentences)[0] is not None
    assert schema_problem(SHAPE.arguments("Quiz", items), FUNCTION.parameters) == ""


def test_too_few_notes_give_fewer_questions_or_none() -> None:
    assert quiz_items(sentences_of("Hello there."), 3) == []
    assert len(quiz_items(sentences_of(CELLS), 8)) < 8


def test_only_the_wanted_kinds_are_asked() -> None:
    sentences = sentences_of(CELLS)
    assert all(item.choices for item in quiz_items(sentences, 3, free=False))
    own_words = quiz_items(sentences, 3, multiple=False)
    assert own_words
    assert not any(item.choices for item in own_words)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Quiz me on photosynthesis with 4 questions", "photosynthesis"),
        ("Make a short quiz about the French Revolution, please.", "French Revolution"),
        ("Test me on chapter 3: osmosis", "3: osmosis"),
        ("Give me three questions about DNA", "DNA"),
        ("Quiz me on my notes", ""),
        (
            "Make a quiz with 2 questions: One open ended, one multiple choice. "
            "Then, give me feedback for the responses.",
            "",
        ),
        ("Quiz me", ""),
    ],
)
def test_the_topic_of_a_quiz_is_found(question: str, topic: str) -> None:
    assert quiz_topic(question) == topic


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("Quiz me", 3),
        ("a quiz with two questions", 2),
        ("5 multiple-choice questions", 5),
        ("100 questions!", 8),
    ],
)
def test_the_number_of_questions_is_found(question: str, count: int) -> None:
    assert count_in(question, SHAPE) == count


def test_other_functions_are_no_quizzes() -> None:
    schema = {"properties": {"questions": {"type": "array", "items": {"type": "string"}}}}
    tool = {"type": "function", "function": {"name": "faq", "parameters": schema}}
    faq = Offered([tool]).get("faq")
    assert faq is not None
    assert quiz_shape(faq) is None


def test_the_walk_through_of_the_assistants_api_gets_its_quiz() -> None:
    asked = (
        "Make a quiz with 2 questions: One open ended, one multiple choice. Then, give feedback."
    )
    turn = turn_of(
        [
            {"role": "user", "content": "Tell me about cells."},
            {"role": "assistant", "content": CELLS},
            {"role": "user", "content": asked},
        ]
    )
    arguments = quiz_arguments(FUNCTION, turn)
    quiz = parse(json.dumps(arguments))
    assert [bool(question.choices) for question in quiz.questions] == [True, False]


ITEMS = [
    Item(
        "What is missing? “Ribosomes read the messenger RNA and assemble _____ from amino acids.”",
        ("enzymes", "glucose", "proteins"),
    ),
    Item("In your own words: what do you know about “sunlight”?"),
]


@pytest.mark.parametrize("answer", ["proteins", "Proteins.", "C", "3", "the proteins"])
def test_a_right_answer_is_right_however_it_is_put(answer: str) -> None:
    assert "1. Right: **proteins**." in feedback(ITEMS, [answer, ""], sentences_of(CELLS))


@pytest.mark.parametrize("answer", ["enzymes", "A", "", "D"])
def test_a_wrong_answer_is_told_with_the_sentence_of_the_notes(answer: str) -> None:
    told = feedback(ITEMS, [answer, ""], sentences_of(CELLS))
    assert told.startswith("**0 of 1 right.**")
    assert (
        "it is **proteins**. “Ribosomes read the messenger RNA and assemble proteins from amino "
        "acids.” 【1】" in told
    )


def test_own_words_are_put_beside_the_notes() -> None:
    told = feedback(ITEMS, ["A", "chloroplasts capture it and make glucose"], sentences_of(CELLS))
    assert "2. That fits: “Chloroplasts capture the sunlight" in told
    assert "2. Compare yours" in feedback(ITEMS, ["A", "it is warm"], sentences_of(CELLS))
    assert "2. You left this open" in feedback(ITEMS, ["A", ""], sentences_of(CELLS))


def test_without_the_notes_nothing_is_judged() -> None:
    assert feedback(ITEMS, ["proteins", "x"], []) == ""


def test_a_text_of_the_models_own_is_no_authority() -> None:
    told = feedback(ITEMS, ["A", ""], all_sentences([NotePassage("", "", CELLS)]))
    assert "0 of 1 as in the text above**, which may itself be wrong" in told


@pytest.mark.parametrize(
    "output",
    [
        '["a", "b"]',
        '[{"question": "?", "answer": "a", "letter": "A"}, {"question": "?", "answer": "b"}]',
        '{"responses": ["a", "b"]}',
        '{"first": "a", "second": "b"}',
    ],
)
def test_answers_are_read_in_any_form(output: str) -> None:
    assert answers_in(output, 2) == ["a", "b"]


def test_answers_that_are_missing_are_empty_and_other_outputs_are_none() -> None:
    assert answers_in('[{"question": "?", "answer": null}]', 2) == ["", ""]
    assert answers_in("The student declined.", 2) is None
    assert answers_in("[]", 2) is None
