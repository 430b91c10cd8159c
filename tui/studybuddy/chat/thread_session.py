"""A conversation in assistant mode: its questions are answered by runs on a thread."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

from studybuddy.chat.context import request_messages
from studybuddy.chat.run_start import Begun, Question, RunStarter, found_again
from studybuddy.chat.run_turn import RunParts, RunTurn
from studybuddy.chat.stored import Asked, StoredConversation, answer_to
from studybuddy.domain.assistant_ports import (
    AssistantConnector,
    FollowedRun,
    RunStore,
)
from studybuddy.domain.assistants import Assistant
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TextReplaced, TurnEvent, TurnFailed, TurnStarted
from studybuddy.domain.messages import Message, MessageState, OpenConversation, Role
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.runs import RunDetails

Resolve = Callable[[str, str], Awaitable[Assistant | None]]
"""Finds the assistant of an id, or else of a name, or else one to begin with."""


class ThreadSession(StoredConversation):
    """A `Session` in assistant mode: the store is the mirror of a thread on the server."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        runs: RunStore,
        connector: AssistantConnector,
        resolve: Resolve,
        *,
        new: bool,
    ) -> None:
        super().__init__(opened, store, new=new)
        self._runs = runs
        self._connector = connector
        self._resolve = resolve
        self._turn: RunTurn | None = None
        self._expected: tuple[FollowedRun, Endpoint] | None = None
        self._action_draft = ""
        """What was answered so far of what the last run requires."""

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._turn is not None and not self._turn.over

    @property
    def thread_id(self) -> str:
        """The thread on the server; empty until there is one."""
        return self.head.thread_id

    @property
    def assistant_id(self) -> str:
        """The assistant that answers next; empty until one is chosen."""
        return self.head.assistant_id

    @property
    def expecting(self) -> bool:
        """Whether it was opened for a run that is not followed yet."""
        return self._expected is not None

    def expect(self, run: FollowedRun, endpoint: Endpoint) -> None:
        """Take a run from before a restart, which `follow` will be called with."""
        self._expected = run, endpoint

    async def choose(self, assistant: Assistant) -> None:
        """Let this assistant answer from the next turn on."""
        self.head = replace(
            self.head, assistant_id=assistant.id, assistant_name=assistant.spec.name
        )
        if not self._unsaved:
            await self.save()

    async def keep_thread(self, thread_id: str) -> None:
        """Use this thread from here on; empty for one that is yet to be made."""
        self.head = replace(self.head, thread_id=thread_id)
        await self.save()

    async def find_assistant(self) -> Assistant | None:
        """The assistant that stands for the one chosen, or for none chosen."""
        return await self._resolve(self.head.assistant_id, self.head.assistant_name)

    def send(self, text: str, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        The question is on disk before anything leaves. A turn before it that asked the same and
        came to nothing is replaced by this one, here and on the thread; one whose run may still
        be going on is followed instead.
        """
        question = self.last_question()
        unseen = self._unseen_run(endpoint)
        if unseen and question and question.text.strip() == text.strip():
            return self._follow(unseen, endpoint)
        return self._ask(self.ask(text), endpoint)

    def retry(self, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again; the answer before stays in the store as a branch.

        What its run wrote leaves the thread. A run whose end was not seen is followed instead.

        Raises:
            ValueError: where there is no question yet.
        """
        asked = self.ask_again()
        if unseen := self._unseen_run(endpoint):
            return self._follow(unseen, endpoint)
        return self._ask(asked, endpoint)

    def follow(self, run: FollowedRun) -> AsyncGenerator[TurnEvent]:
        """Go on with a run from before a restart; TurnStarted comes first, as if it were live.

        Its `replaced` names the answer itself: it takes its own place.

        Raises:
            ValueError: where the session was not opened for that run.
        """
        if self._expected is None or self._expected[0].run_id != run.run_id:
            raise ValueError("the session was not opened for this run")
        endpoint = self._expected[1]
        return self._follow(run, endpoint)

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Give what the run requires, an output for each call's id; the turn then goes on.

        Raises:
            StudyBuddyError: where the server refuses it; the run still waits then.
            ValueError: where the run waits for nothing, or for more than that.
        """
        if self._turn is None:
            raise ValueError("the run waits for no answer")
        await self._turn.answer(outputs)

    async def save_action_draft(self, draft: str) -> None:
        """Keep what the student has answered so far; it comes back in ActionRequired."""
        if self._turn is not None and self._turn.run_id:
            self._action_draft = draft
            await self._runs.save_action_draft(self._turn.run_id, draft)

    async def stop(self) -> None:
        """Cancel the run, and return when what came of it is on disk."""
        if self._turn is not None:
            await self._turn.stop()

    async def leave(self) -> None:
        """Stop following; the run goes on, and is followed again at the next start."""
        if self._turn is not None:
            await self._turn.leave()

    async def _ask(self, asked: Asked, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        self._action_draft = ""
        answer = answer_to(asked.question, endpoint.model)
        turn = self._begin_turn(answer, endpoint)
        starter = RunStarter(
            lambda: self._connector.connect(endpoint),
            self,
            self._question(asked),
            turn.put,
            random.random,
        )
        try:
            branch = self.branch(asked)
            try:
                await self.store_turn(asked, answer, endpoint)
            except StudyBuddyError as error:
                failed = replace(answer, state=MessageState.FAILED, error=str(error))
                yield TurnFailed(failed, error.problem)
                return
            self._messages = [*branch, answer]
            yield TurnStarted(asked.question, answer, tuple(m.id for m in asked.replaced))
            events = turn.events(starter.begin, committed=lambda: starter.committed)
            async with aclosing(self._told(turn, events)) as told:
                async for event in told:
                    yield event
        finally:
            self._end_turn(turn)

    async def _follow(self, run: FollowedRun, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        place = next(n for n, m in enumerate(self._messages) if m.id == run.answer_id)
        self._action_draft = run.action_draft
        answer = replace(self._messages[place], state=MessageState.STREAMING, error="")
        turn = self._begin_turn(answer, endpoint)
        self._expected = None

        async def begin() -> Begun:
            return found_again(run.run_id, run.thread_id, self.head.assistant_id)

        try:
            self._messages[place] = answer
            yield TurnStarted(self._messages[place - 1], answer, (answer.id,))
            if answer.text:
                yield TextReplaced(answer.text)
            events = turn.events(begin, draft=run.action_draft)
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
            for place, message in enumerate(self._messages):
                if message.id == turn.message.id:
                    self._messages[place] = turn.message

    def _begin_turn(self, answer: Message, endpoint: Endpoint) -> RunTurn:
        if self.busy:
            raise RuntimeError("a turn is under way")
        self._turn = RunTurn(
            answer,
            RunParts(
                self.head.id,
                endpoint,
                lambda: self._connector.connect(endpoint),
                self._store,
                self._runs,
                lambda: self.head.assistant_name,
            ),
        )
        return self._turn

    def _question(self, asked: Asked) -> Question:
        """What is asked of the server, given how the turn before it ended."""
        text = asked.question.text
        earlier = request_messages("", self.branch(asked)[:-1])
        prompt = self.head.system_prompt
        known = frozenset(m.details.run_id for m in self._messages if m.details)
        last = self._messages[-1] if self._messages else None
        run_id = self._run_on_thread(last)
        if asked.anew or asked.replaced:
            if run_id:
                return Question(text, earlier, prompt, known, earlier_run=run_id)
            # An answer that another thread gave can't be taken back from this one.
            strange = last is not None and last.details is not None
            whole = last is not None and last.role is Role.ASSISTANT and _complete(last)
            afresh = strange or whole
            return Question(text, earlier, prompt, known, maybe_asked=not afresh, afresh=afresh)
        refused = last is not None and not _complete(last) and not _unseen_end(last)
        return Question(text, earlier, prompt, known, refused_run=run_id if refused else "")

    def _unseen_run(self, endpoint: Endpoint) -> FollowedRun | None:
        """The run of the last answer, where it may still be going on."""
        last = self._messages[-1] if self._messages else None
        if last is None or last.details is None or not _unseen_end(last):
            return None
        details = last.details
        return FollowedRun(
            details.run_id,
            details.thread_id,
            self.head.id,
            last.id,
            endpoint.name,
            self._action_draft,
        )

    def _run_on_thread(self, answer: Message | None) -> str:
        """The run of this thread that made an answer; empty where none did."""
        details = answer.details if answer else None
        return details.run_id if details and details.thread_id == self.head.thread_id else ""

    def _end_turn(self, turn: RunTurn) -> None:
        turn.release()
        if self._turn is turn:
            self._turn = None


def _complete(message: Message) -> bool:
    return message.state is MessageState.COMPLETE


def _unseen_end(answer: Message) -> bool:
    """Whether the answer's run may still be going on."""
    details: RunDetails | None = answer.details
    return (
        answer.state is MessageState.INTERRUPTED and details is not None and not details.status.over
    )
