"""Runs of an assistant on a thread, in the terms of OpenAI's Assistants API v2."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from studybuddy.domain.usage import Usage


class RunStatus(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of the run."""
        return self not in _UNDER_WAY


_UNDER_WAY = frozenset(
    {
        RunStatus.QUEUED,
        RunStatus.IN_PROGRESS,
        RunStatus.REQUIRES_ACTION,
        RunStatus.CANCELLING,
    }
)


@dataclass(frozen=True, slots=True)
class CodeCall:
    """Code that the assistant had run."""

    id: str
    code: str
    logs: str = ""
    """What it printed, errors included."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search of the notes found."""

    file_id: str
    file_name: str
    text: str = ""
    score: float = 0.0
    """From 0 to 1."""


@dataclass(frozen=True, slots=True)
class SearchCall:
    """A search of the notes."""

    id: str
    hits: tuple[Hit, ...] = ()
    """Best first."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function that the assistant asks the app, and so the student, to carry out."""

    id: str
    name: str
    arguments: str
    """JSON as the model gave it, which may be none."""
    output: str | None = None
    """What was answered; `None` until then."""


ToolCall = CodeCall | SearchCall | FunctionCall


class StepStatus(StrEnum):
    """Where a step is in its life."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run: a message written, or tools used."""

    id: str
    status: StepStatus
    calls: tuple[ToolCall, ...] = ()
    """Empty where the step writes a message."""
    message_id: str = ""
    """Of the message that is written."""
    error: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the server tells of it; times are Unix seconds."""

    id: str
    thread_id: str
    assistant_id: str
    status: RunStatus
    model: str = ""
    created_at: float = 0.0
    started_at: float | None = None
    expires_at: float | None = None
    calls: tuple[FunctionCall, ...] = ()
    """For REQUIRES_ACTION: what must be answered, all of it."""
    error: str = ""
    """For FAILED: the server's sentence."""
    error_code: str = ""
    """For FAILED: `server_error`, `rate_limit_exceeded` or `invalid_prompt`."""
    incomplete_reason: str = ""
    """For INCOMPLETE: `max_completion_tokens`, `max_prompt_tokens`, or another."""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark in an answer that stands for a passage of the student's notes."""

    start: int
    """Of the mark, in characters of the answer's text."""
    end: int
    file_id: str
    file_name: str = ""
    quote: str = ""
    """The passage's words; empty where the server does not tell them."""
    page: int | None = None
    """From 1."""
    line: int | None = None
    """From 1, in the note's text."""
    note_start: int | None = None
    """Of the quote, in characters of the note's text."""
    note_end: int | None = None


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What a run left with the answer that it made."""

    run_id: str
    thread_id: str
    assistant_id: str = ""
    assistant_name: str = ""
    status: RunStatus = RunStatus.QUEUED
    citations: tuple[Citation, ...] = ()
    steps: tuple[RunStep, ...] = ()
    goes_on: int = 0
    """Characters of the answer that were there before the run: it goes on with one that was cut."""
