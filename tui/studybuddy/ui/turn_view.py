"""How an event of the turn on screen is shown."""

from __future__ import annotations

from studybuddy.domain.events import (
    TextDelta,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
    TurnStarted,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.turns import Turn
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import StatusLine


def show_event(
    turn: Turn, event: TurnEvent, transcript: Conversation, status: StatusLine, prompt: Prompt
) -> None:
    """Show an event that the turn has taken."""
    match event:
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
    if turn.complete or not turn.asked or not (alone if turn.begun else turn.taken):
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
