"""Our own file of conversations: JSON that says all there is to say of them.

The shape: `{"format": "studybuddy", "version": 1, "exported_at": …, "conversations": […]}`. Times
are Unix seconds. Messages name the one before them by `parent_id`; those with the same one are
alternatives. Fields that have their usual value are left out, unknown ones are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from msgspec import Meta, Struct

from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role, Titled
from studybuddy.domain.prompts import Example
from studybuddy.domain.usage import Usage
from studybuddy.storage.details import decoded, encoded
from studybuddy.storage.text import clean

FORMAT, VERSION = "studybuddy", 1

_Id = Annotated[str, Meta(min_length=1, max_length=200)]
_Time = Annotated[float, Meta(ge=0, le=32_503_680_000)]  # until the year 3000
_Tokens = Annotated[int, Meta(ge=0, le=1 << 53)]  # as much as any JSON can say exactly
_Limit = Annotated[int, Meta(ge=1, le=1 << 53)]


class ExportedUsage(Struct, omit_defaults=True):
    """Tokens of a request."""

    prompt: _Tokens = 0
    completion: _Tokens = 0
    cached: _Tokens = 0
    reasoning: _Tokens = 0
    cache_written: _Tokens = 0


class ExportedMessage(Struct, omit_defaults=True):
    """A message."""

    id: _Id
    role: Role
    text: str
    created_at: _Time
    parent_id: _Id | None = None
    state: MessageState = MessageState.COMPLETE
    model: str = ""
    error: str = ""
    usage: ExportedUsage | None = None
    details: Any = None
    pinned: bool = False
    kept: bool = False
    reasoning: str = ""
    variation: str = ""
    finish_reason: str = ""
    deleted: bool = False


class ExportedExample(Struct):
    """One shot."""

    question: str
    answer: str


class ExportedConversation(Struct, omit_defaults=True):
    """A conversation with all its branches."""

    id: _Id
    title: str
    created_at: _Time
    updated_at: _Time
    messages: list[ExportedMessage]
    titled: Titled = Titled.QUESTION
    mode: Mode = Mode.COMPLETION
    system_prompt: str = ""
    persona: str = ""
    examples: list[ExportedExample] = []
    endpoint: str = ""
    model: str = ""
    leaf_id: _Id | None = None
    draft: str = ""
    assistant_name: str = ""
    max_completion_tokens: _Limit | None = None
    overflow: Overflow | None = None
    pinned: bool = False
    archived: bool = False
    folder: str = ""


class Export(Struct):
    """A file."""

    format: str
    version: int
    conversations: list[msgspec.Raw]


def encode(head: Conversation, messages: Sequence[Message]) -> bytes:
    """A conversation as the file has it. Its thread is left out: no other server has it."""
    told = ExportedConversation(
        head.id,
        clean(head.title),
        head.created_at,
        head.updated_at,
        [_told(message) for message in messages],
        head.titled,
        head.mode,
        clean(head.system_prompt),
        clean(head.persona),
        [ExportedExample(clean(e.question), clean(e.answer)) for e in head.examples],
        head.endpoint,
        head.model,
        head.leaf_id,
        clean(head.draft),
        clean(head.assistant_name),
        head.max_completion_tokens,
        head.overflow,
        head.pinned,
        head.archived,
        clean(head.folder),
    )
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def decode(text: msgspec.Raw | bytes) -> tuple[Conversation, list[Message]]:
    """A conversation of the file.

    Raises:
        msgspec.ValidationError: where it is none; the sentence says what is wrong.
    """
    told = msgspec.json.decode(text, type=ExportedConversation)
    head = Conversation(
        told.id,
        told.title,
        told.created_at,
        told.updated_at,
        told.mode,
        told.system_prompt,
        told.endpoint,
        told.model,
        told.leaf_id,
        told.draft,
        assistant_name=told.assistant_name,
        max_completion_tokens=told.max_completion_tokens,
        overflow=told.overflow,
        titled=told.titled,
        pinned=told.pinned,
        archived=told.archived,
        folder=told.folder,
        persona=told.persona,
        examples=tuple(Example(e.question, e.answer) for e in told.examples),
    )
    return head, _each_by_its_own_id([_message(message) for message in told.messages])


def _each_by_its_own_id(messages: list[Message]) -> list[Message]:
    """The same messages; of several by one id, the later ones go by others, always the same."""
    found: dict[str, Message] = {}
    for message in messages:
        name, number = message.id, 1
        while name in found and replace(message, id=name) != found[name]:
            number += 1
            name = uuid5(NAMESPACE_OID, f"{message.id}#{number}").hex
        found[name] = replace(message, id=name)
    return list(found.values())


def _told(message: Message) -> ExportedMessage:
    usage, details = message.usage, message.details
    return ExportedMessage(
        message.id,
        message.role,
        clean(message.text),
        message.created_at,
        message.parent_id,
        message.state,
        message.model,
        clean(message.error),
        None
        if usage is None
        else ExportedUsage(
            usage.prompt, usage.completion, usage.cached, usage.reasoning, usage.cache_written
        ),
        None if details is None else msgspec.Raw(encoded(details).encode()),
        message.pinned,
        message.kept,
        clean(message.reasoning),
        clean(message.variation),
        message.finish_reason,
        message.deleted,
    )


def _message(told: ExportedMessage) -> Message:
    usage = told.usage
    details = None
    if told.details is not None:
        details = decoded(msgspec.json.encode(told.details).decode())
    return Message(
        told.id,
        told.role,
        told.text,
        told.created_at,
        told.parent_id,
        told.state,
        told.model,
        told.error,
        None
        if usage is None
        else Usage(
            usage.prompt, usage.completion, usage.cached, usage.reasoning, usage.cache_written
        ),
        details,
        told.pinned,
        told.kept,
        told.reasoning,
        told.variation,
        told.finish_reason,
        told.deleted,
    )
