"""What a run left with its answer, as JSON. Imported with the first answer that has it."""

from __future__ import annotations

from dataclasses import asdict
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


_TAGS: dict[type[ToolCall], str] = {
    CodeCall: "code",
    SearchCall: "search",
    FunctionCall: "function",
}


def encoded(details: RunDetails) -> str:
    """The details as JSON text."""
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
    )


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
