"""What was deleted or moved, and how each is brought back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MOST = 100
"""Deeds that are remembered, of this run of the app."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be undone."""

    told: str
    """What is said once it is undone, such as "The message is back."."""
    undo: Callable[[], Awaitable[None]]


class Undoing:
    """The deeds of this run of the app, undone last first."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def done(self, deed: Deed) -> None:
        """Remember a deed."""
        self._deeds.append(deed)
        del self._deeds[:-MOST]

    async def undo(self) -> str | None:
        """Undo the last deed, and return what is to be said; `None` where there is none.

        One that can't be undone now stays the last.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        if not self._deeds:
            return None
        deed = self._deeds[-1]
        await deed.undo()
        if deed in self._deeds:
            self._deeds.remove(deed)
        return deed.told
