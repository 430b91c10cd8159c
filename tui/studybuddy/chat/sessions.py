"""What the screen needs of a conversation, whichever way it is answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import TurnEvent
from studybuddy.domain.messages import Conversation, Message, Role

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.metering import ContextReport


class Session(Protocol):
    """One open conversation."""

    @property
    def head(self) -> Conversation:
        """Its head as it is now."""
        ...

    @property
    def messages(self) -> Sequence[Message]:
        """The shown branch, oldest first."""
        ...

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        ...

    @property
    def elsewhere(self) -> bool:
        """Whether its last answer is being written by another window of the app."""
        ...

    async def refresh(self) -> bool:
        """Take over what other windows did; `False` where it was deleted.

        Does nothing while a turn is under way here.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    def last_question(self) -> Message | None:
        """The student's latest message of the shown branch."""
        ...

    def context(self) -> tuple[tuple[Role, str], ...]:
        """Role and text of what the next question is asked with."""
        ...

    def send(
        self, text: str, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask, and yield what happens until the turn is over.

        Where something stands in the way, TurnRefused is all that comes, but for statuses:
        nothing was sent, and nothing stored.
        """
        ...

    def retry(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Ask the last question again, and yield what happens until the turn is over.

        It is always asked afresh: an answer that is kept does not serve.

        Raises:
            ValueError: where there is no question yet.
        """
        ...

    async def stop(self) -> None:
        """Stop the answer, keep what came, and return when that is on disk."""
        ...

    async def leave(self) -> None:
        """Let go of a turn under way because the app ends, with what came of it on disk.

        What can go on without the app goes on.
        """
        ...

    async def save_draft(self, draft: str) -> None:
        """Keep what is typed."""
        ...

    async def set_system_prompt(self, prompt: str) -> None:
        """Change the system prompt from the next turn on."""
        ...

    async def pin(self, message_id: str, pinned: bool) -> None:
        """Let a message stay in the context where older ones are dropped, or no longer.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    async def set_limits(
        self, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        """Set this conversation's own limits from the next turn on; `None` for what is set for all.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    async def report(self, draft: str, endpoint: Endpoint, coming: str = "") -> ContextReport:
        """What the next request would be made of, with a draft that may be empty.

        `coming` is what there is by now of an answer under way, which counts as if it ended so.
        No model is asked.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...
