"""Carries turn events from the task that makes them to who reads them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from studybuddy.domain.events import TextDelta, TextReplaced, TurnEvent


class Mailbox:
    """A queue of turn events that joins text that was not taken yet."""

    def __init__(self) -> None:
        self._events: deque[TurnEvent] = deque()
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, event: TurnEvent) -> None:
        """Add an event."""
        if self._events and isinstance(event, TextDelta):
            match self._events[-1]:
                case TextDelta(text):
                    self._events[-1] = TextDelta(text + event.text)
                    return
                case TextReplaced(text):
                    self._events[-1] = TextReplaced(text + event.text)
                    return
        self._events.append(event)
        self._filled.set()

    def close(self) -> None:
        """Let the reader end after what is in."""
        self._closed = True
        self._filled.set()

    async def __aiter__(self) -> AsyncIterator[TurnEvent]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._filled.clear()
            await self._filled.wait()
