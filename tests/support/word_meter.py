"""A meter that counts words, as `studybuddy.chat.meter.ConversationMeter` counts tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studybuddy.chat.sessions import Session
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.limits import Room
from studybuddy.domain.messages import Message
from studybuddy.domain.metering import Reading
from studybuddy.domain.usage import Count, Usage


class WordMeter:
    """Counts at once; what it is to say beside that is in `base`."""

    def __init__(self) -> None:
        self.base = Reading(room=Room(8192, 1024))
        self.settled = 0
        """How often everything was counted."""
        self._session: Session | None = None
        self._lines: Sequence[str] = ()

    def watch(self, session: Session, endpoint: Endpoint | None) -> None:
        """Read another conversation."""
        self._session = session

    def typed(self, lines: Sequence[str]) -> Reading:
        """The reading for a draft."""
        self._lines = tuple(lines)
        messages: Sequence[Message] = self._session.messages if self._session else ()
        used = [message.usage for message in messages if message.usage]
        draft = sum(len(line.split()) for line in lines)
        context = sum(len(message.text.split()) for message in messages)
        return replace(
            self.base,
            draft=Count(draft),
            request=Count(draft + context),
            characters=sum(map(len, lines)),
            used=sum(used, Usage()) if used else None,
        )

    def streaming(self, characters: int, text: str = "") -> Reading:
        """The reading while an answer comes."""
        return replace(self.typed(self._lines), answer=characters // 4)

    async def settle(self) -> Reading:
        """The reading, counted again."""
        self.settled += 1
        return self.typed(self._lines)
