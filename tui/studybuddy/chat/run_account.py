"""What one run uses: held against the budgets while it goes on, and recorded at its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from studybuddy.chat.faults import problem_of
from studybuddy.chat.run_lost import take_back, was_taken
from studybuddy.chat.run_usage import cost_of, usage_of
from studybuddy.chat.thread_context import Terms, ThreadContext
from studybuddy.domain.accounts import Origin, Outcome, Purpose, Total, UsageRecord
from studybuddy.domain.events import (
    BudgetNear,
    StepChanged,
    TextDelta,
    TextReplaced,
    TurnEvent,
    UsageReported,
)
from studybuddy.domain.limits import BudgetState, Spent
from studybuddy.domain.messages import Message, MessageState, Mode
from studybuddy.domain.money import Cost
from studybuddy.domain.runs import Run
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.holds import Hold
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.run_state import RunState
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.money import Tariff
    from studybuddy.domain.problems import Problem

_log = logging.getLogger(__name__)

_LONGEST_AGO = 60 * 24 * 3600.0
"""Seconds for which servers keep a thread; no run that is followed began before that."""
_LOOK_EVERY = 200
"""Characters of an answer, some fifty tokens, after which the budgets are looked at, at least."""
_LOOK_SHARE = 16
"""The same as 1 / n of a long answer, for all of it is counted each time."""
_OUTCOMES = {
    MessageState.COMPLETE: Outcome.COMPLETE,
    MessageState.STOPPED: Outcome.STOPPED,
    MessageState.FAILED: Outcome.FAILED,
    MessageState.INTERRUPTED: Outcome.INTERRUPTED,  # replaced where it is followed again
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
        self.lost = ""
        """The answer before, where nobody knew whether its run began: it may be this one."""
        self.over: BudgetState | None = None
        """The budget that ended the run."""
        self._limits = limits
        self._context = context
        self._conversation_id = conversation_id
        self._origin = Origin(conversation_id, Mode.ASSISTANT, Purpose.RUN)
        self._endpoint = endpoint
        self._name = name or endpoint.name
        self._found = found
        self._clock = asyncio.get_running_loop().time
        self._began = self._at = 0.0
        self._first_word: float | None = None
        self._changed = asyncio.Event()
        self._hold: Hold | None = None
        self._written = self._look_at = 0
        """Characters of the answer: those that came, and those from which on to look again."""

    def was_found(self) -> None:
        """The run is one that was asked for before."""
        self._found = True

    def begins(self) -> None:
        """What is asked leaves now."""
        self._began, self._at = self._clock(), self._limits.accounts.now()

    def saw(self, event: TurnEvent) -> None:
        """Take notice of what happens."""
        match event:
            case TextDelta(text):
                if self._first_word is None:
                    self._first_word = self._clock()
                self._written += len(text)
                if self._written >= self._look_at:
                    self._look_at = self._written + max(_LOOK_EVERY, self._written // _LOOK_SHARE)
                    self._changed.set()
            case TextReplaced(text):
                self._written = self._look_at = len(text)
                self._changed.set()
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
        if self._found:  # all of it counts here, and not also what was recorded of it before
            self._limits.accounts.goes_on(state.run.id)
        watch = asyncio.create_task(self._watch(state, tell, stop))
        try:
            yield
        finally:
            watch.cancel()
            [fault] = await asyncio.gather(watch, return_exceptions=True)
            if isinstance(fault, Exception):
                problem_of(fault)  # it is logged; what came of the run stands
            self._limits.budgets.request_over(self._conversation_id)

    def ended_by(self, run: Run) -> BudgetState | None:
        """The budget that ended the run, here or by the longest answer that it was asked for."""
        cut = run.incomplete_reason == "max_completion_tokens"
        return self.over or (self.terms.ends_at if cut else None)

    def release(self) -> None:
        """Hold nothing for it any more: it is over, or nobody follows it."""
        for hold in (self.terms.hold, self._hold):
            if hold is not None:
                hold.leave()

    async def close(self, state: RunState, ended: MessageState) -> None:
        """Record what the run used, where it ended: `ended` is the state of its answer."""
        outcome = _OUTCOMES.get(ended)
        if outcome is not None:
            await self._record(state, outcome)
        self._limits.accounts.going_on.over(state.run.id)

    def _model(self, run: Run) -> str:
        """The model that the server tells, else the one that answers there by default."""
        return self._limits.accounts.names.of(self._endpoint, run.model)

    async def _record(self, state: RunState, outcome: Outcome) -> None:
        run = state.run
        requests, reported = await self._used(state)
        tariff = await self._tariff(run)
        cost = None if tariff is None else cost_of(tariff, requests)
        at = self._began_at(run.created_at) if self._found else self._at
        if self._found and self.lost:
            await take_back(self._limits.accounts, self._origin, self.lost)
        self.release()  # and no sooner: what it used is in the record, which is on its way at once
        await self._limits.accounts.record(
            UsageRecord(
                run.id,
                at,
                self._name,
                self._model(run) or self._name,
                self._origin,
                sum(requests, Usage()),
                reported,
                cost,
                free=tariff is not None and tariff.free,
                first_token=self._since(self._first_word),
                duration=self._since(self._clock()),
                outcome=outcome,
            )
        )

    async def close_unknown(self, answer: Message, problem: Problem | None) -> None:
        """Record that a run was asked for of which nothing is known.

        As for any request: where it was refused, nothing is billed; where it may have been taken,
        its prompt counts.

        Args:
            answer: that it was to make, as it ended; its record has the id of it.
            problem: what was in the way; `None` where it was stopped, and there is no run.
        """
        outcome = _OUTCOMES.get(answer.state)
        if outcome is None or problem is None:
            return
        taken = was_taken(outcome, problem)
        prompt = await self._prompt(self._endpoint.model) if taken else 0
        self.release()
        await self._limits.accounts.record_usage(
            self._origin,
            self._endpoint,
            "",
            None,
            id=answer.id,
            at=self._at,
            first_token=None,
            duration=self._since(self._clock()),
            outcome=outcome,
            counted=Usage(prompt),
        )

    async def _watch(
        self, state: RunState, tell: Callable[[TurnEvent], None], stop: Callable[[], None]
    ) -> None:
        budgets = self._limits.budgets
        if budgets.any:
            self._hold = self.terms.hold or await budgets.follow(self._conversation_id)
        hold = self._hold
        while self.over is None:
            await self._changed.wait()
            self._changed.clear()
            spent = await self._so_far(state)
            if hold is None:
                continue
            await hold.refresh()
            news = hold.use(spent)
            reached = next((budget for budget in hold.states() if budget.reached), None)
            if reached is not None and not state.run.status.over:
                _log.info("run %s: %s", state.run.id, reached)
                self.over = reached
                tell(BudgetNear(reached))
                stop()
                return
            for budget in news:
                tell(BudgetNear(budget))

    async def _so_far(self, state: RunState) -> Spent:
        """What the run used by now, as far as that is known."""
        requests, _ = await self._used(state)
        usage = sum(requests, Usage())
        cost, tariff = Cost.of(None, usage), await self._tariff(state.run)
        if tariff is not None:
            cost = Cost(cost_of(tariff, requests), free=tariff.free)
        used = Total(1, usage, cost)
        self._limits.accounts.going_on.put(state.run.id, self._conversation_id, used)
        return Spent.of(usage, cost)

    async def _used(self, state: RunState) -> tuple[tuple[Usage, ...], bool]:
        """What each of the run's requests used by now, and whether the server told all of it.

        Of a request that nobody tells of, the prompt and the text that came are counted: it had
        the thread to read, at least.
        """
        run = state.run
        known = usage_of(run, state.steps, state.texts)
        if not known.untold:
            return known.requests, True
        model = self._model(run)
        prompt = await self._prompt(model)
        counted = [
            Usage(prompt, await self._context.answer_tokens(text, model)) for text in known.untold
        ]
        return (*known.requests, *counted), False

    async def _prompt(self, model: str) -> int:
        """Tokens that a request of the run has to read, at least."""
        return self.terms.prompt or (await self._context.count(self.terms.asked, model)).tokens

    async def _tariff(self, run: Run) -> Tariff | None:
        if self._name != self._endpoint.name:
            return None
        facts = await self._limits.accounts.facts(self._endpoint, self._model(run))
        return facts.tariff

    def _began_at(self, told: float) -> float:
        """When a run from before began; now, where what its server tells can't be."""
        return told if told > 0 and 0 <= self._at - told < _LONGEST_AGO else self._at

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None or self._found else moment - self._began
