"""Makes a conversation fit the context window: a request that would not fit is never sent."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.context import Turn, opening_of
from studybuddy.chat.model_sizes import ModelSizes
from studybuddy.chat.outlooks import Fitted, Outlook
from studybuddy.chat.plans import Plan, make_plan, placed, summary_messages
from studybuddy.chat.reported import as_reported, count_alone, count_of
from studybuddy.chat.rooms import answer_beside, room_for
from studybuddy.chat.summarising import Job, Summariser
from studybuddy.chat.weighing import Scales, Weighed
from studybuddy.domain.counting import MARGIN
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.limits import DoesNotFit, OverBudget, Overflow, Room, Spent
from studybuddy.domain.messages import Role
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.events import StatusChanged
    from studybuddy.domain.kept_texts import Summary, SummaryStore
    from studybuddy.domain.messages import Conversation, Message
    from studybuddy.domain.ports import Connector
    from studybuddy.domain.problems import Problem
    from studybuddy.domain.settings import Settings

_log = logging.getLogger(__name__)

_ASKED_FROM = 0.5
"""Share of the room from which on the endpoint's own tokenizer is asked about an estimate, with
what it may be too low by."""
_ASKED_HERE_FROM = 1 / 16
"""The same of endpoints on this computer, which tell in milliseconds: for less, no tokenizer is
so different that it would not fit."""
_HERE = (EndpointKind.BUILT_IN, EndpointKind.LOCAL)
FITS_ANY = 1000
"""Prompt tokens that every model takes: with so few, nobody is asked for a window."""
_TRIES = 5
"""Plans that are made at most: each is better informed than the one before."""

Afford = Callable[[Spent], Awaitable[OverBudget | None]]
"""Tells what stands against spending that on a summary; `None` for nothing."""
Tell = Callable[["StatusChanged"], None]


class Fitter:
    """Makes conversations fit."""

    def __init__(
        self,
        accounts: Accounts,
        summaries: SummaryStore,
        connector: Connector,
        settings: Settings,
    ) -> None:
        """Take the parts.

        Args:
            accounts: knows the models' windows, and counts.
            summaries: the summaries that were made before.
            connector: asks the model for summaries; what they cost is recorded by it.
            settings: what is to happen where the conversation says nothing of its own.
        """
        self._accounts = accounts
        self._summaries = summaries
        self._connector = connector
        self.settings = settings
        """As they are by now."""
        self.scales = Scales(accounts.counter)
        self._summariser = Summariser(connector, self.scales)
        self._models = ModelSizes(accounts, connector)
        self.name = self._models.name

    async def fit(
        self,
        head: Conversation,
        branch: Sequence[Message],
        endpoint: Endpoint,
        overflow: Overflow | None = None,
        *,
        afford: Afford | None = None,
        tell: Tell | None = None,
    ) -> Fitted | DoesNotFit | OverBudget:
        """What can be sent of a branch, whose last message is the question.

        Args:
            head: the conversation, with its own limits.
            branch: its messages, oldest first.
            endpoint: who will be asked.
            overflow: what may happen where it does not fit; `None` for what is set.
            afford: asked before each request for a summary.
            tell: told what the student waits for.

        Raises:
            StudyBuddyError: where the conversation can't be summed up, or the disk fails.
        """
        facts = await self._models.facts(endpoint)
        wanted = self.overflow_of(head, overflow)
        weighed = await self._weigh(head, branch, endpoint)
        if facts.context_window is None and weighed.whole.tokens > FITS_ANY:
            known = self._models.name(endpoint)
            facts = await self._models.asked(endpoint)
            if self._models.name(endpoint) != known:
                weighed = await self._weigh(head, branch, endpoint)
        room, opening = room_for(facts, head, self.settings), opening_of(head)
        counted = weighed
        weighed = await self._as_reported(head, counted, room, wanted, endpoint)
        told = await self._told(Plan(weighed).messages(opening), weighed, room, endpoint)
        if told is not None:
            factor = told / max(1, counted.whole.tokens)
            weighed = replace(counted.rescaled(factor), told=told)
        made: list[Summary] = []
        try:
            for _ in range(_TRIES):
                plan = await self._plan(head, weighed, room, wanted, endpoint, made)
                if isinstance(plan, DoesNotFit):
                    return plan
                if plan.to_sum_up is not None:
                    made.append(await self._sum_up(head, plan, facts, endpoint, afford, tell))
                    continue
                messages, count = plan.messages(opening), count_of(plan, opening)
                if weighed.told is not None and plan.cut:
                    exact = await self._told(messages, weighed, room, endpoint)
                    if exact is not None and room.prompt is not None and exact > room.prompt:
                        weighed = weighed.rescaled(1.01 * exact / max(1, count.tokens))
                        continue
                    count = count if exact is None else Count(exact)
                most = answer_beside(count, facts, head, self.settings)
                return Fitted(messages, count, room, plan.dropped, plan.summarised, most, facts)
        except _TooDearError as error:
            return error.over
        refused = make_plan(weighed, room, Overflow.REFUSE)
        if isinstance(refused, DoesNotFit):
            return refused
        raise AssertionError("what fits as it is was planned to be cut")

    async def outlook(
        self,
        head: Conversation,
        messages: Sequence[Message],
        question: Message | None,
        endpoint: Endpoint,
    ) -> Outlook:
        """What would be sent with a question; nobody is asked, and nothing is made for it.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        facts = await self._models.facts(endpoint)
        room = room_for(facts, head, self.settings)
        wanted = self.overflow_of(head)
        branch = [*messages, question] if question is not None else messages
        weighed = await self._weigh(head, branch, endpoint)
        if question is None:  # the turn that is yet to come
            weighed = replace(weighed, turns=(*weighed.turns, Turn((), ())))
        weighed = await self._as_reported(head, weighed, room, wanted, endpoint)
        plan = await self._plan(head, weighed, room, wanted, endpoint)
        whole, opening = placed(plan, weighed), opening_of(head)
        reports = self._accounts.reports.of(head.id, endpoint, room.window)
        count, alone = count_of(whole, opening), count_alone(whole, opening, reports)
        return Outlook(plan, weighed, room, wanted, facts, count, alone)

    def overflow_of(self, head: Conversation, allowed: Overflow | None = None) -> Overflow:
        """What happens to a conversation that does not fit."""
        return allowed or head.overflow or Overflow(self.settings.limits.context)

    def overflowed(self, endpoint: Endpoint, fitted: Fitted, problem: Problem) -> Problem:
        """Learn from a server that found the request too long, and tell what to do now."""
        if problem.prompt_tokens:
            name = self._models.name(endpoint)
            self._accounts.counter.learn(name, fitted.messages, problem.prompt_tokens)
        if not problem.context_tokens:
            return problem
        self._models.refused(endpoint, problem.context_tokens)
        advice = (
            "Send it again: now that the model's size is known, you are told what can be dropped."
        )
        return replace(problem, advice=advice)

    async def _weigh(
        self, head: Conversation, branch: Sequence[Message], endpoint: Endpoint
    ) -> Weighed:
        name = self._models.name(endpoint)
        return await self.scales.weigh(opening_of(head), branch, name)

    async def _as_reported(
        self,
        head: Conversation,
        weighed: Weighed,
        room: Room,
        wanted: Overflow,
        endpoint: Endpoint,
    ) -> Weighed:
        """With what was told of an earlier request, where this one begins with all of that."""
        reports = self._accounts.reports.of(head.id, endpoint, room.window)
        if not reports or not weighed.turns:
            return weighed
        opening = opening_of(head)
        [frame] = await self.scales.of([(Role.ASSISTANT, "")], self._models.name(endpoint))
        counted = placed(await self._plan(head, weighed, room, wanted, endpoint), weighed)
        for report in reports:
            found = as_reported(counted, opening, report, frame.tokens)
            if found is None:
                continue
            plan = placed(await self._plan(head, found, room, wanted, endpoint), found)
            if any(report.begins(each.messages(opening)) for each in (plan, counted)):
                return found
        return weighed

    async def _plan(
        self,
        head: Conversation,
        weighed: Weighed,
        room: Room,
        wanted: Overflow,
        endpoint: Endpoint,
        made: Sequence[Summary] = (),
    ) -> Plan | DoesNotFit:
        steady = self.settings.savings.steady_prefix
        plan = make_plan(weighed, room, wanted, steady=steady)
        if wanted is not Overflow.SUMMARISE or (isinstance(plan, Plan) and not plan.cut):
            return plan
        known = [*made, *await self._summaries.summaries(head.id)]
        sized = [(summary, await self._size(summary, weighed, endpoint)) for summary in known]
        return make_plan(weighed, room, wanted, sized, steady=steady)

    async def _size(self, summary: Summary, weighed: Weighed, endpoint: Endpoint) -> int:
        counts = await self.scales.of(summary_messages(summary.text), self._models.name(endpoint))
        return round(sum(count.tokens for count in counts) * weighed.scale)

    async def _sum_up(
        self,
        head: Conversation,
        plan: Plan,
        facts: ModelFacts,
        endpoint: Endpoint,
        afford: Afford | None,
        tell: Tell | None,
    ) -> Summary:
        assert plan.to_sum_up is not None
        assert facts.context_window is not None, "what has any room needs no summary"

        async def before(usage: Usage) -> None:
            spent = Spent.of(usage, Cost.of(facts.tariff, usage))
            over = await afford(spent) if afford else None
            if over is not None:
                raise _TooDearError(over)

        name = self._models.name(endpoint)
        job = Job(head, plan.to_sum_up, facts.context_window, name, plan.weighed.scale)
        made = await self._summariser.sum_up(job, endpoint, before, tell or _tell_nobody)
        try:
            await self._summaries.keep_summary(made)
        except StudyBuddyError as error:  # it was paid for: it serves this once at least
            _log.warning("a summary was not kept: %s", error.problem.kind)
        return made

    async def _told(
        self,
        messages: tuple[tuple[Role, str], ...],
        weighed: Weighed,
        room: Room,
        endpoint: Endpoint,
    ) -> int | None:
        """Prompt tokens by the endpoint's own tokenizer, where an estimate leaves it open."""
        if weighed.exact or weighed.whole_told or room.prompt is None:
            return None
        asked_from = _ASKED_HERE_FROM if endpoint.kind in _HERE else _ASKED_FROM
        likely = weighed.whole.tokens * (1 + weighed.margin) / (1 + MARGIN)
        if weighed.told is None and likely < room.prompt * asked_from:
            return None
        try:
            provider = await self._connector.connect(endpoint)
            return await provider.count(CompletionRequest(messages, endpoint.model)) or None
        except StudyBuddyError as error:  # the request itself will tell
            _log.info("the endpoint did not count: %s", error)
            return None


class _TooDearError(Exception):
    """A budget stands against a summary."""

    def __init__(self, over: OverBudget) -> None:
        super().__init__(str(over))
        self.over = over


def _tell_nobody(status: StatusChanged) -> None:
    pass
