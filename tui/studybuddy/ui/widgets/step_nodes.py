"""The steps of a run as an outline: what each line says, what unfolds below it, what is copied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from studybuddy.domain.runs import (
    CodeCall,
    FunctionCall,
    Hit,
    RunStep,
    SearchCall,
    StepStatus,
    ToolCall,
)
from studybuddy.domain.text import harmless

_MARKS = {
    StepStatus.IN_PROGRESS: "●",
    StepStatus.COMPLETED: "✓",
    StepStatus.FAILED: "✗",
    StepStatus.CANCELLED: "■",
    StepStatus.EXPIRED: "■",
}
_BAR = 5
_NOTE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what unfolds."""

    kind: Literal["code", "text", "error"]
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the outline; all texts are harmless."""

    key: str
    title: str
    note: str = ""
    """Said behind the title, paler."""
    mark: str = ""
    """A sign of the step's status; empty for what is inside one."""
    body: tuple[Piece, ...] = ()
    copy: str = ""
    what: str = ""
    """What `copy` is, such as "code"; for the sentence that tells of copying."""
    children: tuple[Node, ...] = ()
    depth: int = 0
    folded: bool = False
    """Whether it is folded until the student unfolds it."""

    @property
    def folds(self) -> bool:
        """Whether there is something below it."""
        return bool(self.body or self.children)


def nodes_of(step: RunStep) -> tuple[Node, ...]:
    """Return the lines of a step: one for each tool call, or one for the message it writes."""
    mark = _MARKS[step.status]
    running = step.status is StepStatus.IN_PROGRESS
    error = (Piece("error", harmless(step.error)),) if step.error else ()
    if not step.calls:
        return (_message(step, mark, running, error),)
    last = len(step.calls) - 1
    return tuple(
        _call(call, f"{step.id}/{number}", mark, running, error if number == last else ())
        for number, call in enumerate(step.calls)
    )


def _message(step: RunStep, mark: str, running: bool, error: tuple[Piece, ...]) -> Node:
    title = "Writing the answer" if running else "Wrote the answer"
    if not step.message_id:
        title = "Working" if running else "Worked"
    if error:
        title = "Failed"
    tokens = step.usage.completion if step.usage else 0
    return Node(step.id, title, f"{tokens:,} tokens" if tokens else "", mark, error)


def _call(call: ToolCall, key: str, mark: str, running: bool, error: tuple[Piece, ...]) -> Node:
    match call:
        case CodeCall():
            code = harmless(call.code).strip("\n")
            body = (Piece("code", code, "python"),) if code else ()
            logs = harmless(call.logs).rstrip()
            output = (_inner(f"{key}/out", "output", Piece("text", logs)),) if logs else ()
            title = "Running code" if running else "Ran code"
            note = _first_line(code)
            return Node(key, title, note, mark, (*body, *error), code, "code", output)
        case SearchCall():
            count = len(call.hits)
            best = max((hit.score for hit in call.hits), default=0.0)
            found = "1 passage" if count == 1 else f"{count} passages" if count else "nothing found"
            return Node(
                key,
                "Searching the notes" if running else "Searched the notes",
                "" if running and not count else found,
                mark,
                error,
                "\n\n".join(harmless(hit.text) for hit in call.hits),
                "passages",
                tuple(_hit(hit, best, f"{key}/{number}") for number, hit in enumerate(call.hits)),
            )
        case FunctionCall():
            return _function(call, key, mark, error)


def _hit(hit: Hit, best: float, key: str) -> Node:
    """A passage, with a bar that is as long as its score is beside the best one's."""
    name = harmless(hit.file_name or hit.file_id)
    text = harmless(hit.text).strip()
    body = (Piece("text", text),) if text else ()
    filled = min(_BAR, max(0, round(hit.score / best * _BAR))) if best > 0 else 0
    bar = "━" * filled + "╌" * (_BAR - filled)
    note = f"{bar} {hit.score:.2f}"
    return Node(key, name, note, "", body, text, "passage", depth=1, folded=True)


def _function(call: FunctionCall, key: str, mark: str, error: tuple[Piece, ...]) -> Node:
    name = harmless(call.name)
    arguments = pretty(call.arguments)
    body = (Piece("code", arguments, "json"),) if arguments else ()
    note = "waits for your answer"
    answer: tuple[Node, ...] = ()
    if call.output is not None:
        note = "answered"
        piece = Piece("code", pretty(call.output), "json")
        answer = (_inner(f"{key}/out", "answer", piece),)
    body = (*body, *error)
    return Node(key, f"Called {name}", note, mark, body, arguments, "arguments", answer)


def _inner(key: str, title: str, piece: Piece) -> Node:
    return Node(key, title, "", "", (piece,), piece.text, title, depth=1)


def pretty(text: str) -> str:
    """Return JSON indented, and any other text as it is; harmless."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return harmless(text).strip()
    if isinstance(value, str):
        return harmless(value).strip()
    return harmless(json.dumps(value, indent=2, ensure_ascii=False))


def _first_line(code: str) -> str:
    lines = [line.strip() for line in code.split("\n") if line.strip()]
    if not lines:
        return ""
    line = lines[0][:_NOTE_LENGTH]
    return line if len(lines) == 1 and line == lines[0] else f"{line} …"
