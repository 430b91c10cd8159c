"""Finds out whether a turn may be sent: what comes before anything is stored or leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.budgets import capped
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
    from studybuddy.chat.answer_watch import AnswerWatch
    from studybuddy.chat.budgets import Admitted
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.outlooks import Fitted
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.kept_texts import KeptAnswer
    from studybuddy.domain.messages import Conversation, Message


@dataclass(frozen=True, slots=True)
class Cleared:
    """A turn that may be sent."""

    request: CompletionRequest
    """As it is sent."""
    asked: CompletionRequest
    """The same without what budgets say of its answer: by that it is known again."""
    fitted: Fitted
    kept: KeptAnswer | None = None
    """An answer that makes sending it needless."""
    warnings: tuple[BudgetState, ...] = ()
    """Budgets that the student is to be told of."""
    watch: AnswerWatch | None = None
    """Holds the answer against the budgets; `None` where none is set."""
    ends_at: BudgetState | None = None
    """The budget that made the longest answer as short as it is."""

    def release(self) -> None:
        """Hold nothing for it any more: it is over, or was never sent."""
        if self.watch is not None:
            self.watch.leave()


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
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        if (error := self._task.exception()) is not None:
            return problem_of(error)
        return self._task.result()

    def release(self) -> None:
        """Hold nothing for it any more, whatever became of it."""
        if isinstance(cleared := self.outcome, Cleared):
            cleared.release()

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
            return OverBudget.of(await limits.budgets.states(head.id, coming))

        fitted = await limits.fitter.fit(
            head,
            branch,
            endpoint,
            self._allow.overflow,
            afford=afford,
            tell=self._mailbox.put,
        )
        if isinstance(fitted, DoesNotFit) and fitted.droppable:
            from studybuddy.chat.summary_outlook import summing_of

            summing = await summing_of(limits, head, branch, endpoint)
            return replace(fitted, summing=summing)
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
                return Cleared(request, request, fitted, kept)
        tariff = fitted.facts.tariff
        admitted = await limits.budgets.admit(head.id, fitted.coming, tariff)
        if isinstance(admitted, OverBudget):
            return admitted
        usual, prompt = request.max_completion_tokens, fitted.count.tokens
        most, ends_at = capped(usual, admitted, fitted.facts, prompt)
        return Cleared(
            replace(request, max_completion_tokens=most),
            request,
            fitted,
            None,
            admitted.warnings,
            self._watch(admitted, fitted),
            ends_at,
        )

    def _watch(self, admitted: Admitted, fitted: Fitted) -> AnswerWatch | None:
        if admitted.hold is None:
            return None
        from studybuddy.chat.answer_watch import AnswerWatch, TokensSoFar

        accounts = self._limits.accounts
        model = accounts.names.of(self._endpoint, self._endpoint.model)
        tokens = TokensSoFar(accounts.counter, model)
        return AnswerWatch(admitted.hold, tokens, fitted.count.tokens, fitted.facts.tariff)
