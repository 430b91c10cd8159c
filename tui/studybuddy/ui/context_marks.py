"""Which messages on screen the model does not get any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.widget import Widget

from studybuddy.chat.desk import Desk
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.transcript import Transcript
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.metering import Reading

_NEAR = 0.8
"""Share of the room for prompts from which on messages may have been left out to stay below it."""


class ContextMarks:
    """Marks what was left out or summed up; asks for it only where something may have been."""

    def __init__(
        self, node: Widget, desk: Desk, transcript: Transcript, session: Callable[[], Session]
    ) -> None:
        """Take the widget whose workers ask, and where the session on screen is to be had."""
        self._node = node
        self._desk = desk
        self._transcript = transcript
        self._session = session
        self._any = False

    def clear(self) -> None:
        """Mark nothing."""
        if self._any:
            self._any = False
            self._transcript.set_outside(frozenset())

    def refresh(self, reading: Reading, *, fitted: bool) -> None:
        """Mark what is outside, where the reading is near its room or the last turn was fitted."""
        room, context = reading.room.prompt, reading.request.tokens - reading.draft.tokens
        near = room is not None and context > _NEAR * room
        if self._session().messages and (fitted or near):
            start(self._node, self._mark, "context", exclusive=True)
        else:
            self.clear()

    async def _mark(self) -> None:
        from studybuddy.domain.metering import Place

        session, endpoint = self._session(), self._desk.endpoint
        if endpoint is None:
            return
        try:
            report = await session.report("", endpoint)
        except StudyBuddyError:
            return  # the next one tells it; nothing hangs on a mark
        gone = (Place.DROPPED, Place.SUMMARISED)
        ids = frozenset(part.message_id for part in report.parts if part.place in gone) - {""}
        if session is self._session():
            self._any = bool(ids)
            self._transcript.set_outside(ids)
