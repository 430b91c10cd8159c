"""What is typed and not sent: stored and counted when the keys rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studybuddy.chat.sessions import Session
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.widgets.prompt import Keys

REST = 0.3
"""Seconds without a key press after which the draft is stored and counted."""
_SOON = 0.01
PAUSE = 1.2
"""Seconds without a key press after which somebody is not in the middle of a sentence."""
AFTER_ASKING = 0.5
"""Seconds after a question was sent in which the keys of a next sentence begin to come."""


class DraftKeeper:
    """Keeps the draft of the conversation on screen."""

    def __init__(
        self,
        node: Widget,
        draft: Callable[[], tuple[Session, str]],
        keys: Callable[[], Keys],
        rested: Callable[[], object],
        tell: Callable[[Problem], None],
    ) -> None:
        """Take the parts.

        Args:
            node: the widget whose clock is used.
            draft: where session and text are to be had.
            keys: tells which keys came to the prompt.
            rested: what else is to be done when the keys rest.
            tell: takes what went wrong on storing.
        """
        self._node = node
        self._draft = draft
        self._keys = keys
        self._rested = rested
        self._tell = tell
        self._timer: Timer | None = None
        self._typed_at = 0.0
        self._asked_at = 0.0
        self._keys_then = Keys()

    async def pause(self) -> None:
        """Wait until the student pauses: what opens by itself is not to come over a sentence."""
        while True:
            left = self._keys().last + PAUSE - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def left_alone(self) -> bool:
        """Whether no key came to the prompt since the last question was sent.

        Waits for those that are on their way where that was just now: what opens by itself, and
        has keys that do something, is to swallow none.
        """
        left = self._asked_at + AFTER_ASKING - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
        return self._keys().count == self._keys_then.count

    def typed(self) -> None:
        """Wait for the text to rest, anew from now."""
        self._typed_at = time.monotonic()
        if self._timer is None:
            self._timer = self._node.set_timer(REST, self._look)

    def asked(self) -> None:
        """Forget what was typed: it is on its way, and kept until it is in the conversation."""
        self._forget()
        self._asked_at = time.monotonic()
        self._keys_then = self._keys()
        self._node.set_timer(REST, self.store)

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
        """Store what is typed, now."""
        self._forget()
        await self.store()

    async def store(self) -> None:
        """Store what is typed so far; the keys are waited for as before."""
        draft = None
        try:
            while draft != (now := self._draft()):  # a turn may have begun or ended meanwhile
                draft = now
                session, text = draft
                await session.save_draft(text)
        except StudyBuddyError as error:
            self._tell(error.problem)


def joined(draft: str, typed: str) -> str:
    """The draft that was kept and what was typed before it came."""
    if draft and typed and draft != typed:
        return f"{draft}\n{typed}"
    return draft or typed


def replaced(typed: str, before: str, text: str) -> str:
    """What is typed by now with a text in place of what was there before; the rest stays.

    What came meanwhile stands in front of it, or behind it, or all of it is something else.
    """
    if typed.endswith(before):
        return joined(typed.removesuffix(before).removesuffix("\n"), text)
    if typed.startswith(before):
        return joined(text, typed.removeprefix(before).lstrip("\n"))
    return joined(text, typed)
