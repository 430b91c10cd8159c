"""What is typed by now, and its tokens for the model that answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.chat.next_request import Draft
from studybuddy.chat.sending import as_sent
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.domain.counting import DraftCounter
    from studybuddy.domain.settings import Settings


class Typed:
    """The draft as it changes; for the key path, but for `settle`."""

    def __init__(self, counter: DraftCounter) -> None:
        """Begin with an empty draft, counted by this."""
        self._counter = counter
        self._lines: Sequence[str] = ()
        self._left_out = 0
        """Characters that are not sent, as found at rest."""
        self._version = 0
        self.count = Count()
        """Tokens of the text as it is typed."""

    def changed(self, lines: Sequence[str]) -> None:
        """Take these lines, joined by line feeds, in place of those before."""
        self._lines = lines
        self._version += 1
        self.count = self._counter.changed(lines)

    def count_with(self, counter: DraftCounter) -> None:
        """Count with another model's counter from now on."""
        self._counter = counter
        self.changed(self._lines)

    async def settle(self) -> None:
        """Count what was left estimated, off the event loop."""
        counter = self._counter
        counter.changed(self._lines)  # of another model's counter, it may have seen nothing yet
        await counter.settle()
        if counter is self._counter:
            self.count = counter.changed(self._lines)

    def sent(self, settings: Settings) -> str:
        """The text as it is sent, empty where it asks nothing; what that leaves out is kept."""
        text = as_sent(self.text, settings)
        self._left_out = len(self.text) - len(text) if text else 0
        return text

    def send_all(self) -> None:
        """Forget what is left out: it was found of another conversation."""
        self._left_out = 0

    def draft(self, *, asks: bool) -> Draft:
        """The draft as it is at this moment."""
        return Draft(self._version, self.count, asks)

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    @property
    def asks(self) -> bool:
        """Whether there is anything but blanks in it."""
        return any(line and not line.isspace() for line in self._lines)

    @property
    def characters(self) -> int:
        """Those that are sent: it is what is sent that is held to a limit."""
        typed = sum(map(len, self._lines)) + max(0, len(self._lines) - 1)
        return max(0, typed - self._left_out)
