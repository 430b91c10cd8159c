"""A conversation in assistant mode: its questions are answered by runs on a thread."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace

from studybuddy.chat.stored import StoredConversation
from studybuddy.domain.assistant_ports import AssistantConnector, FollowedRun, RunStore
from studybuddy.domain.assistants import Assistant
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnEvent
from studybuddy.domain.messages import OpenConversation
from studybuddy.domain.ports import ConversationStore

Resolve = Callable[[str, str], Awaitable[Assistant | None]]
"""Finds the assistant of an id, or else of a name, or else one to begin with."""


class ThreadSession(StoredConversation):
    """A `Session` in assistant mode: the store is the mirror of a thread on the server."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        runs: RunStore,
        connector: AssistantConnector,
        resolve: Resolve,
        *,
        new: bool,
    ) -> None:
        super().__init__(opened, store, new=new)
        self._runs = runs
        self._connector = connector
        self._resolve = resolve
        self._expected: FollowedRun | None = None

    @property
    def expecting(self) -> bool:
        """Whether it was opened for a run that is not followed yet."""
        return self._expected is not None

    def expect(self, run: FollowedRun) -> None:
        """Take a run from before a restart, which `follow` will be called with."""
        self._expected = run

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return False

    async def choose(self, assistant: Assistant) -> None:
        """Let this assistant answer from the next turn on."""
        self.head = replace(
            self.head, assistant_id=assistant.id, assistant_name=assistant.spec.name
        )
        if not self._unsaved:
            await self.save()

    def send(self, text: str, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over."""
        raise NotImplementedError

    def retry(self, endpoint: Endpoint) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again."""
        raise NotImplementedError

    def follow(self, run: FollowedRun) -> AsyncGenerator[TurnEvent]:
        """Go on with a run from before a restart; TurnStarted comes first, as if it were live.

        Its `replaced` names the answer itself: it takes its own place.
        """
        raise NotImplementedError

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Give what the run requires, an output for each call's id; the turn then goes on.

        Raises:
            StudyBuddyError: where the server refuses it; the run still waits then.
            ValueError: where the run waits for nothing, or for more than that.
        """
        raise NotImplementedError

    async def save_action_draft(self, draft: str) -> None:
        """Keep what the student has answered so far; it comes back in ActionRequired."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Cancel the run, and return when what came of it is on disk."""

    async def leave(self) -> None:
        """Stop following; the run goes on, and is followed again at the next start."""
