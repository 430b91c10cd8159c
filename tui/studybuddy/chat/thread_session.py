"""A conversation in assistant mode: its questions are answered by runs on a thread."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.run_account import RunAccount
from studybuddy.chat.run_begun import KnownRun
from studybuddy.chat.run_parts import RunParts
from studybuddy.chat.run_start import RunStarter
from studybuddy.chat.run_turn import RunTurn
from studybuddy.chat.stored import ELSEWHERE, Asked, answer_to, failed
from studybuddy.chat.thread_context import Terms
from studybuddy.chat.thread_place import Known, Resolve, ThreadPlace
from studybuddy.chat.thread_question import question_of, unseen_end
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.assistant_ports import (
    AssistantConnector,
    FollowedRun,
    RunStore,
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
from studybuddy.domain.messages import Message, MessageState, OpenConversation
from studybuddy.domain.ports import ConversationStore

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits


class ThreadSession(ThreadPlace):
    """A `Session` in assistant mode: the store is the mirror of a thread on the server."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        runs: RunStore,
        connector: AssistantConnector,
        resolve: Resolve,
        limits: Limits,
        *,
        new: bool,
        known: Known = lambda assistant_id, name: None,
    ) -> None:
        super().__init__(opened, store, resolve, limits, new=new, known=known)
        self._runs = runs
        self._connector = connector
        self._under_way: RunTurn | None = None
        self._expected: dict[str, tuple[FollowedRun, Endpoint | None]] = {}
        """By their answers: the runs from before a restart that are not followed yet."""
        self._action_draft = ""
        """What was answered so far of what the last run requires."""

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._under_way is not None and not self._under_way.over

    @property
    def elsewhere(self) -> bool:
        """Whether its last answer is being written by another window of the app."""
        return super().elsewhere and self._messages[-1].id not in self._expected

    @property
    def expecting(self) -> bool:
        """Whether it is to follow a run and does not do so yet."""
        return bool(self._expected)

    def expects(self, run: FollowedRun) -> bool:
        """Whether that run is one of those."""
        expected, _ = self._expected.get(run.answer_id, (None, None))
        return expected is not None and expected.run_id == run.run_id

    def expect(self, run: FollowedRun, endpoint: Endpoint | None) -> None:
        """Take a run from before a restart, which `follow` will be called with.

        Args:
            run: that run.
            endpoint: where it was started, or what stands in for that where it is not set up any
                more; `None` where nothing is chosen yet.
        """
        self._expected[run.answer_id] = run, endpoint

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
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again; the answer before stays in the store as a branch.

        What its run wrote leaves the thread. A run whose end was not seen is followed instead.

        Raises:
            ValueError: where there is no question yet.
        """
        self.ask_again()
        return self._turn(lambda: self._unseen_run() or self.ask_again(), endpoint, again=True)

    def follow(self, run: FollowedRun) -> AsyncGenerator[TurnEvent]:
        """Go on with a run from before a restart; TurnStarted comes first, as if it were live.

        Its `replaced` names the answer itself: it takes its own place.

        Raises:
            ValueError: where the session was not opened for that run, or no endpoint is chosen.
        """
        if not self.expects(run):
            raise ValueError("the session was not opened for this run")
        _, endpoint = self._expected[run.answer_id]
        if endpoint is None:
            raise ValueError("it is not known yet where the run is to be looked for")
        return self._follow(run, endpoint)

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Give what the run requires, an output for each call's id; the turn then goes on.

        Raises:
            StudyBuddyError: where the server refuses it; the run still waits then.
            ValueError: where the run waits for nothing, or for more than that.
        """
        if self._under_way is None:
            raise ValueError("the run waits for no answer")
        await self._under_way.answer(outputs)

    async def save_action_draft(self, draft: str) -> None:
        """Keep what the student has answered so far; it comes back in ActionRequired."""
        if self._under_way is not None and self._under_way.run_id:
            self._action_draft = draft
            await self._runs.save_action_draft(self._under_way.run_id, draft)

    async def stop(self) -> None:
        """Cancel the run, and return when what came of it is on disk."""
        if self._under_way is not None:
            await self._under_way.stop()

    async def leave(self) -> None:
        """Stop following; the run goes on, and is followed again at the next start."""
        if self._under_way is not None:
            await self._under_way.leave()

    async def _turn(
        self, wanted: Callable[[], Asked | FollowedRun], endpoint: Endpoint, *, again: bool = False
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, or follow what was asked already, unless another window does."""
        if await self.taken(again=again):
            yield failed(answer_to(self._messages[-1]), ELSEWHERE)
            return
        match wanted():
            case Asked() as asked:
                events = self._ask(asked, endpoint)
            case run:
                _, known = self._expected.get(run.answer_id, (run, None))
                events = self._follow(run, known or endpoint)
        async with aclosing(events):
            async for event in events:
                yield event

    def _asked(self, text: str) -> Asked | FollowedRun:
        question = self.last_question()
        same = question is not None and question.text.strip() == text.strip()
        return (self._unseen_run() if same else None) or self.ask(text)

    async def _ask(self, asked: Asked, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        answer = answer_to(asked.question, endpoint.model)
        turn = self._begin_turn(answer, endpoint)
        try:
            question = question_of(asked, self.head, self._messages, self.branch(asked)[:-1])
            terms = await self._context.admit(
                self.head, question.earlier, question.text, endpoint, self.known_assistant
            )
            if not isinstance(terms, Terms):
                yield TurnRefused(terms)
                return
            turn.account.terms = terms
            turn.account.lost = self._messages[-1].id if question.maybe_asked else ""
            if turn.stop_asked:
                yield TurnFinished(replace(answer, state=MessageState.STOPPED), "stopped")
                return
            self._action_draft = ""
            starter = RunStarter(
                lambda: self._connector.connect(endpoint),
                self,
                replace(question, max_completion_tokens=terms.max_completion_tokens),
                turn.put,
                random.random,
            )
            yield (begun := await self.begin(asked, answer, endpoint))
            if isinstance(begun, TurnFailed):
                return
            for budget in terms.warnings:
                yield BudgetNear(budget)
            async with aclosing(self._told(turn, turn.events(starter))) as told:
                async for event in told:
                    yield event
        finally:
            self._end_turn(turn)

    async def _follow(self, run: FollowedRun, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        place = self._place(run.answer_id)
        self._action_draft = run.action_draft
        answer = replace(self._messages[place], state=MessageState.STREAMING, error="")
        turn = self._begin_turn(answer, endpoint, run.endpoint)
        turn.account.terms = self._context.known(self.head, self._messages[:place])
        self._expected.pop(run.answer_id, None)

        start = KnownRun(run.run_id, run.thread_id, self.head.assistant_id)
        try:
            self._messages[place] = answer
            yield TurnStarted(self._messages[place - 1], answer, (answer.id,))
            if answer.text:
                yield TextReplaced(answer.text)
            events = turn.events(start, draft=run.action_draft)
            async with aclosing(self._told(turn, events)) as told:
                async for event in told:
                    yield event
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

    def _begin_turn(self, answer: Message, endpoint: Endpoint, name: str = "") -> RunTurn:
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
                stands_in=name not in ("", endpoint.name),
            ),
        )
        return self._under_way

    def _unseen_run(self) -> FollowedRun | None:
        """The run of the last answer, where it may still be going on."""
        last = self._messages[-1] if self._messages else None
        if last is None:
            return None
        if last.id in self._expected:
            return self._expected[last.id][0]
        if last.details is None or not unseen_end(last, self.head.thread_id):
            return None
        run_id, thread_id = last.details.run_id, last.details.thread_id
        endpoint = self.head.endpoint
        return FollowedRun(run_id, thread_id, self.head.id, last.id, endpoint, self._action_draft)

    def _end_turn(self, turn: RunTurn) -> None:
        turn.release()
        turn.account.release()
        if self._under_way is turn:
            self._under_way = None
