"""What a model that can't call tools is told instead: plain messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from studybuddy.engine.asking.notes import Sentence
from studybuddy.engine.asking.offered import Function
from studybuddy.engine.asking.turn import Result, Turn
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH

Messages = list[dict[str, str]]

_LONGEST_OUTPUT = 1500  # characters of a function's output, for a small model
_LONGEST = 6000  # characters of a question, for a small model
_RECENT = 4  # messages


def flattened(turn: Turn) -> Messages:
    """The conversation with the tools' results put before the question."""
    messages: Messages = []
    if turn.instructions:
        messages.append({"role": "system", "content": turn.instructions})
    messages += [{"role": role, "content": text} for role, text in turn.earlier]
    told = [_told(result) for result in turn.results]
    messages.append({"role": "user", "content": "\n\n".join([*told, turn.question])})
    return messages


def from_notes(question: str, sentences: Sequence[Sentence]) -> Messages:
    """Have a small model answer from a few sentences.

    Measured with the built-in model on 70 questions about study notes: 29 answers had what was
    asked for with three sentences put so, 18 with the three best passages whole.
    """
    text = " ".join(s.text for s in sorted(sentences, key=lambda s: s.order))
    return [
        {"role": "system", "content": "You answer questions from notes."},
        {
            "role": "user",
            "content": f"Notes: {text}\n\nQuestion: {question}\n"
            "Answer with the fact from the notes.",
        },
    ]


def from_output(turn: Turn) -> Messages:
    """Have a small model answer from what functions gave back."""
    told = "\n".join(f"{r.name}: {r.output[:_LONGEST_OUTPUT]}" for r in turn.results)
    return [
        {
            "role": "user",
            "content": f"{told}\n\nUse this information to answer in one or two sentences.\n"
            f"{turn.question[:_LONGEST]}",
        }
    ]


def for_arguments(turn: Turn, function: Function) -> Messages:
    """Have the arguments of a function written as JSON."""
    names = [
        f"- {name}: {schema.get('description') or schema.get('type', '')}"
        if isinstance(schema, dict)
        else f"- {name}"
        for name, schema in function.properties.items()
    ]
    recent = turn.earlier[-_RECENT:]
    talk = "\n".join(f"{role}: {text[:_LONGEST_OUTPUT]}" for role, text in recent)
    return [
        {
            "role": "system",
            "content": f"You fill in the arguments of the function {function.name} as JSON. "
            f"{function.description}\n" + "\n".join(names),
        },
        {"role": "user", "content": f"{talk}\n{turn.question[:_LONGEST]}".strip()},
    ]


def for_better_arguments(found: dict[str, Any] | None, problem: str) -> Messages:
    """Have arguments written once more that were wrong."""
    return [
        {"role": "assistant", "content": json.dumps(found or {}, ensure_ascii=False)[:_LONGEST]},
        {
            "role": "user",
            "content": f"That is wrong: {problem}. Write the arguments again as JSON.",
        },
    ]


def for_code(turn: Turn) -> Messages:
    """Have a short Python program written as JSON."""
    return [
        {
            "role": "system",
            "content": "You write short Python programs that print their result. "
            "Use no files, no network and no modules but math and random.",
        },
        {"role": "user", "content": turn.question[:_LONGEST]},
    ]


def _told(result: Result) -> str:
    if result.name == FILE_SEARCH:
        return f"Passages from my files:\n\n{result.output}"
    if result.name == CODE_INTERPRETER:
        code = str(result.arguments.get("code", ""))
        return f"This Python code was run:\n```python\n{code}\n```\nIt printed:\n{result.output}"
    arguments = json.dumps(dict(result.arguments), ensure_ascii=False)
    return f"{result.name} was called with {arguments}. It gave:\n{result.output}"


def lesson(topic: str) -> Messages:
    """Have a few plain facts written, for a quiz to be made from."""
    return [
        {"role": "user", "content": f"Write eight short facts about {topic}, one sentence each."}
    ]
