"""Shows what turns tell, of the one on screen as it happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.events import (
    BudgetNear,
    ReasoningDelta,
    StatusChanged,
    TextDelta,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
    TurnStarted,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.phases import Phase
from studybuddy.ui.pace import Pace
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import StatusLine
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.ui.conversation_view import ConversationView
    from studybuddy.ui.turns import Turn

STREAMING = 0.1
"""Seconds between two looks at how long an answer is by now: faster ones nobody reads."""


class TurnView:
    """A `TurnListener` that shows the turns of all conversations in the pane."""

    def __init__(self, view: ConversationView) -> None:
        self._view = view
        self._streams = Pace(view, STREAMING, self._streaming)

    def is_shown(self, session: Session) -> bool:
        """Whether a conversation is the one on screen."""
        return session is self._view.session

    def turn_told(self, session: Session, turn: Turn, event: TurnEvent) -> None:
        """Show what happened in the turn on screen."""
        view = self._view
        if isinstance(event, BudgetNear):
            view.post_message(view.BudgetNears(session, event.state))
        if session is not view.session:
            return
        if type(event) is TextDelta and view.status.activity.phase is turn.activity.phase:
            if turn.answer is not None:
                view.transcript.stream(turn.answer.id, event.text)
            self._streams.ask()  # there may be hundreds in a second
            return
        if isinstance(event, ReasoningDelta):
            if turn.answer is not None:
                view.transcript.reasoning(turn.answer.id, event.text)
            return
        show_event(turn, event, view.transcript, view.status, view.prompt)
        view.show_hint()
        view.steps.take(event)
        if isinstance(event, TurnFinished | TurnFailed):
            view.endpoint_changed()
        elif isinstance(event, TurnStarted):  # the question is in the context now
            if [m.id for m in view.transcript.messages] != [m.id for m in session.messages]:
                view.bring_in_step()  # another window had changed what is shown
            view.transcript.set_alternatives(session.alternatives)
            view.count_draft()
            start(view, view.drafts.store, "draft")  # and no draft any more
        elif isinstance(event, TextDelta):
            self._streams.ask()
        elif isinstance(event, TurnRefused):
            view.post_message(view.Obstructed(session, turn))

    def _streaming(self) -> None:
        """Show how long the answer on screen is by now."""
        view, turn = self._view, self._view.turn
        if turn is not None and turn.activity.characters and not turn.over:
            shown = turn.answer_shown()
            text = shown.text if shown is not None else ""
            tokens = view.meter.streaming(turn.activity.characters, text)
            view.status.activity = replace(turn.activity, tokens=tokens)

    def turn_moved(self, session: Session, turn: Turn, *, stored: bool) -> None:
        """Tell the screen."""
        self._view.post_message(self._view.TurnChanged(session, turn, stored))

    def turn_ended(self, session: Session) -> None:
        """Show the branch as the turn has left it."""
        if session is self._view.session:
            self._view.bring_in_step()

    def turn_broke(self, session: Session, turn: Turn) -> None:
        """Give the question back."""
        if session is self._view.session:
            self._view.status.activity = turn.activity
            if turn.taken:
                self._view.prompt.give_back(turn.asked)


def show_event(
    turn: Turn, event: TurnEvent, transcript: Conversation, status: StatusLine, prompt: Prompt
) -> None:
    """Show an event that the turn has taken."""
    match event:
        case StatusChanged(Phase.RETRYING) if (answer := turn.answer_shown()) is not None:
            transcript.replace(answer)
        case TextDelta(text) if turn.answer is not None:
            transcript.stream(turn.answer.id, text)
        case TextReplaced() if (answer := turn.answer_shown()) is not None:
            transcript.replace(answer)
        case TurnStarted(question, answer, replaced):
            for message_id in replaced:
                if message_id != answer.id:  # else a run is taken up again, in its own place
                    transcript.remove_message(message_id)
            if not turn.anew:
                _put(transcript, question)
            _put(transcript, turn.answer or answer)
            if answer.id not in replaced or transcript.messages[-1].id == answer.id:
                transcript.follow_end()
        case TurnRefused() if turn.taken:
            prompt.give_back(turn.asked)
        case TurnFinished() | TurnFailed() if turn.answer is not None:
            if turn.begun:
                transcript.replace(turn.answer)
            _give_back(turn, turn.answer.state, prompt)
    status.activity = turn.activity


def _give_back(turn: Turn, state: MessageState, prompt: Prompt) -> None:
    """Put a question that got no whole answer into the prompt.

    One that is in the conversation is left there where something was typed since.
    """
    alone = not prompt.text
    if turn.complete or turn.back or not turn.asked or not (alone if turn.begun else turn.taken):
        return
    prompt.give_back(turn.asked)
    turn.give_back()
    if alone and state is MessageState.STOPPED:
        prompt.select_all()  # to be sent again, or typed over


def _put(transcript: Conversation, message: Message) -> None:
    """Show a message, which may be there where a run is followed again after a restart."""
    if any(shown.id == message.id for shown in transcript.messages):
        transcript.replace(message)
    else:
        transcript.append(message)
