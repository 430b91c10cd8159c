"""What was deleted or moved, and how each is brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace

MOST = 100
"""Deeds that are remembered, of this run of the app."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be undone."""

    told: str
    """What is said once it is undone, such as "The message is back."."""
    undo: Callable[[], Awaitable[str | None]]
    """Undoes it. It raises StudyBuddyError where it can't now, and may later; and returns what is
    said in place of `told` where it never can be undone any more."""


class Undoing:
    """The deeds of this run of the app, undone last first, one at a time."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []
        self._lock = asyncio.Lock()

    def done(self, deed: Deed) -> None:
        """Remember a deed."""
        self._deeds.append(deed)
        del self._deeds[:-MOST]

    async def undo(self) -> str | None:
        """Undo the last deed, and return what is to be said; `None` where there is none.

        One that can't be undone now stays the last.

        Raises:
            StudyBuddyError: where the disk fails, or it can't be undone now.
        """
        async with self._lock:
            if not self._deeds:
                return None
            deed = self._deeds[-1]
            instead = await deed.undo()
            if deed in self._deeds:
                self._deeds.remove(deed)
            return instead or deed.told


class Undoer:
    """Undoes what was done last, wherever that was."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out its one command, however it is called."""
        self._place.say(await self._place.undoing.undo() or "There is nothing to undo.")
