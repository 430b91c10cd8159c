"""What the screen needs of a conversation, whichever way it is answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Conversation, Message, Role, Titled

if TYPE_CHECKING:
    from studybuddy.domain.events import TurnEvent
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.metering import ContextReport
    from studybuddy.domain.prompts import Persona
    from studybuddy.domain.tree import MessageTree
    from studybuddy.domain.variations import Variation


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
        """Take over what other windows did; `False` where it was deleted for good.

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
        self,
        endpoint: Endpoint,
        allow: Allowance = NOTHING_ALLOWED,
        *,
        message_id: str = "",
        variation: Variation | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question of the shown branch again, and yield what happens until the turn is over.

        The branch is cut after that question: what followed it stays as another branch. It is
        always asked afresh: an answer that is kept does not serve. Where it comes to nothing, the
        branch from before is shown again, which the turn's end tells with `back`.

        Args:
            endpoint: who answers; another one than before, maybe.
            allow: what is allowed it against what is set.
            message_id: the question, or what answered it; empty for the last question.
            variation: how the answer is to differ from the one there is; for this request only.

        Raises:
            ValueError: where there is no such question.
        """
        ...

    def edit(
        self,
        message_id: str,
        text: str,
        endpoint: Endpoint,
        allow: Allowance = NOTHING_ALLOWED,
    ) -> AsyncGenerator[TurnEvent]:
        """Ask a question of the shown branch in other words; the old one stays beside the new one.

        Raises:
            ValueError: where there is no such question, or the text is blank.
        """
        ...

    @property
    def can_go_on(self) -> bool:
        """Whether the last answer was cut, so that `go_on` can bring more of it."""
        ...

    def go_on(
        self, endpoint: Endpoint, allow: Allowance = NOTHING_ALLOWED
    ) -> AsyncGenerator[TurnEvent]:
        """Go on with the last answer, which was cut, in a new one beside it.

        The new answer begins with the text of the old one: `TurnStarted.answer` has that, and
        what comes is added. Where nothing comes, the old one is shown again (see `retry`).

        Raises:
            ValueError: where the last answer was not cut.
        """
        ...

    # Branches

    @property
    def alternatives(self) -> Mapping[str, tuple[int, int]]:
        """Of shown messages that have any: which one of how many it is, counted from 1."""
        ...

    async def tree(self) -> MessageTree:
        """All messages, as they are on disk.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        ...

    async def show_alternative(self, message_id: str, by: int) -> bool:
        """Show what stands `by` places after a message of the shown branch in its place.

        `False` where there is none: nothing changes then.

        Raises:
            StudyBuddyError: while a turn is under way here, or where the disk fails.
        """
        ...

    async def show_message(self, message_id: str) -> bool:
        """Make a branch that has the message the shown one; `False` as above.

        Raises:
            StudyBuddyError: while a turn is under way here, or where the disk fails.
        """
        ...

    async def delete_message(self, message_id: str) -> tuple[str, ...]:
        """Delete a message of the shown branch; a question goes with what answers it there.

        Returns the ids of what was deleted, for `restore_messages`; none where it is not shown.

        Raises:
            StudyBuddyError: while a turn is under way, here or in another window, or where the
                disk fails.
        """
        ...

    async def restore_messages(self, ids: Sequence[str]) -> None:
        """Bring back what was deleted, and show it.

        Raises:
            StudyBuddyError: as above.
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

    async def save_scroll(self, scroll: str) -> None:
        """Keep where it is scrolled to, as the screen writes it; empty for the end."""
        ...

    async def set_system_prompt(self, prompt: str) -> None:
        """Change the system prompt from the next turn on.

        Another prompt than the persona's is no persona any more; a blank one has no examples.
        """
        ...

    async def set_persona(self, persona: Persona) -> None:
        """Take over a persona's prompt and examples from the next turn on."""
        ...

    def renamed(self, title: str, titled: Titled) -> None:
        """Take over a title that was stored."""
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
