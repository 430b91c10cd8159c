"""How a run comes to be followed: it is started, or it is found again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from studybuddy.domain.assistant_ports import RunEvent
from studybuddy.domain.runs import Run, RunStatus


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that exists, and the rest of its stream; `None` where there is none."""

    run: Run
    events: AsyncGenerator[RunEvent] | None


def found_again(run_id: str, thread_id: str, assistant_id: str) -> Begun:
    """A run that exists, and of which nothing is known before it is looked at."""
    return Begun(Run(run_id, thread_id, assistant_id, RunStatus.IN_PROGRESS), None)


class Start(Protocol):
    """What brings a run to be followed."""

    @property
    def asked(self) -> bool:
        """Whether the server was asked to run the assistant, whatever came of it."""
        ...

    @property
    def committed(self) -> bool:
        """Whether it may have a run that `begin` has not returned (yet)."""
        ...

    async def begin(self) -> Begun:
        """Start the run, or find the one to be followed.

        Raises:
            StudyBuddyError: where there is none, or none that is known of.
        """
        ...

    async def lost(self) -> Begun | None:
        """Look for the run that `begin` may have made before it was stopped."""
        ...


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A `Start` of a run that is known."""

    run_id: str
    thread_id: str
    assistant_id: str
    asked = True
    committed = True

    async def begin(self) -> Begun:
        """That run."""
        return found_again(self.run_id, self.thread_id, self.assistant_id)

    async def lost(self) -> None:
        """It is never lost."""
