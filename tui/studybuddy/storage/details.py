"""What a run left with its answer, as JSON. Imported with the first answer that has it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import msgspec
from msgspec import Struct

from studybuddy.domain.runs import (
    Citation,
    CodeCall,
    FunctionCall,
    Hit,
    RunDetails,
    RunStatus,
    RunStep,
    SearchCall,
    StepStatus,
    ToolCall,
)
from studybuddy.domain.usage import Usage
from studybuddy.storage.text import clean


class _Code(Struct, tag="code"):
    id: str
    code: str
    logs: str = ""


class _Search(Struct, tag="search"):
    id: str
    hits: tuple[Hit, ...] = ()


class _Function(Struct, tag="function"):
    id: str
    name: str
    arguments: str
    output: str | None = None


class _Step(Struct):
    id: str
    status: StepStatus
    calls: tuple[_Code | _Search | _Function, ...] = ()
    message_id: str = ""
    error: str = ""
    usage: Usage | None = None


class _Details(Struct):
    run_id: str
    thread_id: str
    assistant_id: str = ""
    assistant_name: str = ""
    status: RunStatus = RunStatus.QUEUED
    citations: tuple[Citation, ...] = ()
    steps: tuple[_Step, ...] = ()
    goes_on: int = 0


_TAGS: dict[type[ToolCall], str] = {
    CodeCall: "code",
    SearchCall: "search",
    FunctionCall: "function",
}


LONGEST_HIT = 2_000
"""Characters kept of a passage that a search found; the note itself has the rest."""
LONGEST_LOGS = 20_000
"""Characters kept of what code printed."""


def encoded(details: RunDetails) -> str:
    """The details as JSON text; long passages and logs are cut."""
    details = replace(details, steps=tuple(_cut_step(step) for step in details.steps))
    tree: dict[str, Any] = asdict(details)
    for step, told in zip(details.steps, tree["steps"], strict=True):
        for call, told_call in zip(step.calls, told["calls"], strict=True):
            told_call["type"] = _TAGS[type(call)]
    try:
        return msgspec.json.encode(tree).decode()
    except UnicodeEncodeError:  # half of an emoji, which a model's cut text may hold
        return msgspec.json.encode(_cleaned(tree)).decode()


def decoded(text: str) -> RunDetails | None:
    """The details of JSON text; `None` where it is nothing that this version understands."""
    try:
        told = msgspec.json.decode(text, type=_Details)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return RunDetails(
        told.run_id,
        told.thread_id,
        told.assistant_id,
        told.assistant_name,
        told.status,
        told.citations,
        tuple(
            RunStep(
                step.id,
                step.status,
                tuple(_call(call) for call in step.calls),
                step.message_id,
                step.error,
                step.usage,
            )
            for step in told.steps
        ),
        told.goes_on,
    )


def _cut_step(step: RunStep) -> RunStep:
    return replace(step, calls=tuple(_cut_call(call) for call in step.calls))


def _cut_call(call: ToolCall) -> ToolCall:
    match call:
        case CodeCall():
            return replace(call, logs=_cut(call.logs, LONGEST_LOGS))
        case SearchCall():
            hits = tuple(replace(hit, text=_cut(hit.text, LONGEST_HIT)) for hit in call.hits)
            return replace(call, hits=hits)
        case _:
            return call


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _call(told: _Code | _Search | _Function) -> ToolCall:
    match told:
        case _Code():
            return CodeCall(told.id, told.code, told.logs)
        case _Search():
            return SearchCall(told.id, told.hits)
        case _Function():
            return FunctionCall(told.id, told.name, told.arguments, told.output)


def _cleaned(tree: Any) -> Any:
    match tree:
        case str():
            return clean(tree)
        case dict():
            return {name: _cleaned(value) for name, value in tree.items()}
        case list() | tuple():
            return [_cleaned(value) for value in tree]
        case _:
            return tree
