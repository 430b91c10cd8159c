"""A conversation in assistant mode: its questions are answered by runs on a thread."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.asked import Asked, place_for
from studybuddy.chat.run_account import RunAccount
from studybuddy.chat.run_begun import KnownRun
from studybuddy.chat.run_parts import RunParts
from studybuddy.chat.run_start import RunStarter
from studybuddy.chat.run_turn import RunTurn
from studybuddy.chat.stored import not_begun
from studybuddy.chat.thread_branches import AsidePlace
from studybuddy.chat.thread_context import Terms, model_of, with_model
from studybuddy.chat.thread_under_way import ThreadUnderWay
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.assistant_ports import (
    FollowedRun,
)
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import (
    BudgetNear,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
    TurnStarted,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.runs import RunDetails

if TYPE_CHECKING:
    from studybuddy.domain.variations import Variation


class ThreadSession(ThreadUnderWay):
    """A `Session` in assistant mode: the store is the mirror of a thread on the server."""

    def send(
        self, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        The question is on disk before anything leaves. A turn before it that asked the same and
        came to nothing is replaced by this one, here and on the thread; one whose run may still
        be going on is followed instead. Nothing is asked or stored, and TurnRefused says why,
        where a limit stands against it; what `allow` speaks of is the server's to decide.
        """
        return self._turn(lambda: self._asked(self.as_sent(text)), endpoint)

    def retry(
        self,
        endpoint: Endpoint,
        allow: Allowance = NOTHING_ALLOWED,
        *,
        message_id: str = "",
        variation: Variation | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question again; the answer before stays in the store as a branch.

        Where that was the last one, what its run wrote leaves the thread. A run whose end was not
        seen is followed instead, but for a variation.

        Raises:
            ValueError: where there is no such question.
        """

        def wanted() -> Asked | FollowedRun:
            return self._wanted_again(lambda: self.ask_again(message_id, variation))

        wanted()
        return self._turn(wanted, endpoint, again=True)

    def edit(
        self, message_id: str, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question in other words, on another thread; the old one stays beside the new one.

        Raises:
            ValueError: where there is no such question, or the text is blank.
        """

        def wanted() -> Asked:
            return self.ask_otherwise(message_id, self.as_sent(text))

        wanted()
        return self._turn(wanted, endpoint)

    def go_on(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Go on with the last answer, which was cut, in a new one beside it.

        A run whose end was not seen is followed instead: it may have gone on by itself.

        Raises:
            ValueError: where the last answer was not cut.
        """
        self.ask_on()
        return self._turn(lambda: self._wanted_again(self.ask_on), endpoint, again=True)

    def follow(self, run: FollowedRun) -> AsyncGenerator[TurnEvent]:
        """Go on with a run from before a restart; TurnStarted comes first, as if it were live.

        Its `replaced` names the answer itself: it takes its own place.

        Raises:
            ValueError: where the session was not opened for that run, or no endpoint is chosen.
        """
        if not self.expects(run):
            raise ValueError("the session was not opened for this run")
        if not self.shows(run):
            raise ValueError("its answer is in a branch that is not shown")
        _, endpoint = self._expected[run.answer_id]
        if endpoint is None:
            raise ValueError("it is not known yet where the run is to be looked for")
        return self._follow(run, endpoint)

    async def _turn(
        self,
        wanted: Callable[[], Asked | FollowedRun],
        endpoint: Endpoint,
        *,
        again: bool = False,
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, or follow what was asked already, unless another window does or shows another."""
        match await self.agreed(wanted, again=again):
            case Problem() as problem:
                yield not_begun(problem)
                return
            case Asked() as asked:
                events = self._ask(asked, endpoint, self.model_beside(endpoint, again=again))
            case run:
                _, known = self._expected.get(run.answer_id, (run, None))
                events = self._follow(run, known or endpoint)
        async with aclosing(events):
            async for event in events:
                yield event

    def _asked(self, text: str) -> Asked | FollowedRun:
        question = self.last_question()
        same = question is not None and question.text.strip() == text.strip()
        return (self._unseen_run(self.ask_again()) if same else None) or self.ask(text)

    async def _ask(self, asked: Asked, endpoint: Endpoint, model: str) -> AsyncGenerator[TurnEvent]:
        assistant = with_model(self.known_assistant, model)
        names = self._limits.accounts.names
        answer = place_for(asked, model_of(names, endpoint, assistant))
        if asked.goes_on:
            begun = RunDetails("", "", "", self.head.assistant_name, goes_on=len(answer.text))
            answer = replace(answer, details=begun)
        turn = self._begin_turn(answer, endpoint, asked.question.text)
        try:
            question = await self.knowing_all_runs(self.question(asked, model))
            terms = await self._context.admit(self.head, question, endpoint, assistant)
            if not isinstance(terms, Terms):
                yield TurnRefused(terms)
                return
            turn.account.terms = terms
            turn.account.lost = self._messages[-1].id if question.maybe_asked else ""
            if turn.stop_asked:
                yield TurnFinished(replace(answer, state=MessageState.STOPPED), "stopped")
                return
            self._action_draft = ""
            aside = AsidePlace(self) if asked.goes_on else None
            starter = RunStarter(
                lambda: self._connector.connect(endpoint),
                aside or self,
                replace(question, max_completion_tokens=terms.max_completion_tokens),
                turn.put,
                random.random,
            )
            if question.leaves:  # on disk before the branch is another one
                self.head = replace(self.head, thread_id="")
            yield (started := await self.begin(asked, answer, endpoint))
            if isinstance(started, TurnFailed):
                return
            for budget in terms.warnings:
                yield BudgetNear(budget)
            async with aclosing(self._told(turn, turn.events(starter))) as told:
                async for event in told:
                    if isinstance(event, TurnFinished | TurnFailed):
                        event = replace(event, back=await self.come_back(asked, event.answer))
                    yield event
            if aside is not None:
                self._forget_aside(turn.message, endpoint, aside.thread_id)
        finally:
            self._end_turn(turn)

    async def _follow(self, run: FollowedRun, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        place = self._place(run.answer_id)
        self._action_draft = run.action_draft
        answer = replace(self._messages[place], state=MessageState.STREAMING, error="")
        question = self._messages[place - 1]
        turn = self._begin_turn(answer, endpoint, question.text, run.endpoint)
        turn.account.terms = self._context.known(self.head, self._messages[:place])
        self._expected.pop(run.answer_id, None)

        start = KnownRun(run.run_id, run.thread_id, self.head.assistant_id)
        try:
            self._messages[place] = answer
            if run.thread_id != self.head.thread_id:  # which lacks what comes
                with suppress(StudyBuddyError):
                    await self.leave_thread()
            yield TurnStarted(question, answer, (answer.id,))
            if answer.text:
                yield TextReplaced(answer.text)
            events = turn.events(start, draft=run.action_draft)
            async with aclosing(self._told(turn, events)) as told:
                async for event in told:
                    yield event
            if answer.details is not None and answer.details.goes_on:
                self._forget_aside(turn.message, endpoint, run.thread_id)
        finally:
            self._end_turn(turn)

    async def _told(
        self, turn: RunTurn, events: AsyncGenerator[TurnEvent]
    ) -> AsyncGenerator[TurnEvent]:
        """The turn's events; its answer is among the messages as it is in the end."""
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            self._put(turn.message)

    def _begin_turn(
        self, answer: Message, endpoint: Endpoint, question: str, name: str = ""
    ) -> RunTurn:
        if self.busy:
            raise RuntimeError("a turn is under way")
        self._under_way = RunTurn(
            answer,
            RunParts(
                self.head.id,
                name or endpoint.name,
                lambda: self._connector.connect(endpoint),
                self._store,
                self._runs,
                lambda: (self.head.assistant_id, self.head.assistant_name),
                RunAccount(
                    self._limits,
                    self._context,
                    self.head.id,
                    endpoint,
                    name=name,
                    found=bool(name),
                ),
                question,
                stands_in=name not in ("", endpoint.name),
            ),
        )
        return self._under_way
