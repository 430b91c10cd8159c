"""What is typed and not sent: stored and counted when the keys rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.widgets.status import Meter

REST = 0.3
"""Seconds without a key press after which the draft is stored and counted."""
PAUSE = 1.2
"""Seconds without a key press after which somebody is not in the middle of a sentence."""


class DraftKeeper:
    """Keeps the draft of the conversation on screen."""

    def __init__(
        self,
        node: Widget,
        draft: Callable[[], tuple[Session, str]],
        count: Callable[[], object],
        tell: Callable[[Problem], None],
    ) -> None:
        """Take the widget whose clock is used, and where session and text are to be had."""
        self._node = node
        self._draft = draft
        self._count = count
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
        self._forget()
        self._typed_at = time.monotonic()
        self._timer = self._node.set_timer(REST, self._rested)

    def sent(self) -> None:
        """Forget what was typed: it is on its way."""
        self._forget()
        self._typed_at = 0.0

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _rested(self) -> None:
        self._count()
        await self.flush()

    async def flush(self) -> None:
        """Store what is typed."""
        self._forget()
        session, text = self._draft()
        try:
            await session.save_draft(text)
        except StudyBuddyError as error:
            self._tell(error.problem)


async def measure(desk: Desk, session: Session, draft: str) -> Meter:
    """The tokens of a draft, and of the conversation that it would go into."""
    tokens, exact = await desk.count(draft)
    last = session.messages[-1] if session.messages else None
    if last is not None and last.usage is not None and last.usage.total:
        context, context_exact = last.usage.total, True
    else:
        context, context_exact = await desk.count_context(session)
    reported = next((m.usage for m in reversed(session.messages) if m.usage), None)
    return Meter(tokens, context, exact=exact and context_exact, reported=reported)


def joined(draft: str, typed: str) -> str:
    """The draft that was kept and what was typed before it came."""
    if draft and typed and draft != typed:
        return f"{draft}\n{typed}"
    return draft or typed
