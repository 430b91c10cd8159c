"""Quizzes for small models: made from what the conversation holds, and judged by it."""

from __future__ import annotations

from typing import Any

from studybuddy.engine.asking.notes import (
    NotePassage,
    all_sentences,
    best_sentences,
    passages_in,
)
from studybuddy.engine.asking.offered import Function, Offered
from studybuddy.engine.asking.quiz_feedback import answers_in, feedback
from studybuddy.engine.asking.quiz_making import quiz_items
from studybuddy.engine.asking.quiz_shape import count_in, kinds_in, quiz_shape
from studybuddy.engine.asking.schemas import schema_problem
from studybuddy.engine.asking.turn import Turn
from studybuddy.engine.asking.wants import quiz_topic
from studybuddy.engine.tools.definitions import FILE_SEARCH

_LONGEST_TITLE = 60  # characters
_CLOSE = 2
"""Sentences closest to the topic, for each question."""


def quiz_arguments(function: Function, turn: Turn) -> dict[str, Any] | None:
    """Arguments that show a quiz about what the conversation holds.

    Returns:
        `None` where the function shows no quiz, or there is too little to ask about.
    """
    shape = quiz_shape(function)
    if shape is None:
        return None
    count = count_in(turn.question, shape)
    multiple, free = kinds_in(turn.question, shape, count)
    passages = material(turn)
    topic = quiz_topic(turn.question)
    about = best_sentences(topic, passages, count * _CLOSE, plain=True) if topic else ()
    items = quiz_items(
        all_sentences(passages, plain=True), count, about=about, multiple=multiple, free=free
    )
    arguments = shape.arguments(title_of(turn), items)
    if not items or schema_problem(arguments, function.parameters):
        return None
    return arguments


def needs_lesson(function: Function, turn: Turn) -> str:
    """The topic of a quiz for which there is nothing to ask about; empty for all else."""
    if quiz_shape(function) is None or quiz_arguments(function, turn) is not None:
        return ""
    return quiz_topic(turn.question)


def quiz_feedback(offered: Offered, turn: Turn) -> str:
    """What to say about a quiz that was answered; empty where that can't be said from here."""
    for result in reversed(turn.results):
        function = offered.get(result.name)
        shape = quiz_shape(function) if function else None
        if shape is None:
            continue
        items = shape.items(result.arguments)
        answers = answers_in(result.output, len(items)) if items else None
        return (
            feedback(items, answers, all_sentences(material(turn), plain=True)) if answers else ""
        )
    return ""


def material(turn: Turn) -> list[NotePassage]:
    """What a quiz is made from: passages found, else what the assistant said."""
    passages = passages_in(turn.outputs(FILE_SEARCH))
    if passages:
        return passages
    said = [text for role, text in turn.earlier if role == "assistant"]
    return [NotePassage("", "", text) for text in (*said, *turn.said)]


def title_of(turn: Turn) -> str:
    """A quiz's title: its topic, else the file it is from."""
    topic = quiz_topic(turn.question)
    if not topic:
        passages = passages_in(turn.outputs(FILE_SEARCH))
        place = passages[0].place.partition(",")[0] if passages else ""
        topic = place.rpartition(".")[0].replace("_", " ").replace("-", " ") or place
    title = topic[:_LONGEST_TITLE].strip() or "Quiz"
    return title[0].upper() + title[1:]
