"""The meter of the conversation on screen: read at each key, made exact when the keys rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from textual.widget import Widget

from studybuddy.chat.desk import Desk
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.metering import Reading
    from studybuddy.ui.widgets.meter import MeterLine


class Meter(Protocol):
    """What reads, as `studybuddy.chat.meter.ConversationMeter` does."""

    def watch(self, session: Session, endpoint: Endpoint | None) -> None:
        """Read another conversation, or for another endpoint."""
        ...

    def typed(self, lines: Sequence[str]) -> Reading:
        """The reading for a draft of these lines, at once; it blocks and loads nothing."""
        ...

    def streaming(self, characters: int) -> Reading:
        """The reading while an answer comes that has so many characters by now."""
        ...

    async def settle(self) -> Reading:
        """The reading with everything counted."""
        ...


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
        self._meter: Meter | None = None
        self._begun = False

    def begin(self) -> None:
        """Count from now on what needs more than a moment."""
        if not self._begun:
            self._begun = True
            subscribe = getattr(getattr(self._desk, "accounts", None), "subscribe", None)
            if subscribe is not None:  # other conversations spend from the same budgets
                subscribe(self.settle)
            self.settle()

    def watch(self) -> None:
        """Take over another conversation or another endpoint."""
        if self._meter is not None:
            self._meter.watch(self._session(), self._desk.endpoint)
        self.settle()

    def typed(self, lines: Sequence[str]) -> None:
        """Show the reading for a draft, before the next frame."""
        if (meter := self._read()) is not None:
            self._line.reading = meter.typed(lines)

    def streaming(self, characters: int) -> None:
        """Show the reading while an answer comes that has so many characters by now."""
        if (meter := self._read()) is not None:
            self._line.reading = meter.streaming(characters)

    def settle(self) -> None:
        """Count exactly, off the key path, and show it."""
        if self._begun and self._node.is_mounted:
            start(self._node, self._settle, "meter", exclusive=True)

    def _read(self) -> Meter | None:
        if self._meter is None and (make := getattr(self._desk, "meter", None)) is not None:
            meter: Meter = make()
            meter.watch(self._session(), self._desk.endpoint)
            self._meter = meter
        return self._meter

    async def _settle(self) -> None:
        session = self._session()
        if (meter := self._read()) is None:
            return
        reading = await meter.settle()
        if session is self._session():
            self._line.reading = reading
            self._settled(reading)
