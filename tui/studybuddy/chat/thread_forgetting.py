"""Threads on servers that nothing depends on any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.assistant_ports import AssistantConnector
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation, Message

_log = logging.getLogger(__name__)
_PATIENCE = 20.0
"""Seconds that a server is given."""


class ThreadForgetter:
    """Deletes threads beside what goes on; where a server can't be reached, they stay there."""

    def __init__(
        self, connector: AssistantConnector, endpoints: Callable[[], Sequence[Endpoint]] = tuple
    ) -> None:
        """Take who connects, and the endpoints among which those of conversations are found."""
        self._connector = connector
        self._endpoints = endpoints
        self._tasks: set[asyncio.Task[None]] = set()

    def forget(self, endpoint: Endpoint, thread_ids: Collection[str]) -> None:
        """Delete these threads there."""
        task = asyncio.create_task(self._forget(endpoint, thread_ids))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget_all_of(self, head: Conversation, messages: Sequence[Message]) -> None:
        """Delete the threads of a conversation, where it was asked in assistant mode from here."""
        if not head.assistant_id:  # a copy from a file: its threads are those of another
            return
        made = {m.details.thread_id for m in messages if m.details is not None}
        thread_ids = {head.thread_id, *made} - {""}
        endpoint = next((e for e in self._endpoints() if e.name == head.endpoint), None)
        if thread_ids and endpoint is not None:
            self.forget(endpoint, thread_ids)

    async def settled(self) -> None:
        """Wait for those that are on their way."""
        await asyncio.gather(*self._tasks)

    async def _forget(self, endpoint: Endpoint, thread_ids: Collection[str]) -> None:
        from studybuddy.chat.run_threads import forget_thread

        try:
            async with asyncio.timeout(_PATIENCE):
                service = await self._connector.connect(endpoint)
                for thread_id in thread_ids:
                    await forget_thread(service, thread_id)
        except (StudyBuddyError, TimeoutError) as error:
            _log.info("threads that were given up stay: %s", type(error).__name__)
