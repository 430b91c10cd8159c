"""The function `display_quiz`: its definition, what a model passes to it, what goes back."""

from __future__ import annotations

import json

from studybuddy.domain.assistants import Function
from studybuddy.study.quiz_parsing import parse
from studybuddy.study.quiz_values import Answers, Given, Question, Quiz, answered, letter, text_of

__all__ = [
    "DISPLAY_QUIZ",
    "NAME",
    "Answers",
    "Given",
    "Question",
    "Quiz",
    "answered",
    "letter",
    "output",
    "parse",
    "text_of",
]

NAME = "display_quiz"

_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "description": "What the quiz is about, in a few words."},
        "questions": {
            "type": "array",
            "description": "The questions, in the order in which they are asked.",
            "items": {
                "type": "object",
                "properties": {
                    "question_text": {"type": "string"},
                    "question_type": {
                        "type": "string",
                        "enum": ["MULTIPLE_CHOICE", "FREE_RESPONSE"],
                    },
                    "choices": {
                        "type": "array",
                        "description": "For MULTIPLE_CHOICE: two or more, without letters.",
                        "items": {"type": "string"},
                    },
                },
                "required": ["question_text", "question_type"],
            },
        },
    },
    "required": ["title", "questions"],
}
"""As the walk-through of the Assistants API has it (platform.openai.com, "function calling")."""

DISPLAY_QUIZ = Function(
    NAME,
    "Shows a quiz of one or more questions to the student, and returns the student's answers.",
    json.dumps(_SCHEMA),
)


def output(quiz: Quiz, answers: Answers) -> str:
    """Return the function's output: a JSON list of the questions with their answers.

    Each has `question` and `answer`, which is null where the student left it open, and for a
    choice the `letter` under which it was shown.
    """
    told: list[dict[str, object]] = []
    for question, given in zip(quiz.questions, answers.given, strict=True):
        one: dict[str, object] = {"question": question.text}
        one["answer"] = text_of(question, given) if answered(given) else None
        if isinstance(given, int):
            one["letter"] = letter(given)
        told.append(one)
    return json.dumps(told, ensure_ascii=False)
