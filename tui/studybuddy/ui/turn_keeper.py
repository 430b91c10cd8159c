"""The turns that are under way or were the last ones, each followed to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from textual.widget import Widget

from studybuddy.chat.sessions import Session
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.drafts import joined
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.events import TurnEvent
    from studybuddy.ui.turns import Turn

_log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds in which a turn that was stopped tells its end; its answer is on disk by then."""


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

    def turn_ended(self, session: Session) -> None:
        """A turn of that conversation has told all."""
        ...

    def turn_broke(self, session: Session, turn: Turn) -> None:
        """A turn ended by a fault of the app's own."""
        ...


class TurnKeeper:
    """Follows the turns of all conversations, and keeps the latest of each."""

    def __init__(self, node: Widget, listener: Callable[[], TurnListener]) -> None:
        """Take the widget whose workers follow, and what makes who is told, for the first turn."""
        self._node = node
        self._make_listener = listener
        self._turns: dict[str, Turn] = {}
        self._ends: set[asyncio.Event] = set()
        """Set when a turn that is followed has told all."""

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
        self._ends.add(end := asyncio.Event())
        work = partial(self._follow, session, turn, events, end)
        start(self._node, work, f"turn-{session.head.id}")

    @cached_property
    def _listener(self) -> TurnListener:
        return self._make_listener()

    async def told(self) -> bool:
        """Wait until turns that were stopped have told their end; `False` where they take long."""
        try:
            async with asyncio.timeout(PATIENCE):
                for end in list(self._ends):
                    await end.wait()
        except TimeoutError:
            return False
        return True

    async def _follow(
        self,
        session: Session,
        turn: Turn,
        events: AsyncGenerator[TurnEvent],
        end: asyncio.Event,
    ) -> None:
        try:
            await self._tell(session, turn, events)
        finally:
            self._listener.turn_ended(session)
            await self._keep(session, turn)
            turn.aside = None
            self._ends.discard(end)
            end.set()

    async def _tell(self, session: Session, turn: Turn, events: AsyncGenerator[TurnEvent]) -> None:
        from studybuddy.domain.events import TextDelta, TurnFailed, TurnFinished, TurnStarted

        listener = self._listener
        try:
            async with aclosing(events):
                async for event in events:
                    before = turn.activity.phase, turn.required
                    turn.take(event)
                    listener.turn_told(session, turn, event)
                    if isinstance(event, TurnStarted):  # by which the draft was emptied
                        await self._keep(session, turn)
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

    async def _keep(self, session: Session, turn: Turn) -> None:
        """Keep as the draft what would be in the prompt if the conversation were on screen."""
        if self._listener.is_shown(session):
            return
        if turn.aside is None:
            turn.aside = session.head.draft
        turn.give_back_aside()
        try:
            await session.save_draft(joined(turn.pending_text, turn.aside))
        except StudyBuddyError as error:
            _log.warning("a draft was not stored: %s", error.problem.kind)
