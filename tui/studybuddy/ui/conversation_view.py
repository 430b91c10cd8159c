"""What the conversation pane does: showing sessions, asking, and following turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import TextArea
from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.messages import Message, Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.asking import Asker
from studybuddy.ui.attaching import Attacher
from studybuddy.ui.context_marks import ContextMarks
from studybuddy.ui.conversation_pane import ConversationPane
from studybuddy.ui.drafts import DraftKeeper, joined
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.meter_keeper import MeterKeeper
from studybuddy.ui.steps_keeper import StepsKeeper, hint_of, steps_of
from studybuddy.ui.texts import introduce
from studybuddy.ui.turn_keeper import TurnKeeper, TurnListener
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import Activity
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.metering import Reading
    from studybuddy.domain.runs import RunStep
    from studybuddy.ui.turns import Turn


class ConversationView(ConversationPane):
    """Shows one session at a time, and follows the turns of all of them."""

    def __init__(
        self,
        desk: Desk,
        *,
        reduced_motion: bool,
        keys: Mapping[str, str],
        student: Callable[[], str] = str,
        id: str | None = None,
    ) -> None:
        """Take the desk, the keys of commands by their ids, and what the student is called."""
        super().__init__(keys, reduced_motion=reduced_motion, id=id)
        self._keys = keys
        self._desk = desk
        self._student = student
        self._turns = TurnKeeper(self, self._turn_view)
        self.asking = Asker(self, desk, self._turns)
        self._idle = Activity()
        self.drafts = DraftKeeper(
            self, self._unsent, lambda: self.prompt.keys, self._rested, self._draft_lost
        )
        self._earlier: list[str] = []
        self.files = Attacher(self, desk)
        self.session: Session = desk.new()
        self.assistant: Assistant | None = None
        """Who answers in assistant mode, where that is known."""
        self.about_to_ask: Callable[[Session], None] = lambda _: None
        self.steps = StepsKeeper(self.transcript, self._steps)
        self._marks = ContextMarks(self.transcript)
        self.meter = MeterKeeper(self, desk, self.meter_line, lambda: self.session, self._counted)

    def on_mount(self) -> None:
        self.endpoint_changed()

    def _turn_view(self) -> TurnListener:
        from studybuddy.ui.turn_view import TurnView  # not before the first frame

        return TurnView(self)

    @property
    def turn(self) -> Turn | None:
        """The latest turn of the conversation on screen."""
        return self._turns.of(self.session)

    def turn_of(self, session: Session) -> Turn | None:
        """The latest turn of a conversation, on screen or not."""
        return self._turns.of(session)

    @property
    def waiting(self) -> Sequence[str]:
        """The conversations whose runs wait for the student."""
        return self._turns.waiting

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
        empty, name = introduce(endpoint, self.session, self.assistant, self._keys, self._student())
        self.transcript.empty = empty
        spoken = self.transcript.spoken
        self.prompt.border_subtitle = Content(name.replace(" · ", ", ") if spoken else name)
        self.meter.watch()
        self.post_message(self.Introduced())

    async def show(self, session: Session, *, keep_typed: bool = False) -> None:
        """Put another conversation on screen; the one before keeps its draft."""
        if session is not self.session and not keep_typed:
            await self.flush_draft()
            if self.turn is not None and not self.turn.over:
                self.turn.aside = self.prompt.text
        typed = self.prompt.text if keep_typed else ""
        self.session = session
        draft, turn = session.head.draft, self.turn
        if turn is not None and turn.aside is not None:
            draft, turn.aside = turn.aside, None
        with self.app.batch_update():
            self._marks.clear()
            self.transcript.set_messages(self._messages())
            self.transcript.set_alternatives(session.alternatives)
            self.status.activity = turn.activity if turn else self._idle
            self.show_hint()
            self.prompt.put(joined(draft, typed))
        if turn is None or turn.over:
            self.transcript.go_to(session.head.scroll)
        self.steps.refresh()
        self.endpoint_changed()

    def _messages(self) -> list[Message]:
        """The shown branch with what there is by now of an answer that is coming."""
        turn = self.turn
        answer = turn.answer_shown() if turn is not None else None
        messages = self.session.messages
        if answer is None:
            return list(messages)
        return [answer if message.id == answer.id else message for message in messages]

    def bring_in_step(self) -> None:
        """Show the branch that is the shown one by now, with as little moving as can be."""
        from studybuddy.ui.in_step import bring_in_step

        with self.app.batch_update():
            bring_in_step(self.transcript, self._messages())
            self.transcript.set_alternatives(self.session.alternatives)
        self.steps.refresh()

    # Sending

    @on(Prompt.Submitted)
    def send(self, event: Prompt.Submitted) -> None:
        """Ask what was written."""
        event.stop()
        if not self.files.send(event.text):
            self.ask(event.text, typed=event.text)

    def ask(self, text: str, *, typed: str) -> None:
        """Ask a question, or give it back where that can't be; Up recalls it as it was typed."""
        if not self.asking.ask(text):
            self.prompt.give_back(text)
            return
        self.files.forget()
        self.meter.typed(())
        self.post_message(self.Rested())
        if typed not in self._earlier[:1]:
            self.set_earlier([typed, *self._earlier])

    @property
    def refused(self) -> Turn | None:
        """The turn on screen that a choice of the student's would let go on."""
        return self.asking.refused

    def turn_began(self, session: Session, turn: Turn) -> None:
        """Show a turn that begins now, if its conversation is on screen."""
        if session is self.session:
            self.drafts.asked()
            self.status.activity = turn.activity
            self.status.hint = ""
            self.steps.refresh()

    def show_pin(self, session: Session, message_id: str) -> None:
        """Show a message as it is pinned by now; one that is being written keeps its text."""
        turn = self._turns.of(session)
        for message in session.messages:
            if message.id == message_id:
                shown = turn.pin(message) if turn is not None else message
                if session is self.session:
                    self.transcript.replace(shown)
        self.meter.settle()

    def stop(self) -> None:
        """Stop the answer on screen; a server may take seconds to confirm that it has."""
        start(self, self.session.stop, "stop")

    def show_turn(self) -> None:
        """Say again what the turn on screen is at, where something about it changed."""
        if self.turn is not None:
            self.status.activity = self.turn.activity
        self.show_hint()

    def show_hint(self) -> None:
        """Say what can be done about what the turn on screen is at."""
        chooses = self.refused is not None
        steps = self._steps() or ()
        self.status.hint = hint_of(self.turn, steps, self._keys, chooses=chooses)

    def _steps(self) -> Sequence[RunStep] | None:
        if self.session.head.mode is Mode.COMPLETION:
            return None
        chosen = self.transcript.current_message() if self.transcript.cursor is not None else None
        return steps_of(self.turn, self.session.messages, chosen)

    def on_transcript_cursor_moved(self) -> None:
        """Show the steps of the answer that was chosen."""
        self.steps.refresh()
        self.show_hint()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    # Draft and counting

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.count_draft()
        self.drafts.typed()

    def count_draft(self) -> None:
        """Show the reading for what is typed, and for the files that go with it."""
        self.meter.typed(self.files.behind(self.prompt.document.lines))

    def _unsent(self) -> tuple[Session, str]:
        """What is to be kept as the draft: also what was asked and is not stored yet."""
        asked = self.files.pending(self.session) or (self.turn.pending_text if self.turn else "")
        return self.session, joined(asked, self.prompt.text)

    def _rested(self) -> None:
        self.show_hint()
        self.meter.begin()
        self.meter.settle()
        self.files.rested()
        self.post_message(self.Rested())

    def _counted(self, reading: Reading) -> None:
        if not self.busy:
            self._marks.show(reading)

    async def flush_draft(self) -> None:
        """Store where it is scrolled to, and what is typed."""
        try:
            await self.session.save_scroll("" if self.busy else self.transcript.place)
        except StudyBuddyError as error:
            self._draft_lost(error.problem)
        await self.drafts.flush()  # last: it has the keys too that come while it is stored

    async def turns_told(self) -> bool:
        """Wait until turns that were stopped have told their end; `False` where they take long."""
        return await self._turns.told()

    def _draft_lost(self, problem: Problem) -> None:
        self.set_idle(Activity(detail=problem.sentence, failed=True))
