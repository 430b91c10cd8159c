"""What to do next for a model that can't call tools: decided from the conversation alone."""

from __future__ import annotations

from dataclasses import dataclass

from studybuddy.engine.asking.offered import Function, Offered, forced
from studybuddy.engine.asking.port import Ask
from studybuddy.engine.asking.quiz_shape import quiz_shape
from studybuddy.engine.asking.turn import Turn
from studybuddy.engine.asking.wants import (
    code_for,
    is_small_talk,
    quiz_topic,
    search_query,
    wanted_function,
    wants_code,
)
from studybuddy.engine.tools.definitions import BUILT_IN, CODE_INTERPRETER, FILE_SEARCH

_ANYTHING = (
    "definition of what is called and means, cause and effect, important example, kind, part, "
    "number, first, largest, use, made, between, two, three, world, law, value, time, form, new"
)
"""Words of which notes about anything have some, for a search that is not about anything."""


@dataclass(frozen=True, slots=True)
class Search:
    """Call file_search."""

    query: str


@dataclass(frozen=True, slots=True)
class RunCode:
    """Call code_interpreter."""

    code: str
    """Empty where the model is to write it."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Call a function, with arguments yet to be made."""

    function: Function


@dataclass(frozen=True, slots=True)
class AnswerFromNotes:
    """Answer with the passages that were found."""


@dataclass(frozen=True, slots=True)
class AnswerFromCode:
    """Answer with what the code printed."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Say something about what a function of the client gave back."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Answer without any tool."""


Move = Search | RunCode | Fill | AnswerFromNotes | AnswerFromCode | Feedback | Chat


def next_move(ask: Ask, turn: Turn) -> Move:
    """The next move for a request.

    A tool is called at most once for a question, so that every run comes to an answer.

    Args:
        ask: the request.
        turn: where its conversation stands.
    """
    offered = Offered(ask.tools)
    if ask.tool_choice != "none" and offered:
        name = forced(ask.tool_choice)
        if name and (function := offered.get(name)) is not None:
            if _is_quiz_from_notes(function, turn, offered):
                return Search(material_for(function, turn))
            return _call(function, turn)
        if (move := _wanted(turn, offered)) is not None:
            return move
        if ask.tool_choice == "required" and not turn.results:
            return _any_call(turn, offered)
    return _answer(turn)


def topic_of(turn: Turn) -> str:
    """What to look for in the notes for a question."""
    earlier = [text for role, text in turn.earlier if role == "user"]
    return search_query(turn.question, earlier[-1] if earlier else "")


def material_for(function: Function, turn: Turn) -> str:
    """What to look for in the notes so that a function can be filled from them."""
    if quiz_shape(function) is None:
        return topic_of(turn)
    earlier = [text for role, text in turn.earlier if role == "user"]
    return quiz_topic(turn.question) or (search_query(earlier[-1]) if earlier else _ANYTHING)


def _wanted(turn: Turn, offered: Offered) -> Move | None:
    """The call that the question plainly needs, and that was not made yet."""
    if is_small_talk(turn.question):
        return None
    done = {result.name for result in turn.results}
    own = [function for name in offered.names if (function := offered.get(name))]
    function = wanted_function(turn.question, (f for f in own if f.name not in BUILT_IN))
    searchable = FILE_SEARCH in offered and FILE_SEARCH not in done
    if function is not None:
        if function.name in done:
            return None
        # A quiz and the like are made from the notes, where there are any.
        return Search(material_for(function, turn)) if searchable else Fill(function)
    if CODE_INTERPRETER in offered and CODE_INTERPRETER not in done:
        if code := code_for(turn.question):
            return RunCode(code)
        if wants_code(turn.question):
            return RunCode("")
    if done & {CODE_INTERPRETER}:
        return None
    return Search(topic_of(turn)) if searchable else None


def _is_quiz_from_notes(function: Function, turn: Turn, offered: Offered) -> bool:
    """Whether a quiz that must be called can wait for a search of what to ask about.

    Only where the question leads to it again afterwards, when the choice is no longer forced.
    """
    return (
        FILE_SEARCH in offered
        and not turn.results
        and quiz_shape(function) is not None
        and wanted_function(turn.question, [function]) is not None
    )


def _call(function: Function, turn: Turn) -> Move:
    if function.name == FILE_SEARCH:
        return Search(topic_of(turn))
    if function.name == CODE_INTERPRETER:
        return RunCode(code_for(turn.question) or "")
    return Fill(function)


def _any_call(turn: Turn, offered: Offered) -> Move:
    """Some call, since one is required: the client's own function first."""
    names = sorted(offered.names, key=lambda name: name in BUILT_IN)
    function = offered.get(names[0])
    assert function is not None
    return _call(function, turn)


def _answer(turn: Turn) -> Move:
    done = [result.name for result in turn.results]
    if not done:
        return Chat()
    if any(name not in BUILT_IN for name in done):
        return Feedback()
    return AnswerFromCode() if CODE_INTERPRETER in done else AnswerFromNotes()
