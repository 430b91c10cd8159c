"""The turns that are under way or were the last ones, each followed to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Protocol

from textual.widget import Widget

from studybuddy.chat.sessions import Session
from studybuddy.domain.events import TextDelta, TurnEvent, TurnFailed, TurnFinished, TurnStarted
from studybuddy.ui.turns import Turn
from studybuddy.ui.workers import start


class TurnListener(Protocol):
    """Who shows what turns tell."""

    def is_shown(self, session: Session) -> bool:
        """Whether a conversation is the one on screen."""
        ...

    def turn_told(self, session: Session, turn: Turn, event: TurnEvent) -> None:
        """A turn has taken an event."""
        ...

    def turn_moved(self, session: Session, turn: Turn, *, stored: bool) -> None:
        """A turn is in another phase, or its conversation's stored head changed with it."""
        ...

    def turn_broke(self, session: Session, turn: Turn) -> None:
        """A turn ended by a fault of the app's own."""
        ...


class TurnKeeper:
    """Follows the turns of all conversations, and keeps the latest of each."""

    def __init__(self, node: Widget, listener: TurnListener) -> None:
        """Take the widget whose workers follow, and who is told."""
        self._node = node
        self._listener = listener
        self._turns: dict[str, Turn] = {}

    def of(self, session: Session) -> Turn | None:
        """The latest turn of a conversation."""
        return self._turns.get(session.head.id)

    @property
    def waiting(self) -> Sequence[str]:
        """The conversations whose runs wait for the student."""
        return [key for key, turn in self._turns.items() if turn.required is not None]

    def follow(self, session: Session, turn: Turn, events: AsyncGenerator[TurnEvent]) -> None:
        """Follow a turn that begins now."""
        self._turns[session.head.id] = turn
        start(self._node, partial(self._follow, session, turn, events), f"turn-{session.head.id}")

    async def _follow(
        self, session: Session, turn: Turn, events: AsyncGenerator[TurnEvent]
    ) -> None:
        listener = self._listener
        try:
            async with aclosing(events):
                async for event in events:
                    before = turn.activity.phase, turn.required
                    turn.take(event)
                    listener.turn_told(session, turn, event)
                    if type(event) is TextDelta and before[0] is turn.activity.phase:
                        continue
                    stored = isinstance(event, TurnStarted | TurnFinished | TurnFailed)
                    if stored or before != (turn.activity.phase, turn.required):
                        listener.turn_moved(session, turn, stored=stored)
        except Exception:
            turn.abandon()  # a fault of ours must not lock the conversation
            listener.turn_broke(session, turn)
            listener.turn_moved(session, turn, stored=True)
            raise
        if not listener.is_shown(session) and not turn.complete and not session.head.draft:
            await session.save_draft(turn.asked)
