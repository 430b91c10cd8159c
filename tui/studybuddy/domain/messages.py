"""What a conversation is made of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.runs import RunDetails


class Role(StrEnum):
    """The author of a message, as the Chat Completions API names it."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Mode(StrEnum):
    """How a conversation is answered."""

    COMPLETION = "completion"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """Where a message is in its life; only COMPLETE ones enter the context."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"  # the student pressed Esc
    INTERRUPTED = "interrupted"  # the program ended while the answer streamed
    FAILED = "failed"  # the endpoint gave an error; `error` says which


def new_id() -> str:
    """Make an id that sorts by nothing and repeats never: 32 hexadecimal digits."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Messages form a tree: `parent_id` is the message before this one, `None` for
    a first one. Alternatives (regenerated answers, edited questions) share a parent.
    """

    id: str
    role: Role
    text: str
    created_at: float
    """Unix time, seconds."""
    parent_id: str | None = None
    state: MessageState = MessageState.COMPLETE
    model: str = ""
    """The model that wrote it; empty for the student's own."""
    error: str = ""
    """For FAILED, the sentence that was shown."""
    usage: Usage | None = None
    """What the endpoint reported for the request that made this answer."""
    details: RunDetails | None = None
    """In assistant mode, what the run that made this answer left with it."""
    pinned: bool = False
    """Whether it stays in the context where older messages are dropped."""
    kept: bool = False
    """Whether it is an answer that was given before and kept: nothing was sent for it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The head of a conversation: what a list of conversations shows."""

    id: str
    title: str
    created_at: float
    """Unix time, seconds."""
    updated_at: float
    """Unix time, seconds; lists are ordered by it, newest first."""
    mode: Mode = Mode.COMPLETION
    system_prompt: str = ""
    endpoint: str = ""
    """Name of the endpoint last used; empty for the default one."""
    model: str = ""
    """Model last used; empty for the endpoint's default."""
    leaf_id: str | None = None
    """The last message of the branch that is shown."""
    draft: str = ""
    """What was typed and not sent."""
    thread_id: str = ""
    """In assistant mode, the server's thread; empty until there is one."""
    assistant_id: str = ""
    """In assistant mode, the assistant last used."""
    assistant_name: str = ""
    """Its name, to be shown without asking the server."""
    max_completion_tokens: int | None = None
    """The longest answer that is asked for; `None` for the model's own limit."""
    overflow: Overflow | None = None
    """What happens where it does not fit the context window; `None` for what is set for all."""


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """A conversation with the messages of the branch that is shown, oldest first."""

    head: Conversation
    messages: tuple[Message, ...] = field(default=())
