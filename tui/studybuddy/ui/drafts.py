"""What is typed and not sent: stored and counted when the keys rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studybuddy.chat.sessions import Session
from studybuddy.domain.problems import Problem, StudyBuddyError

REST = 0.3
"""Seconds without a key press after which the draft is stored and counted."""
_SOON = 0.01
PAUSE = 1.2
"""Seconds without a key press after which somebody is not in the middle of a sentence."""


class DraftKeeper:
    """Keeps the draft of the conversation on screen."""

    def __init__(
        self,
        node: Widget,
        draft: Callable[[], tuple[Session, str]],
        rested: Callable[[], object],
        tell: Callable[[Problem], None],
    ) -> None:
        """Take the parts.

        Args:
            node: the widget whose clock is used.
            draft: where session and text are to be had.
            rested: what else is to be done when the keys rest.
            tell: takes what went wrong on storing.
        """
        self._node = node
        self._draft = draft
        self._rested = rested
        self._tell = tell
        self._timer: Timer | None = None
        self._typed_at = 0.0

    async def pause(self) -> None:
        """Wait until the student pauses: what opens by itself is to swallow no key."""
        while True:
            left = self._typed_at + PAUSE - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    def typed(self) -> None:
        """Wait for the keys to rest, anew from now."""
        self._typed_at = time.monotonic()
        if self._timer is None:
            self._timer = self._node.set_timer(REST, self._look)

    def sent(self) -> None:
        """Forget what was typed: it is on its way."""
        self._forget()
        self._typed_at = 0.0

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _look(self) -> None:
        """See whether the keys rest; one timer for many keys, since making one takes its time."""
        left = self._typed_at + REST - time.monotonic()
        if left > _SOON:
            self._timer = self._node.set_timer(left, self._look)
            return
        self._timer = None
        self._rested()
        await self.flush()

    async def flush(self) -> None:
        """Store what is typed."""
        self._forget()
        session, text = self._draft()
        try:
            await session.save_draft(text)
        except StudyBuddyError as error:
            self._tell(error.problem)


def joined(draft: str, typed: str) -> str:
    """The draft that was kept and what was typed before it came."""
    if draft and typed and draft != typed:
        return f"{draft}\n{typed}"
    return draft or typed
