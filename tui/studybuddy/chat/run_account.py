"""What one run uses: held against the budgets while it goes on, and recorded at its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from studybuddy.chat.faults import problem_of
from studybuddy.chat.run_usage import cost_of, reported_usage
from studybuddy.chat.thread_context import Terms, ThreadContext
from studybuddy.domain.accounts import Origin, Outcome, Purpose, UsageRecord
from studybuddy.domain.events import BudgetNear, StepChanged, TextDelta, TurnEvent, UsageReported
from studybuddy.domain.limits import BudgetState, Spent
from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.money import Cost
from studybuddy.domain.runs import Run, RunStep, StepStatus
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.run_state import RunState
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.money import Tariff

_log = logging.getLogger(__name__)

_OUTCOMES = {
    MessageState.COMPLETE: Outcome.COMPLETE,
    MessageState.STOPPED: Outcome.STOPPED,
    MessageState.FAILED: Outcome.FAILED,
    MessageState.INTERRUPTED: Outcome.FAILED,  # until it is followed again: then it is replaced
}


class RunAccount:
    """Keeps one run's account; times are the event loop's."""

    def __init__(
        self,
        limits: Limits,
        context: ThreadContext,
        conversation_id: str,
        endpoint: Endpoint,
        *,
        name: str = "",
        found: bool = False,
    ) -> None:
        """Take the parts.

        Args:
            limits: the budgets and the records.
            context: counts what the server does not.
            conversation_id: whose run it is.
            endpoint: who answers, or stands in for who did.
            name: of who answers, where that is not `endpoint`: its price is not known then.
            found: whether the run is one from before a restart.
        """
        self.terms = Terms()
        """On which it began."""
        self.over: BudgetState | None = None
        """The budget that ended the run."""
        self._limits = limits
        self._context = context
        self._conversation_id = conversation_id
        self._endpoint = endpoint
        self._name = name or endpoint.name
        self._found = found
        self._clock = asyncio.get_running_loop().time
        self._began = self._at = 0.0
        self._first_word: float | None = None
        self._changed = asyncio.Event()

    def begins(self) -> None:
        """What is asked leaves now."""
        self._began, self._at = self._clock(), self._limits.accounts.now()

    def saw(self, event: TurnEvent) -> None:
        """Take notice of what happens."""
        match event:
            case TextDelta() if self._first_word is None:
                self._first_word = self._clock()
            case StepChanged() | UsageReported():
                self._changed.set()

    @asynccontextmanager
    async def watching(
        self, state: RunState, tell: Callable[[TurnEvent], None], stop: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Hold the run against the budgets for as long as the block lasts.

        Args:
            state: what is known of the run.
            tell: takes a BudgetNear, once for each budget, and one where it is used up.
            stop: ends the run; called once, where a budget is used up.
        """
        watch = asyncio.create_task(self._watch(state, tell, stop))
        try:
            yield
        finally:
            watch.cancel()
            [fault] = await asyncio.gather(watch, return_exceptions=True)
            if isinstance(fault, Exception):
                problem_of(fault)  # it is logged; what came of the run stands
            self._limits.budgets.request_over(self._conversation_id)

    async def close(self, state: RunState, ended: MessageState) -> None:
        """Record what the run used, where it ended: `ended` is the state of its answer."""
        outcome = _OUTCOMES.get(ended)
        if outcome is None:
            return
        run, steps = state.run, state.steps
        reported = reported_usage(run, steps)
        usage = reported or await self._rounds(run, steps, state.text)
        tariff = await self._tariff(run)
        cost = None if tariff is None else cost_of(tariff, usage, steps)
        at = (run.created_at or self._at) if self._found else self._at
        await self._limits.accounts.record(
            UsageRecord(
                run.id,
                at,
                self._name,
                run.model or self._endpoint.model,
                Origin(self._conversation_id, Mode.ASSISTANT, Purpose.RUN),
                usage,
                reported is not None,
                cost,
                free=tariff is not None and tariff.free,
                first_token=self._since(self._first_word),
                duration=0.0 if self._found else self._clock() - self._began,
                outcome=outcome,
            )
        )

    async def _watch(
        self, state: RunState, tell: Callable[[TurnEvent], None], stop: Callable[[], None]
    ) -> None:
        budgets = self._limits.budgets
        told = {budget.period for budget in self.terms.warnings}
        while self.over is None:
            await self._changed.wait()
            self._changed.clear()
            if not budgets.any:
                continue
            spent = await self._so_far(state)
            for budget in await budgets.states(self._conversation_id, spent):
                if budget.lifted or budget.period in self.terms.lifted:
                    continue
                if budget.reached and not state.run.status.over:
                    _log.info("run %s: %s", state.run.id, budget)
                    self.over = budget
                    tell(BudgetNear(budget))
                    stop()
                    return
                if budget.warns and budget.period not in told:
                    told.add(budget.period)
                    tell(BudgetNear(budget))

    async def _so_far(self, state: RunState) -> Spent:
        """What the run used by now, as far as that is known."""
        run, steps = state.run, state.steps
        usage = reported_usage(run, steps) or await self._rounds(run, steps, state.text)
        tariff = await self._tariff(run)
        if tariff is None:
            return Spent.of(usage, Cost.of(None, usage))
        return Spent.of(usage, Cost(cost_of(tariff, usage, steps)))

    async def _rounds(self, run: Run, steps: Sequence[RunStep], text: str) -> Usage:
        """What requests took that nobody reports: each had the thread to read, at least."""
        model = run.model or self._endpoint.model
        prompt = self.terms.prompt or (await self._context.count(self.terms.asked, model)).tokens
        rounds = sum(bool(step.calls) and step.status is StepStatus.COMPLETED for step in steps)
        return Usage(prompt * (rounds + 1), await self._context.answer_tokens(text, model))

    async def _tariff(self, run: Run) -> Tariff | None:
        if self._name != self._endpoint.name:
            return None
        facts = await self._limits.accounts.facts(self._endpoint, run.model or self._endpoint.model)
        return facts.tariff

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None or self._found else moment - self._began
