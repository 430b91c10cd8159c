"""The conversation pane: transcript, status line and prompt of the conversation on screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message as UiMessage
from textual.widgets import TextArea
from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.events import (
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem
from studybuddy.ui.drafts import DraftKeeper, joined, measure
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.steps_keeper import StepsKeeper, hint_of, steps_of
from studybuddy.ui.texts import introduce
from studybuddy.ui.turn_view import show_event
from studybuddy.ui.turns import Turn
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import Activity, StatusLine
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.runs import RunStep


class ConversationView(Vertical):
    """Shows one session at a time, and follows the turns of all of them."""

    @dataclass
    class TurnChanged(UiMessage):
        """A turn began, went on to another phase, needs an answer, or ended."""

        session: Session
        turn: Turn
        stored: bool
        """Whether the conversation's stored head changed with it."""

    @dataclass
    class Refused(UiMessage):
        """A prompt was not sent; `reason` says why, and the prompt still holds it."""

        reason: str

    class EndpointNeeded(UiMessage):
        """A prompt was to be sent, and no endpoint is chosen yet."""

    def __init__(
        self,
        desk: Desk,
        *,
        reduced_motion: bool,
        keys: Mapping[str, str],
        id: str | None = None,
    ) -> None:
        """Take the desk, and the keys of commands by their ids."""
        super().__init__(id=id)
        self._keys = keys
        self._desk = desk
        self._reduced_motion = reduced_motion
        self._turns: dict[str, Turn] = {}
        self._idle = Activity()
        self.drafts = DraftKeeper(
            self, lambda: (self.session, self.prompt.text), self.count, self._draft_lost
        )
        self._earlier: list[str] = []
        self.session: Session = desk.new()
        self.assistant: Assistant | None = None
        """Who answers in assistant mode, where that is known."""
        self.about_to_ask: Callable[[Session], None] = lambda _: None

    def compose(self) -> ComposeResult:
        yield Conversation(id="transcript", hint=f"{self._keys['retry']} asks again.")
        yield StatusLine(id="status")
        yield Prompt(id="prompt")

    def on_mount(self) -> None:
        self.endpoint_changed()
        self.status.reduced_motion = self._reduced_motion
        self.steps = StepsKeeper(self.transcript, self._steps)

    @property
    def transcript(self) -> Conversation:
        """The messages."""
        return self.query_one("#transcript", Conversation)

    @property
    def status(self) -> StatusLine:
        """The line below them."""
        return self.query_one("#status", StatusLine)

    @property
    def prompt(self) -> Prompt:
        """The editor."""
        return self.query_one("#prompt", Prompt)

    @property
    def turn(self) -> Turn | None:
        """The latest turn of the conversation on screen."""
        return self._turns.get(self.session.head.id)

    @property
    def waiting(self) -> Sequence[str]:
        """The conversations whose runs wait for the student."""
        return [key for key, turn in self._turns.items() if turn.required is not None]

    @property
    def busy(self) -> bool:
        """Whether the conversation on screen has a turn under way."""
        return (turn := self.turn) is not None and not turn.over

    def set_idle(self, activity: Activity) -> None:
        """Say something in the status line for as long as no turn does."""
        self._idle = activity
        if self.turn is None:
            self.status.activity = activity

    def set_earlier(self, prompts: Sequence[str]) -> None:
        """Give the prompts that Up recalls, newest first."""
        self._earlier = list(prompts)
        self.prompt.set_earlier(self._earlier)

    def endpoint_changed(self) -> None:
        """Name who answers, on the prompt's edge and where nothing was said yet."""
        endpoint = self._desk.endpoint
        empty, name = introduce(endpoint, self.session, self.assistant, self._keys)
        self.transcript.empty = empty
        self.prompt.border_subtitle = Content(name)
        self.count()

    async def show(self, session: Session, *, keep_typed: bool = False) -> None:
        """Put another conversation on screen; the one before keeps its draft."""
        if session is not self.session and not keep_typed:
            await self.flush_draft()
        typed = self.prompt.text if keep_typed else ""
        self.session = session
        messages = list(session.messages)
        turn = self.turn
        if turn is not None and (answer := turn.answer_shown()) is not None:
            messages = [answer if message.id == answer.id else message for message in messages]
        with self.app.batch_update():
            self.transcript.set_messages(messages)
            self.status.activity = turn.activity if turn else self._idle
            self.status.hint = self._hint()
            self.prompt.put(joined(session.head.draft, typed))
        self.steps.refresh()
        self.endpoint_changed()

    # Sending

    @on(Prompt.Submitted)
    def send(self, event: Prompt.Submitted) -> None:
        """Ask what was written."""
        event.stop()
        if not self._may_ask() or (endpoint := self._desk.endpoint) is None:
            self.prompt.give_back(event.text)
            return
        self.drafts.sent()
        self.about_to_ask(self.session)
        if event.text not in self._earlier[:1]:
            self.set_earlier([event.text, *self._earlier])
        self._begin(self.session, event.text, self.session.send(event.text, endpoint))

    def retry(self) -> None:
        """Ask the last question again."""
        question = self.session.last_question()
        if question is None:
            self.post_message(self.Refused("There is nothing to ask again yet."))
        elif self._may_ask() and (endpoint := self._desk.endpoint):
            if self.prompt.text.strip() == question.text.strip():
                self.prompt.put("")
            self.about_to_ask(self.session)
            self.follow(self.session, question.text, self.session.retry(endpoint))

    def stop(self) -> None:
        """Stop the answer on screen; a server may take seconds to confirm that it has."""
        start(self, self.session.stop, "stop")

    def _may_ask(self) -> bool:
        if self._desk.endpoint is None:
            self.post_message(self.EndpointNeeded())
            return False
        if self.busy:
            self.post_message(self.Refused("One answer at a time: Esc stops this one."))
            return False
        return True

    def follow(self, session: Session, asked: str, events: AsyncGenerator[TurnEvent]) -> None:
        """Follow a turn whose question is in the conversation already."""
        self._begin(session, asked, events, anew=True)

    def _begin(
        self,
        session: Session,
        asked: str,
        events: AsyncGenerator[TurnEvent],
        *,
        anew: bool = False,
    ) -> None:
        turn = Turn.begin(asked, anew=anew, assistant=session.head.assistant_name)
        self._turns[session.head.id] = turn
        if session is self.session:
            self.status.activity = turn.activity
            self.status.hint = ""
            self.steps.refresh()
        start(self, partial(self._follow, session, turn, events), f"turn-{session.head.id}")

    def show_turn(self) -> None:
        """Say again what the turn on screen is at, where something about it changed."""
        if self.turn is not None:
            self.status.activity = self.turn.activity
        self.status.hint = self._hint()

    def _steps(self) -> Sequence[RunStep] | None:
        if self.session.head.mode is Mode.COMPLETION:
            return None
        chosen = self.transcript.current_message() if self.transcript.cursor is not None else None
        return steps_of(self.turn, self.session.messages, chosen)

    def on_transcript_cursor_moved(self) -> None:
        """Show the steps of the answer that was chosen."""
        self.steps.refresh()
        self.status.hint = self._hint()

    def _hint(self) -> str:
        return hint_of(self.turn, self._steps() or (), self._keys)

    async def _follow(
        self, session: Session, turn: Turn, events: AsyncGenerator[TurnEvent]
    ) -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    before = turn.activity.phase, turn.required
                    turn.take(event)
                    if session is self.session:
                        self._show_event(turn, event)
                    stored = isinstance(event, TurnStarted | TurnFinished | TurnFailed)
                    if stored or before != (turn.activity.phase, turn.required):
                        self.post_message(self.TurnChanged(session, turn, stored))
        except Exception:
            turn.abandon()  # a fault of ours must not lock the conversation
            if session is self.session:
                self.status.activity = turn.activity
                self.prompt.give_back(turn.asked)
            self.post_message(self.TurnChanged(session, turn, stored=True))
            raise
        if session is not self.session and not turn.complete and not session.head.draft:
            await session.save_draft(turn.asked)

    def _show_event(self, turn: Turn, event: TurnEvent) -> None:
        show_event(turn, event, self.transcript, self.status, self.prompt)
        self.status.hint = self._hint()
        self.steps.take(event)
        if isinstance(event, TurnFinished | TurnFailed):
            self.endpoint_changed()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    # Draft and counting

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.drafts.typed()

    async def flush_draft(self) -> None:
        """Store what is typed."""
        await self.drafts.flush()

    def _draft_lost(self, problem: Problem) -> None:
        self.set_idle(Activity(detail=problem.sentence, failed=True))

    @work(group="count", exclusive=True, exit_on_error=False)
    async def count(self) -> None:
        """Bring the meter up to date, off the key path."""
        session = self.session
        meter = await measure(self._desk, session, self.prompt.text)
        if session is self.session:
            self.status.meter = meter
