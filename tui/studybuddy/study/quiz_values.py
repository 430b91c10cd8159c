"""A quiz and the answers to it, as values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Self

Given = int | str | None
"""An answer: the number of a choice from 0, a text, or `None` for none yet."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with choices or to be answered in the student's own words."""

    text: str
    choices: tuple[str, ...] = ()
    """Two or more; empty for a free response."""


@dataclass(frozen=True, slots=True)
class Quiz:
    """One question or more; all texts are harmless (see `domain.text`)."""

    title: str
    questions: tuple[Question, ...]

    @property
    def fingerprint(self) -> str:
        """Tells this quiz from others: 16 hexadecimal digits."""
        texts = [self.title, *((question.text, question.choices) for question in self.questions)]
        return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered so far, and the question at which the student is."""

    given: tuple[Given, ...]
    """One for each question."""
    at: int = 0
    """From 0; the number of questions for the page after the last one."""

    @classmethod
    def none(cls, quiz: Quiz) -> Self:
        """Nothing answered yet."""
        return cls((None,) * len(quiz.questions))

    @classmethod
    def from_draft(cls, draft: str, quiz: Quiz) -> Self:
        """Read what `to_draft` wrote; a draft of another quiz, or none, is nothing answered."""
        try:
            kept = json.loads(draft)
        except (ValueError, RecursionError):
            return cls.none(quiz)
        if not isinstance(kept, dict) or kept.get("quiz") != quiz.fingerprint:
            return cls.none(quiz)
        given, at = kept.get("given"), kept.get("at")
        if not isinstance(given, list) or len(given) != len(quiz.questions):
            return cls.none(quiz)
        pairs = zip(given, quiz.questions, strict=True)
        place = at if type(at) is int and 0 <= at <= len(given) else 0
        return cls(tuple(_fitting(answer, question) for answer, question in pairs), place)

    def to_draft(self, quiz: Quiz) -> str:
        """Write it down, to be resumed by `from_draft`."""
        return json.dumps({"quiz": quiz.fingerprint, "given": self.given, "at": self.at})

    def with_answer(self, number: int, answer: Given) -> Self:
        """Return these with another answer to one question."""
        return replace(self, given=(*self.given[:number], answer, *self.given[number + 1 :]))

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the questions that are not answered."""
        return tuple(n for n, given in enumerate(self.given) if not answered(given))


def answered(given: Given) -> bool:
    """Tell whether it is an answer: a choice, or a text that is not blank."""
    return bool(given.strip()) if isinstance(given, str) else given is not None


def letter(number: int) -> str:
    """Name a choice, counted from 0: A to Z, then 27 and so on."""
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def text_of(question: Question, given: Given) -> str:
    """Return an answer in words; empty where there is none."""
    if isinstance(given, str):
        return given.strip()
    return "" if given is None else question.choices[given]


def _fitting(answer: object, question: Question) -> Given:
    if isinstance(answer, str) and not question.choices:
        return answer
    if type(answer) is int and 0 <= answer < len(question.choices):
        return answer
    return None
