"""Stands where assistant mode was left out: everything asked of it fails with a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.assistant_ports import AssistantService, FollowedRun


class NoAssistants:
    """An `AssistantConnector` that connects to nothing."""

    async def connect(self, endpoint: Endpoint) -> AssistantService:
        """Fail."""
        raise StudyBuddyError(
            Problem(
                ProblemKind.ENGINE,
                "Assistant mode is not available here.",
                "Use a conversation in completion mode.",
            )
        )


class NoRuns:
    """A `RunStore` that remembers nothing."""

    async def follow(self, run: FollowedRun) -> None:
        """Forget it."""

    async def run_over(self, run_id: str) -> None:
        """Nothing was remembered."""

    async def save_action_draft(self, run_id: str, draft: str) -> None:
        """Forget it."""

    async def claim_runs(self) -> Sequence[FollowedRun]:
        """None."""
        return ()
