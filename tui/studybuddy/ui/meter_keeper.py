"""The meter of the conversation on screen: read at each key, made exact when the keys rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.widget import Widget

from studybuddy.chat.desk import Desk
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.chat.meter import ConversationMeter
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.metering import Reading
    from studybuddy.ui.widgets.meter import MeterLine


class MeterKeeper:
    """Keeps the meter's line in step with draft, answer and conversation.

    Nothing is read before `begin`: the first frame and the first keys wait for no vocabulary.
    """

    def __init__(
        self,
        node: Widget,
        desk: Desk,
        line: MeterLine,
        session: Callable[[], Session],
        settled: Callable[[Reading], None],
    ) -> None:
        """Take the widget whose workers count, and the line, and where the session is to be had."""
        self._node = node
        self._desk = desk
        self._line = line
        self._session = session
        self._settled = settled
        self._meter: ConversationMeter | None = None
        self._lines: Sequence[str] = ()
        self._begun = False

    def begin(self) -> None:
        """Count from now on what needs more than a moment."""
        if not self._begun:
            self._begun = True
            start(self._node, self._begin, "meter-begins")

    async def _begin(self) -> None:
        # In a thread: whoever types meanwhile waits for no import.
        meter = await asyncio.to_thread(self._desk.meter)
        meter.watch(self._session(), self._desk.endpoint)
        self._meter = meter
        self._desk.accounts.subscribe(self.settle)  # other conversations spend as well
        self.typed(self._lines)
        self.settle()

    def watch(self) -> None:
        """Take over another conversation or another endpoint."""
        if self._meter is not None:
            self._meter.watch(self._session(), self._desk.endpoint)
            self.settle()

    def typed(self, lines: Sequence[str]) -> None:
        """Show the reading for a draft, before the next frame."""
        self._lines = lines
        if self._meter is not None:
            self._line.reading = self._meter.typed(lines)

    def streaming(self, characters: int, text: str = "") -> int:
        """Show the reading while an answer comes that is so long by now.

        Returns its tokens; 0 where nothing is counted yet.
        """
        if self._meter is not None:
            reading = self._line.reading = self._meter.streaming(characters, text)
            return reading.answer
        return 0

    def settle(self) -> None:
        """Count exactly, off the key path, and show it."""
        if self._meter is not None and self._node.is_mounted:
            start(self._node, partial(self._settle, self._meter), "meter", exclusive=True)

    async def _settle(self, meter: ConversationMeter) -> None:
        session = self._session()
        reading = await meter.settle()
        if session is self._session():
            self._line.reading = reading
            self._settled(reading)
