"""Keeps a streaming answer on disk, never more than a moment behind what was seen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.ports import ConversationStore

_log = logging.getLogger(__name__)

INTERVAL = 0.4
"""Seconds between two writes."""


class Journal:
    """Collects an answer's text and writes it at intervals while it grows."""

    def __init__(self, store: ConversationStore, message_id: str, text: str = "") -> None:
        self._store = store
        self._message_id = message_id
        self._parts = [text] if text else []
        self._thoughts: list[str] = []
        self._unwritten = False

    @property
    def text(self) -> str:
        """All that came so far."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def add(self, delta: str) -> None:
        """Take more of the answer."""
        self._parts.append(delta)
        self._unwritten = True

    @property
    def reasoning(self) -> str:
        """What the model thought so far, before it answers."""
        if len(self._thoughts) > 1:
            self._thoughts = ["".join(self._thoughts)]
        return self._thoughts[0] if self._thoughts else ""

    def add_reasoning(self, delta: str) -> None:
        """Take more of that."""
        self._thoughts.append(delta)
        self._unwritten = True

    def think_anew(self) -> None:
        """Forget it: the answer is asked for again."""
        self._thoughts.clear()

    def put(self, text: str) -> None:
        """Take the answer as it is now, in place of all that came."""
        self._parts = [text]
        self._unwritten = True

    async def flush(self) -> None:
        """Write what came now, where the end is not going to be written.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        self._unwritten = False
        await self._store.journal(self._message_id, self.text, self.reasoning)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write at intervals for as long as the block lasts; the caller writes the end."""
        task = asyncio.create_task(self._write_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _write_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            if not self._unwritten:
                continue
            self._unwritten = False
            try:
                await self._store.journal(self._message_id, self.text, self.reasoning)
            except StudyBuddyError as error:
                # The answer goes on: its end is written too, and tells if the disk still fails.
                self._unwritten = True
                _log.warning("journal of %s failed: %s", self._message_id, error)
