"""Finds out whether a turn may be sent: what comes before anything is stored or leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.chat.faults import problem_of
from studybuddy.chat.mailbox import Mailbox
from studybuddy.domain.accounts import Origin
from studybuddy.domain.allowances import Allowance
from studybuddy.domain.limits import (
    BudgetState,
    DoesNotFit,
    Obstacle,
    OverBudget,
    PromptTooLong,
    Spent,
)
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import Problem

if TYPE_CHECKING:
    from studybuddy.chat.fitting import Fitted
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.messages import Conversation, Message
    from studybuddy.domain.ports import KeptAnswer


@dataclass(frozen=True, slots=True)
class Cleared:
    """A turn that may be sent."""

    request: CompletionRequest
    fitted: Fitted
    kept: KeptAnswer | None = None
    """An answer that makes sending it needless."""
    warnings: tuple[BudgetState, ...] = ()
    """Budgets that the student is to be told of."""


class Clearing:
    """The checks of one turn; they run in a task, so that stopping is cancelling it."""

    def __init__(self, limits: Limits, endpoint: Endpoint, allow: Allowance) -> None:
        self._limits = limits
        self._endpoint = endpoint
        self._allow = allow
        self._mailbox = Mailbox()
        self._task: asyncio.Task[Cleared | Obstacle] | None = None
        self._stopped = False

    async def events(
        self, head: Conversation, branch: Sequence[Message]
    ) -> AsyncGenerator[TurnEvent]:
        """Check a branch whose last message is the question, and tell what is waited for."""
        self._task = asyncio.create_task(self._clear(head, branch))
        self._task.add_done_callback(lambda _: self._mailbox.close())
        if self._stopped:
            self._task.cancel()
        try:
            async for event in self._mailbox:
                yield event
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    @property
    def outcome(self) -> Cleared | Obstacle | Problem | None:
        """What came of it, after `events`; `None` where it was stopped."""
        if self._task is None or self._task.cancelled():
            return None
        if (error := self._task.exception()) is not None:
            return problem_of(error)
        return self._task.result()

    def stop(self) -> None:
        """Break it off; nothing is sent then."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    async def _clear(self, head: Conversation, branch: Sequence[Message]) -> Cleared | Obstacle:
        limits, endpoint = self._limits, self._endpoint
        longest, characters = limits.settings.limits.prompt_characters, len(branch[-1].text)
        if 0 < longest < characters:
            return PromptTooLong(characters, longest)

        async def afford(coming: Spent) -> OverBudget | None:
            # Not `check`: what was lifted for one request is for the answer's.
            states = await limits.budgets.states(head.id, coming)
            return next((OverBudget(state) for state in states if state.stops), None)

        fitted = await limits.fitter.fit(
            head,
            branch,
            endpoint,
            self._allow.overflow,
            afford=afford,
            tell=self._mailbox.put,
        )
        if isinstance(fitted, DoesNotFit | OverBudget):
            return fitted
        request = CompletionRequest(
            fitted.messages,
            endpoint.model,
            fitted.max_completion_tokens,
            Origin(head.id, head.mode),
        )
        if not self._allow.afresh:
            kept = await limits.kept.find(endpoint, request)
            if kept is not None:  # it costs nothing, so no budget stands against it
                return Cleared(request, fitted, kept)
        admitted = await limits.budgets.admit(head.id, fitted.coming)
        if isinstance(admitted, OverBudget):
            return admitted
        return Cleared(request, fitted, None, admitted.warnings)
