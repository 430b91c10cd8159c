"""Asking: what is sent for the conversation on screen, and that one answer comes at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnEvent
from studybuddy.ui.turn_keeper import TurnKeeper
from studybuddy.ui.turns import Turn

if TYPE_CHECKING:
    from studybuddy.ui.conversation_view import ConversationView


class Asker:
    """Begins turns."""

    def __init__(self, view: ConversationView, desk: Desk, turns: TurnKeeper) -> None:
        """Take what is on screen, where the endpoint is to be had, and who follows turns."""
        self._view = view
        self._desk = desk
        self._turns = turns

    def ask(self, text: str) -> bool:
        """Ask what was written; `False` where it can't be, which was told then."""
        view, endpoint = self._view, self._answering()
        if endpoint is None:
            return False
        view.about_to_ask(view.session)
        self._begin(text, view.session, view.session.send(text, endpoint))
        return True

    def retry(self) -> None:
        """Ask the last question again."""
        view = self._view
        question = view.session.last_question()
        if question is None:
            view.post_message(view.Refused("There is nothing to ask again yet."))
        elif (endpoint := self._answering()) is not None:
            if taken := view.prompt.text.strip() == question.text.strip():
                view.prompt.put("")
            view.about_to_ask(view.session)
            events = view.session.retry(endpoint)
            self._begin(question.text, view.session, events, anew=True, taken=taken)

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
        view, endpoint, rest = self._view, self._desk.endpoint, self._rest_of(turn)
        if turn is not view.turn or rest is None or endpoint is None or view.busy:
            return False
        if turn.taken:
            view.prompt.put(rest)
        ask = view.session
        events = ask.retry(endpoint, allow) if turn.anew else ask.send(turn.asked, endpoint, allow)
        self._begin(turn.asked, ask, events, anew=turn.anew, taken=turn.taken, allow=allow)
        return True

    def follow(self, session: Session, asked: str, events: AsyncGenerator[TurnEvent]) -> None:
        """Follow a turn whose question is in the conversation already."""
        self._begin(asked, session, events, anew=True, taken=False)

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
        events: AsyncGenerator[TurnEvent],
        *,
        anew: bool = False,
        taken: bool = True,
        allow: Allowance = NOTHING_ALLOWED,
    ) -> None:
        turn = Turn.begin(asked, anew=anew, assistant=session.head.assistant_name)
        turn.taken, turn.allow = taken, allow
        self._turns.follow(session, turn, events)
        self._view.turn_began(session, turn)
