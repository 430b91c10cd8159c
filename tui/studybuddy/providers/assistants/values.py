"""Messages, runs and steps of the wire as values of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from studybuddy.domain.assistant_ports import ThreadMessage
from studybuddy.domain.messages import Role
from studybuddy.domain.reported_usage import usage_in
from studybuddy.domain.runs import (
    Citation,
    CodeCall,
    FunctionCall,
    Hit,
    Run,
    RunStatus,
    RunStep,
    SearchCall,
    StepStatus,
    ToolCall,
)
from studybuddy.providers.assistants import wire

DEFAULT_MODEL = "default"
"""Stands for no model, which the API does not have; the engine takes it for the endpoint's own."""
BETWEEN = "\n\n"
"""Stands between the parts of a message."""
_Status = TypeVar("_Status", RunStatus, StepStatus)


def message(told: wire.Message) -> ThreadMessage:
    """A message: its text parts joined, and the citations in them."""
    text = ""
    citations: list[Citation] = []
    for part in told.content or ():
        value = part.refusal or (part.text.value if part.text is not None else None)
        if not value:
            continue
        text += BETWEEN if text else ""
        if part.text is not None:
            citations += _citations(part.text.annotations or (), len(text))
        text += value
    return ThreadMessage(
        id=told.id,
        role=Role.ASSISTANT if told.role == "assistant" else Role.USER,
        text=text,
        created_at=told.created_at or 0.0,
        run_id=told.run_id or "",
        citations=tuple(sorted(citations, key=lambda citation: (citation.start, citation.end))),
        complete=told.status in (None, "completed"),
    )


def run(told: wire.Run) -> Run:
    """A run; a status that is not known counts as under way."""
    action = told.required_action
    calls = action.submit_tool_outputs if action is not None else None
    error, incomplete = told.last_error, told.incomplete_details
    return Run(
        id=told.id,
        thread_id=told.thread_id,
        assistant_id=told.assistant_id or "",
        status=_status(RunStatus.IN_PROGRESS, told.status),
        model=model_of(told.model),
        created_at=told.created_at or 0.0,
        started_at=told.started_at,
        expires_at=told.expires_at,
        calls=tuple(
            FunctionCall(call.id or "", call.function.name or "", call.function.arguments or "")
            for call in (calls.tool_calls if calls is not None else None) or ()
            if call.function is not None
        ),
        error=(error.message if error is not None else None) or "",
        error_code=(error.code if error is not None else None) or "",
        incomplete_reason=(incomplete.reason if incomplete is not None else None) or "",
        usage=usage_in(told.usage),
    )


def model_of(told: str | None) -> str:
    """A model's name; empty where it is the endpoint's own choice."""
    return "" if told is None or told == DEFAULT_MODEL else told


def step(told: wire.RunStep) -> RunStep:
    """A step of a run."""
    details = told.step_details or wire.StepDetails()
    creation, error = details.message_creation, told.last_error
    return RunStep(
        id=told.id,
        status=_status(StepStatus.IN_PROGRESS, told.status),
        calls=tuple(found for call in details.tool_calls or () if (found := _call(call))),
        message_id=creation.message_id if creation is not None else "",
        error=(error.message if error is not None else None) or "",
        usage=usage_in(told.usage),
    )


def merge(calls: Sequence[wire.ToolCall], delta: Iterable[wire.ToolCall]) -> list[wire.ToolCall]:
    """The calls of a step with what a delta adds to them, by their index."""
    merged = list(calls)
    for added in delta:
        if added.index >= len(merged):
            merged.append(added)
        elif added.index >= 0:
            merged[added.index] = _merged(merged[added.index], added)
    return merged


def _merged(call: wire.ToolCall, added: wire.ToolCall) -> wire.ToolCall:
    code, function = call.code_interpreter, call.function
    if (more := added.code_interpreter) is not None:
        known = code or wire.Interpreted()
        code = wire.Interpreted(
            (known.input or "") + (more.input or ""),
            [*(known.outputs or ()), *(more.outputs or ())],
        )
    if (said := added.function) is not None:
        before = function or wire.CalledFunction()
        function = wire.CalledFunction(
            before.name or said.name,
            (before.arguments or "") + (said.arguments or ""),
            said.output if said.output is not None else before.output,
        )
    return wire.ToolCall(
        call.id or added.id,
        call.type or added.type,
        call.index,
        function,
        code,
        added.file_search or call.file_search,
    )


def _call(told: wire.ToolCall) -> ToolCall | None:
    identity = told.id or ""
    if told.type == "code_interpreter":
        code = told.code_interpreter or wire.Interpreted()
        logs = "".join(output.logs or "" for output in code.outputs or ())
        return CodeCall(identity, code.input or "", logs)
    if told.type == "file_search":
        search = told.file_search or wire.Searched()
        return SearchCall(identity, tuple(_hit(found) for found in search.results or ()))
    if told.type == "function" and told.function is not None:
        function = told.function
        return FunctionCall(
            identity, function.name or "", function.arguments or "", function.output
        )
    return None


def _hit(told: wire.Found) -> Hit:
    text = "".join(piece.text or "" for piece in told.content or ())
    return Hit(told.file_id, told.file_name, text, told.score)


def _citations(annotations: Iterable[wire.Annotation], offset: int) -> list[Citation]:
    return [
        Citation(
            offset + (annotation.start_index or 0),
            offset + (annotation.end_index or 0),
            cited.file_id,
            cited.file_name or "",
            cited.quote or "",
            cited.page,
            cited.line,
            cited.start,
            cited.end,
        )
        for annotation in annotations
        if (cited := annotation.file_citation) is not None
    ]


def _status(usual: _Status, told: str) -> _Status:
    try:
        return type(usual)(told)
    except ValueError:
        return usual


def encodable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 can't carry, replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
