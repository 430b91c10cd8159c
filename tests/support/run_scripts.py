"""What a scripted run does, one action after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Citation, FunctionCall, Hit, RunStatus
from studybuddy.domain.usage import Usage

USAGE = Usage(prompt=20, completion=10)
"""Of what a run's steps do not tell, where its script says nothing else."""
CUT = Problem(ProblemKind.CUT_OFF, "The connection broke.", transient=True)


@dataclass(frozen=True)
class Says:
    """Write more of a message, word by word, with a pause after each."""

    text: str
    pause: float = 0.0
    citations: tuple[Citation, ...] = ()
    """Of the message, counted in its own text."""


@dataclass(frozen=True)
class NewMessage:
    """End the message; what is said next is another one."""


@dataclass(frozen=True)
class Searches:
    """Search the notes."""

    hits: tuple[Hit, ...] = ()
    seconds: float = 0.0
    usage: Usage | None = None
    """Of the step."""


@dataclass(frozen=True)
class RunsCode:
    """Run code."""

    code: str
    logs: str = ""
    seconds: float = 0.0
    usage: Usage | None = None
    """Of the step."""


@dataclass(frozen=True)
class Requires:
    """Wait until these calls are answered."""

    calls: tuple[FunctionCall, ...]


@dataclass(frozen=True)
class Pauses:
    """Do nothing for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Starts:
    """Leave the queue; a run starts by itself where its script does not begin with a pause."""


@dataclass(frozen=True)
class Cuts:
    """Break every stream of the run."""

    problem: Problem = CUT


@dataclass(frozen=True)
class Stalls:
    """Say nothing more on any stream of the run, and leave them open."""


@dataclass(frozen=True)
class Ends:
    """End the run; one whose script has no such action is COMPLETED."""

    status: RunStatus = RunStatus.COMPLETED
    error: str = ""
    error_code: str = ""
    incomplete_reason: str = ""
    usage: Usage | None = USAGE
    """Of what its steps do not tell; with `None` it tells nothing of itself."""


Action = (
    Says
    | NewMessage
    | Searches
    | RunsCode
    | Requires
    | Pauses
    | Starts
    | Cuts
    | Stalls
    | Ends
    | asyncio.Event
)
"""An `asyncio.Event` is a gate to wait at."""

Script = Sequence[Action]
