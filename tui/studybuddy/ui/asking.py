"""Asking: what is sent for the conversation on screen, and that one answer comes at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Message, Role
from studybuddy.ui.turn_keeper import TurnKeeper

if TYPE_CHECKING:
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.variations import Variation
    from studybuddy.ui.conversation_view import ConversationView
    from studybuddy.ui.turns import Ask, Turn


class Asker:
    """Begins turns."""

    def __init__(self, view: ConversationView, desk: Desk, turns: TurnKeeper) -> None:
        """Take what is on screen, where the endpoint is to be had, and who follows turns."""
        self._view = view
        self._desk = desk
        self._turns = turns

    def ask(self, text: str) -> bool:
        """Ask what was written; `False` where it can't be, which was told then."""
        session, endpoint = self._view.session, self._answering()
        if endpoint is None:
            return False
        self._begin(text, session, partial(session.send, text, endpoint))
        return True

    def retry(
        self,
        message_id: str = "",
        variation: Variation | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """Ask a question again.

        Args:
            message_id: the question or its answer; empty for the last question.
            variation: how the answer is to differ.
            endpoint: who answers this once, in place of the one in use.
        """
        view, session = self._view, self._view.session
        question = question_before(session.messages, message_id)
        if question is None:
            view.post_message(view.Refused("There is nothing to ask again yet."))
            return
        if (answering := self._answering()) is None:
            return
        if taken := view.prompt.text.strip() == view.prompt.as_typed(question.text).strip():
            view.prompt.put("")
        ask = partial(
            session.retry, endpoint or answering, message_id=message_id, variation=variation
        )
        self._begin(question.text, session, ask, anew=True, taken=taken)

    def edit(self, message_id: str, text: str) -> bool:
        """Ask a question of the conversation in other words; `False` where it can't be now."""
        session, endpoint = self._view.session, self._answering()
        if endpoint is None:
            return False
        self._begin(text, session, partial(session.edit, message_id, text, endpoint))
        return True

    def go_on(self) -> None:
        """Have the last answer go on where it was cut."""
        view, session = self._view, self._view.session
        question = session.last_question()
        if question is None or not session.can_go_on:
            view.post_message(
                view.Refused("The last answer is whole: there is nothing to go on with.")
            )
        elif (endpoint := self._answering()) is not None:
            rest = view.prompt.without(question.text)
            if rest is not None:  # it was given back, and gets more of its answer now
                view.prompt.put(rest)
            ask = partial(session.go_on, endpoint)
            self._begin(question.text, session, ask, anew=True, taken=rest is not None)

    @property
    def refused(self) -> Turn | None:
        """The turn on screen that a choice of the student's would let go on, if it is that still.

        What was refused is forgotten where something else stands in the prompt.
        """
        turn = self._view.turn
        if turn is None or not turn.choice or self._rest_of(turn) is None:
            return None
        return turn

    def again(self, turn: Turn, allow: Allowance = NOTHING_ALLOWED) -> bool:
        """Ask what was refused, with what the student allows it; `False` where it can't be."""
        view, rest = self._view, self._rest_of(turn)
        nobody = self._desk.endpoint is None
        if turn is not view.turn or rest is None or turn.ask is None or view.busy or nobody:
            return False
        if turn.taken:
            view.prompt.put(rest)
        self._begin(turn.asked, view.session, turn.ask, turn.anew, turn.taken, allow)
        return True

    def follow(self, session: Session, asked: str, events: AsyncGenerator[TurnEvent]) -> None:
        """Follow a turn whose question is in the conversation already."""
        from studybuddy.ui.turns import Turn  # not before the first frame

        self._follow(session, Turn.begin(asked, anew=True), events, taken=False)

    def _rest_of(self, turn: Turn) -> str | None:
        """What is in the prompt beside a turn's question; `None` where that was changed."""
        prompt = self._view.prompt
        return prompt.without(turn.asked) if turn.taken else prompt.text

    def _answering(self) -> Endpoint | None:
        """Who answers a question that may be asked now; `None`, which is told, where none may."""
        view, endpoint = self._view, self._desk.endpoint
        if endpoint is None:
            view.post_message(view.EndpointNeeded())
        elif view.busy:
            view.post_message(view.Refused("One answer at a time: Esc stops this one."))
            return None
        return endpoint

    def _begin(
        self,
        asked: str,
        session: Session,
        ask: Ask,
        anew: bool = False,
        taken: bool = True,
        allow: Allowance = NOTHING_ALLOWED,
    ) -> None:
        from studybuddy.ui.turns import Turn

        self._view.about_to_ask(session)
        turn = Turn.begin(asked, anew=anew)
        turn.ask, turn.allow = ask, allow
        self._follow(session, turn, ask(allow=allow), taken=taken)

    def _follow(
        self, session: Session, turn: Turn, events: AsyncGenerator[TurnEvent], *, taken: bool
    ) -> None:
        turn.taken, turn.assistant = taken, session.head.assistant_name
        self._turns.follow(session, turn, events)
        self._view.turn_began(session, turn)


def question_before(messages: Sequence[Message], message_id: str) -> Message | None:
    """The question that a message is, or answers; the last one for an empty id."""
    found: Message | None = None
    for message in messages:
        if message.role is Role.USER:
            found = message
        if message.id == message_id:
            return found
    return found if not message_id else None
