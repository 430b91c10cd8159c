"""Threads, messages, runs and steps on the wire, as far as the app reads them.

The shapes are those of OpenAI's OpenAPI document; whatever is not read is skipped, and almost
anything may be missing or null.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct


class FileCitation(Struct):
    """Which file a mark stands for; all but the id is StudyBuddy's own addition."""

    file_id: str = ""
    quote: str | None = None
    file_name: str | None = None
    page: int | None = None
    line: int | None = None
    start: int | None = None
    end: int | None = None


class Annotation(Struct):
    """A mark in a text."""

    start_index: int | None = None
    end_index: int | None = None
    file_citation: FileCitation | None = None


class Text(Struct):
    """A text with its marks."""

    value: str | None = None
    annotations: list[Annotation] | None = None


class Part(Struct):
    """A part of a message, or of a delta of one; other kinds than texts are not read."""

    type: str = ""
    index: int = 0
    text: Text | None = None
    refusal: str | None = None


class Message(Struct, tag="thread.message", tag_field="object"):
    """`thread.message`."""

    id: str
    role: str = "assistant"
    content: list[Part] | None = None
    created_at: float | None = None
    run_id: str | None = None
    status: str | None = None


class PartialMessage(Struct):
    """What a delta adds."""

    content: list[Part] | None = None


class MessageDelta(Struct, tag="thread.message.delta", tag_field="object"):
    """`thread.message.delta`."""

    id: str
    delta: PartialMessage


class Failure(Struct):
    """`last_error`."""

    code: str | None = None
    message: str | None = None


class CalledFunction(Struct):
    """A function with its arguments, and its output once there is one."""

    name: str | None = None
    arguments: str | None = None
    output: str | None = None


class Output(Struct):
    """What code gave; pictures are not read."""

    logs: str | None = None


class Interpreted(Struct):
    """Code that was run."""

    input: str | None = None
    outputs: list[Output] | None = None


class FoundText(Struct):
    """A piece of a passage."""

    text: str | None = None


class Found(Struct):
    """A passage."""

    file_id: str = ""
    file_name: str = ""
    score: float = 0.0
    content: list[FoundText] | None = None


class Searched(Struct):
    """A search."""

    results: list[Found] | None = None


class ToolCall(Struct):
    """A call of a tool, or what a delta adds to one."""

    id: str | None = None
    type: str = ""
    index: int = 0
    function: CalledFunction | None = None
    code_interpreter: Interpreted | None = None
    file_search: Searched | None = None


class MessageCreation(Struct):
    """Which message a step writes."""

    message_id: str = ""


class StepDetails(Struct):
    """What a step does."""

    message_creation: MessageCreation | None = None
    tool_calls: list[ToolCall] | None = None


class RunStep(Struct, tag="thread.run.step", tag_field="object"):
    """`thread.run.step`."""

    id: str
    status: str = ""
    step_details: StepDetails | None = None
    last_error: Failure | None = None
    usage: Any = None  # as `domain.reported_usage` reads it


class PartialStep(Struct):
    """What a delta adds."""

    step_details: StepDetails | None = None


class StepDelta(Struct, tag="thread.run.step.delta", tag_field="object"):
    """`thread.run.step.delta`."""

    id: str
    delta: PartialStep


class SubmitToolOutputs(Struct):
    """The calls that want an answer."""

    tool_calls: list[ToolCall] | None = None


class RequiredAction(Struct):
    """What a run waits for."""

    submit_tool_outputs: SubmitToolOutputs | None = None


class IncompleteDetails(Struct):
    """Why a run is incomplete."""

    reason: str | None = None


class Run(Struct, tag="thread.run", tag_field="object"):
    """`thread.run`."""

    id: str
    status: str
    thread_id: str = ""
    assistant_id: str | None = None
    model: str | None = None
    created_at: float | None = None
    started_at: float | None = None
    expires_at: float | None = None
    required_action: RequiredAction | None = None
    last_error: Failure | None = None
    incomplete_details: IncompleteDetails | None = None
    usage: Any = None  # as `domain.reported_usage` reads it


class Searchable(Struct):
    """The vector stores that a search looks into."""

    vector_store_ids: list[str] | None = None


class Resources(Struct):
    """`tool_resources`."""

    file_search: Searchable | None = None


class Thread(Struct, tag="thread", tag_field="object"):
    """`thread`."""

    id: str
    tool_resources: Resources | None = None


Streamed = Thread | Run | RunStep | StepDelta | Message | MessageDelta
"""What the events of a run's stream carry."""

_streamed: msgspec.json.Decoder[Streamed] = msgspec.json.Decoder(Streamed)


def streamed(data: bytes) -> Streamed | None:
    """The object of an event; `None` where it is none that the app knows."""
    try:
        return _streamed.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
