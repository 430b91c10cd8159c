"""What a conversation is made of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.prompts import Example
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
    reasoning: str = ""
    """What the model thought before it answered, where the server shows it; in no context."""
    variation: str = ""
    """How it was asked for differently, in a word or two, such as "simpler"; empty for as asked."""
    finish_reason: str = ""
    """Why the model ended, as Chat Completions gives it; `length` where the answer was cut."""
    deleted: bool = False
    """Whether the student deleted it: it is neither shown nor sent, and can be brought back."""


class Titled(StrEnum):
    """Who gave a conversation its title; a later one in this list goes before an earlier."""

    QUESTION = "question"  # the beginning of the first question
    MODEL = "model"
    STUDENT = "student"


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
    titled: Titled = Titled.QUESTION
    """Who gave it its title."""
    pinned: bool = False
    """Whether it stands before the others in lists."""
    archived: bool = False
    """Whether it is out of the way: only the list of archived ones and a search show it."""
    folder: str = ""
    """The folder that the student put it in, such as "Biology"; empty for none."""
    deleted_at: float | None = None
    """Unix time, seconds, where it was deleted and can still be brought back; else `None`."""
    persona: str = ""
    """Name of the persona that the system prompt was taken from; empty for none."""
    examples: tuple[Example, ...] = ()
    """Few-shot examples that go between the system prompt and the messages."""
    scroll: str = ""
    """Where it was scrolled to: a message's id and lines, as the screen writes it; empty: end."""


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """A conversation with the messages of the branch that is shown, oldest first."""

    head: Conversation
    messages: tuple[Message, ...] = field(default=())
    alternatives: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of shown messages that have any: which one of how many it is, counted from 1."""
