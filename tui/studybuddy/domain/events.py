"""What a turn tells while it happens; every mode yields this same union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message
from studybuddy.domain.phases import Phase
from studybuddy.domain.problems import Problem
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.limits import BudgetState, Obstacle
    from studybuddy.domain.runs import FunctionCall, RunStep


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The phase changed; `detail` is a short text for the status line."""

    phase: Phase
    detail: str = ""
    retry_in: float | None = None
    """For RETRYING: seconds until the next attempt."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers, where the server shows it.

    It is billed as the answer is, and no part of it.
    """

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The endpoint told what the request used."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The question is on disk and the answer's place is made; only statuses come before it."""

    question: Message
    answer: Message
    replaced: tuple[str, ...] = ()
    """Ids of messages that left the shown branch for this turn; the store keeps them."""


@dataclass(frozen=True, slots=True)
class TurnRefused:
    """Nothing was sent or stored, because of that; the turn's only event, but for statuses."""

    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class ContextFitted:
    """The conversation was made to fit before it was sent."""

    dropped: int = 0
    """Messages that were left out."""
    summarised: int = 0
    """Messages that a summary stands for."""


@dataclass(frozen=True, slots=True)
class BudgetNear:
    """A budget nears its end, or is over it while a run goes on."""

    state: BudgetState


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The answer is complete, or was stopped: its `state` says which."""

    answer: Message
    finish_reason: str = "stop"
    """As Chat Completions gives it: `stop`, `length`, …; `stopped` where the student did."""
    remark: str = ""
    """What the student should know about how it ended; empty where all is as it should be."""
    back: bool = False
    """Whether nothing came, and the branch from before the turn is shown again."""


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """No complete answer came; `answer` keeps what did."""

    answer: Message
    problem: Problem
    back: bool = False
    """Whether nothing came, and the branch from before the turn is shown again."""


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step of the run began, went on, or ended; it replaces the one of the same id."""

    step: RunStep


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """The run waits until all of these calls are answered."""

    run_id: str
    calls: tuple[FunctionCall, ...]
    draft: str = ""
    """What the student had answered before, as it was kept; empty for nothing."""


@dataclass(frozen=True, slots=True)
class TextReplaced:
    """The answer as it is now, in place of all the text that came before."""

    text: str


TurnEvent = (
    StatusChanged
    | TextDelta
    | TextReplaced
    | ReasoningDelta
    | StepChanged
    | ActionRequired
    | UsageReported
    | ContextFitted
    | BudgetNear
    | TurnRefused
    | TurnStarted
    | TurnFinished
    | TurnFailed
)
