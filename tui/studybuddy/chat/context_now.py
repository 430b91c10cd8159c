"""What of a conversation the meter counts, as it stands at this moment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from studybuddy.chat.context import entering, opening_of
from studybuddy.chat.context_counts import Entry
from studybuddy.chat.thread_instructions import beyond_assistants
from studybuddy.domain.messages import Message, MessageState, Mode, Role

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.chat.thread_session import ThreadSession
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.messages import Conversation
    from studybuddy.domain.prompts import Example


@dataclass(frozen=True, slots=True)
class ContextKey:
    """What the context depends on."""

    conversation: str
    last: str
    state: MessageState | None
    length: int
    system_prompt: str
    examples: tuple[Example, ...]
    assistant: Assistant | None
    model: str
    max_completion_tokens: int | None
    overflow: Overflow | None


def key_of(session: Session, model: str) -> ContextKey:
    """Names the context as it is now; quick, whatever the conversation's length."""
    messages, head = session.messages, session.head
    last = messages[-1] if messages else None
    return ContextKey(
        head.id,
        last.id if last else "",
        last.state if last else None,
        len(messages),
        head.system_prompt,
        head.examples,
        known_assistant(session),
        model,
        head.max_completion_tokens,
        head.overflow,
    )


def standing(session: Session) -> Sequence[Message]:
    """The messages before the draft; before the answer, while one comes."""
    messages = session.messages
    if messages and messages[-1].state is MessageState.STREAMING:
        return messages[:-1]
    return messages


def upcoming(session: Session, text: str) -> tuple[Sequence[Message], Message | None]:
    """The messages and the question of the request that sending now makes.

    With no text it is the question that is being answered, where there is one.
    """
    messages = standing(session)
    if text:
        return messages, Message("", Role.USER, text, time.time())
    if len(messages) < len(session.messages) and messages and messages[-1].role is Role.USER:
        return messages[:-1], messages[-1]
    return messages, None


def entries_of(session: Session) -> list[Entry]:
    """What stands before the draft; before the answer, while one comes."""
    messages = standing(session)
    if session.head.mode is Mode.ASSISTANT:
        systems = {SYSTEM_PROMPT: beyond_assistants(session.head)}
        systems |= _assistants_part(known_assistant(session), messages)
        first = [Entry(name, Role.SYSTEM, text) for name, text in systems.items() if text]
    else:
        first = opening_entries(session.head)
    return first + [entry_of(message) for message in entering(messages)]


def opening_entries(head: Conversation) -> list[Entry]:
    """What requests begin with in completion mode, as it is counted."""
    return [
        Entry(SYSTEM_PROMPT if role is Role.SYSTEM else f"example {place}", role, text)
        for place, (role, text) in enumerate(opening_of(head))
    ]


def _assistants_part(assistant: Assistant | None, messages: Sequence[Message]) -> dict[str, str]:
    """What a run reads beside prompt and messages, by the ids under which it is counted."""
    from studybuddy.chat.thread_parts import functions_of, passages_of

    functions = {f"function {name}": text for name, text in functions_of(assistant)}
    passages = {f"passage {place}": text for place, text in enumerate(passages_of(messages))}
    instructions = assistant.spec.instructions if assistant else ""
    return {INSTRUCTIONS: instructions, **functions, **passages}


INSTRUCTIONS, SYSTEM_PROMPT = "instructions", "system prompt"
"""Ids of what is no message."""


def entry_of(message: Message) -> Entry:
    """A message as it is counted."""
    return Entry(message.id, message.role, message.text)


def own_model(session: Session | None) -> str:
    """The model that the conversation's assistant wants; empty for the endpoint's."""
    assistant = known_assistant(session) if session is not None else None
    return assistant.spec.model if assistant else ""


def answered_by(session: Session, endpoint: Endpoint) -> str:
    """The model that gave the last answer, where this endpoint chose it itself."""
    head, last = session.head, session.messages[-1:]
    if (head.endpoint, head.model) != (endpoint.name, ""):
        return ""
    return next((message.model for message in last), "")


def known_assistant(session: Session) -> Assistant | None:
    """The assistant that answers, as far as it is known without asking the server."""
    if session.head.mode is not Mode.ASSISTANT:
        return None
    return cast("ThreadSession", session).known_assistant
