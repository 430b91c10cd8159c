"""The conversation pane: transcript, status line and prompt of the conversation on screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message as UiMessage
from textual.widgets import TextArea
from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.chat.session import ChatSession
from studybuddy.domain.events import TextDelta, TurnEvent, TurnFailed, TurnFinished, TurnStarted
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import Problem
from studybuddy.ui.drafts import DraftKeeper, measure
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.texts import endpoint_name, welcome
from studybuddy.ui.turns import Turn
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import CHARACTERS_PER_TOKEN, Activity, StatusLine


class ConversationView(Vertical):
    """Shows one session at a time, and follows the turns of all of them."""

    @dataclass
    class TurnChanged(UiMessage):
        """A turn began or ended in a conversation."""

        session: ChatSession
        turn: Turn

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
        failure_hint: str,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._failure_hint = failure_hint
        self._desk = desk
        self._reduced_motion = reduced_motion
        self._turns: dict[str, Turn] = {}
        self._idle = Activity()
        self._drafts = DraftKeeper(
            self, lambda: (self.session, self.prompt.text), self.count, self._draft_lost
        )
        self._earlier: list[str] = []
        self.session = desk.new()

    def compose(self) -> ComposeResult:
        yield Conversation(id="transcript", hint=self._failure_hint)
        yield StatusLine(id="status")
        yield Prompt(id="prompt")

    def on_mount(self) -> None:
        self.endpoint_changed()
        self.status.reduced_motion = self._reduced_motion

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
        self.transcript.empty = welcome(endpoint)
        answered = next((m.model for m in reversed(self.session.messages) if m.model), "")
        self.prompt.border_subtitle = Content(endpoint_name(endpoint, answered))
        self.count()

    async def show(self, session: ChatSession, *, keep_typed: bool = False) -> None:
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
            self.prompt.put(_joined(session.head.draft, typed))
        self.count()

    # Sending

    @on(Prompt.Submitted)
    def send(self, event: Prompt.Submitted) -> None:
        """Ask what was written."""
        event.stop()
        if not self._may_ask() or (endpoint := self._desk.endpoint) is None:
            self.prompt.give_back(event.text)
            return
        self._drafts.forget()
        if event.text not in self._earlier[:1]:
            self.set_earlier([event.text, *self._earlier])
        turn = Turn.begin(event.text, anew=False)
        self._begin(turn, self.session.send(event.text, endpoint))

    def retry(self) -> None:
        """Ask the last question again."""
        question = self.session.last_question()
        if question is None:
            self.post_message(self.Refused("There is nothing to ask again yet."))
        elif self._may_ask() and (endpoint := self._desk.endpoint):
            if self.prompt.text.strip() == question.text.strip():
                self.prompt.put("")
            turn = Turn.begin(question.text, anew=True)
            self._begin(turn, self.session.retry(endpoint))

    async def stop(self) -> None:
        """Stop the answer on screen."""
        await self.session.stop()

    def _may_ask(self) -> bool:
        if self._desk.endpoint is None:
            self.post_message(self.EndpointNeeded())
            return False
        if self.busy:
            self.post_message(self.Refused("One answer at a time: Esc stops this one."))
            return False
        return True

    def _begin(self, turn: Turn, events: AsyncGenerator[TurnEvent]) -> None:
        self._turns[self.session.head.id] = turn
        self.status.activity = turn.activity
        self.run_worker(
            self._follow(self.session, turn, events),
            name="turn",
            group=f"turn-{self.session.head.id}",
            exit_on_error=False,
        )

    async def _follow(
        self, session: ChatSession, turn: Turn, events: AsyncGenerator[TurnEvent]
    ) -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    turn.take(event)
                    if session is self.session:
                        self._show_event(session, turn, event)
                    if isinstance(event, TurnStarted | TurnFinished | TurnFailed):
                        self.post_message(self.TurnChanged(session, turn))
        except Exception:
            turn.abandon()  # a fault of ours must not lock the conversation
            if session is self.session:
                self.status.activity = turn.activity
                self.prompt.give_back(turn.asked)
            self.post_message(self.TurnChanged(session, turn))
            raise
        if session is not self.session and not turn.complete and not session.head.draft:
            await session.save_draft(turn.asked)

    def _show_event(self, session: ChatSession, turn: Turn, event: TurnEvent) -> None:
        transcript = self.transcript
        match event:
            case TextDelta(text) if turn.answer is not None:
                transcript.stream(turn.answer.id, text)
                tokens = turn.activity.characters // CHARACTERS_PER_TOKEN
                self.status.meter = replace(self.status.meter, answer=tokens)
            case TurnStarted(question, answer, replaced):
                for message_id in replaced:
                    transcript.remove_message(message_id)
                if not turn.anew:
                    transcript.append(question)
                transcript.append(answer)
                transcript.follow_end()
            case TurnFinished(answer) | TurnFailed(answer):
                if turn.answer is not None:
                    transcript.replace(answer)
                if answer.state is not MessageState.COMPLETE and not self.prompt.text:
                    self.prompt.put(turn.asked)
                    if answer.state is MessageState.STOPPED:
                        self.prompt.select_all()  # to be sent again, or typed over
                self.endpoint_changed()
        self.status.activity = turn.activity

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    # Draft and counting

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._drafts.typed()

    async def flush_draft(self) -> None:
        """Store what is typed."""
        await self._drafts.flush()

    def _draft_lost(self, problem: Problem) -> None:
        self.set_idle(Activity(detail=problem.sentence, failed=True))

    def count(self) -> None:
        """Bring the meter up to date, off the key path."""
        self.run_worker(self._count(), group="count", exclusive=True, exit_on_error=False)

    async def _count(self) -> None:
        session = self.session
        meter = await measure(self._desk, session, self.prompt.text)
        if session is self.session:
            self.status.meter = meter


def _joined(draft: str, typed: str) -> str:
    if draft and typed and draft != typed:
        return f"{draft}\n{typed}"
    return draft or typed
