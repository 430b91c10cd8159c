"""The seams: what the core asks of the edges."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.branch_ports import BranchStore
from studybuddy.domain.endpoints import Endpoint, Model
from studybuddy.domain.events import ReasoningDelta, StatusChanged, TextDelta, UsageReported
from studybuddy.domain.messages import Conversation, Message, Mode, OpenConversation, Role, Titled
from studybuddy.domain.shelves import EVERYTHING_ACTIVE, Place

if TYPE_CHECKING:
    from studybuddy.domain.accounts import Origin
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.prompts import Example


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request for a chat completion."""

    messages: tuple[tuple[Role, str], ...]
    """Role and text, oldest first, the system prompt included."""
    model: str = ""
    """Empty means the endpoint's default."""
    max_completion_tokens: int | None = None
    origin: Origin | None = None
    """For the records; it is not sent, but that a conversation's requests share a prompt cache."""


@dataclass(frozen=True, slots=True)
class CompletionFinished:
    """The stream ended as it should."""

    finish_reason: str
    model: str
    """The model that the server says answered."""


CompletionEvent = StatusChanged | ReasoningDelta | TextDelta | UsageReported | CompletionFinished


class CompletionProvider(Protocol):
    """A connection to one endpoint."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint it is connected to."""
        ...

    def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent]:
        """Ask, and yield the answer as it comes.

        The last event is `CompletionFinished`. One attempt: retrying is the caller's.
        Closing the iterator closes the connection.

        Raises:
            StudyBuddyError: for every failure, with the problem to show.
        """
        ...

    async def count(self, request: CompletionRequest) -> int | None:
        """Prompt tokens of a request by the endpoint's own tokenizer.

        `None` where it has none, or does not tell right now; it takes seconds at most, and is no
        failure. A remote endpoint is asked over its network: not where the count is exact here.
        """
        ...

    async def models(self) -> Sequence[Model]:
        """List the endpoint's models in the order of the server.

        Raises:
            StudyBuddyError: when the list cannot be had.
        """
        ...

    async def close(self) -> None:
        """Close the connection's sockets."""
        ...


class Connector(Protocol):
    """Makes connections; the slow imports and the engine's start happen here."""

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        """Connect to an endpoint, starting the engine where it is the built-in one.

        Raises:
            StudyBuddyError: where that fails.
        """
        ...


class ConversationStore(BranchStore, Protocol):
    """Conversations on disk. Every method is safe to call from the event loop.

    Several instances of the app may share one store. What a call asks to write is written,
    in the order of the calls, also where the caller is cancelled while it waits.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def save(self, conversation: Conversation, *, new: bool = True) -> None:
        """Store a new conversation as it is given; of one that is there, only what a turn writes.

        That is endpoint and model, `updated_at`, which moves forward, never back, and the title
        where there is none yet (see `rename`). All else stays as it is: another instance may have
        changed it since this head was read. See `set_prompt`, `set_assistant`, `set_thread`,
        `set_limits`, `save_draft`, `save_scroll`, `arrange`, and for the leaf `add` and `show`.

        Args:
            conversation: its head.
            new: whether it is stored where it is not there.

        Raises:
            StudyBuddyError: also where it is neither new nor there (any more).
        """
        ...

    async def set_prompt(
        self, conversation_id: str, system_prompt: str, persona: str, examples: Sequence[Example]
    ) -> None:
        """Write who answers in a conversation; does nothing where it is unknown."""
        ...

    async def set_assistant(
        self, conversation_id: str, assistant_id: str, assistant_name: str
    ) -> None:
        """Write which assistant answers in it; does nothing where it is unknown."""
        ...

    async def recent(
        self,
        limit: int,
        before: tuple[bool, float, str] | None = None,
        mode: Mode | None = None,
        place: Place = EVERYTHING_ACTIVE,
    ) -> Sequence[Conversation]:
        """The page of conversations after the key `before` = (pinned, updated_at, id).

        Pinned ones come first, then the newest. Only those of `mode`, where one is given, and
        of that place.
        """
        ...

    async def folders(self) -> Sequence[str]:
        """The folders that conversations which are not deleted are in, by name."""
        ...

    async def load(self, conversation_id: str) -> OpenConversation | None:
        """A conversation and its shown branch; `None` where there is none of that id.

        An answer left STREAMING by a process that is gone is INTERRUPTED from here on.
        """
        ...

    async def head(self, conversation_id: str) -> Conversation | None:
        """The head of a conversation alone; `None` where there is none of that id."""
        ...

    async def last_opened(self) -> str | None:
        """Id of the conversation that was on screen last; `None` where it is gone."""
        ...

    async def mark_opened(self, conversation_id: str) -> None:
        """Remember which conversation is on screen."""
        ...

    async def journal(self, message_id: str, text: str, reasoning: str = "") -> None:
        """Write how far a streaming answer has come; nothing where it is not STREAMING.

        What the model thought so far is written with it.
        """
        ...

    async def finish(self, message: Message) -> None:
        """Write an answer's final text, state, error, model, usage and details.

        Moves `updated_at` to now. Does nothing where the answer was deleted.
        """
        ...

    async def pin(self, message_id: str, pinned: bool) -> None:
        """Mark a message to stay in the context, or no longer; nothing where it is gone."""
        ...

    async def save_draft(self, conversation_id: str, draft: str) -> None:
        """Write what is typed and not sent; does nothing where the conversation is unknown."""
        ...

    async def set_limits(
        self, conversation_id: str, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        """Write a conversation's own limits; does nothing where it is unknown."""
        ...

    async def rename(self, conversation_id: str, title: str, titled: Titled) -> bool:
        """Give a conversation a title; `False` where someone who goes before has given it one."""
        ...

    async def arrange(
        self,
        conversation_id: str,
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> None:
        """Write where a conversation stands in lists; what is `None` stays.

        Does nothing where it is unknown.
        """
        ...

    async def save_scroll(self, conversation_id: str, scroll: str) -> None:
        """Write where it is scrolled to; does nothing where the conversation is unknown."""
        ...

    async def discard(self, conversation_id: str) -> None:
        """Delete a conversation so that `restore` can bring it back as it was."""
        ...

    async def restore(self, conversation_id: str) -> None:
        """Bring back what `discard` deleted."""
        ...

    async def purge(self, before: float) -> int:
        """Delete for good what was discarded before that Unix time; returns how many."""
        ...

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        """The student's latest distinct messages over all conversations, newest first.

        Only the latest two thousand or so are looked at.
        """
        ...

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its messages for good."""
        ...
