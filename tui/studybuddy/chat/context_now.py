"""What of a conversation the meter counts, as it stands at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from studybuddy.chat.context import entering
from studybuddy.chat.context_counts import Entry
from studybuddy.domain.messages import MessageState, Mode, Role

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.chat.thread_session import ThreadSession
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Message


@dataclass(frozen=True, slots=True)
class ContextKey:
    """What the context depends on."""

    conversation: str
    last: str
    state: MessageState | None
    length: int
    system_prompt: str
    assistant: str
    model: str


def key_of(session: Session, model: str) -> ContextKey:
    """Names the context as it is now; quick, whatever the conversation's length."""
    messages, head = session.messages, session.head
    last = messages[-1] if messages else None
    assistant = _assistant(session)
    return ContextKey(
        head.id,
        last.id if last else "",
        last.state if last else None,
        len(messages),
        head.system_prompt,
        assistant.spec.instructions if assistant else "",
        model,
    )


def entries_of(session: Session) -> list[Entry]:
    """What stands before the draft; before the answer, while one comes."""
    messages: Sequence[Message] = session.messages
    if messages and messages[-1].state is MessageState.STREAMING:
        messages = messages[:-1]
    assistant = _assistant(session)
    instructions = assistant.spec.instructions if assistant else ""
    systems = {"instructions": instructions, "system prompt": session.head.system_prompt}
    first = [Entry(name, Role.SYSTEM, text) for name, text in systems.items() if text]
    return first + [entry_of(message) for message in entering(messages)]


def entry_of(message: Message) -> Entry:
    """A message as it is counted."""
    return Entry(message.id, message.role, message.text)


def model_of(session: Session | None, endpoint: Endpoint | None) -> str:
    """The model that answers: an assistant's own, or the endpoint's; empty for its default one."""
    assistant = _assistant(session) if session is not None else None
    own = assistant.spec.model if assistant else ""
    return own or (endpoint.model if endpoint else "")


def last_answer(session: Session, endpoint: Endpoint | None) -> Message | None:
    """The answer that ends a conversation, if who answers now told the tokens of its request."""
    head, last = session.head, session.messages[-1:]
    if endpoint is None or head.mode is not Mode.COMPLETION:
        return None
    if (head.endpoint, head.model) != (endpoint.name, endpoint.model):
        return None
    for answer in last:
        if answer.state is MessageState.COMPLETE and answer.usage and answer.usage.prompt > 0:
            return answer
    return None


def _assistant(session: Session) -> Assistant | None:
    """The assistant that answers, as far as it is known without asking the server."""
    if session.head.mode is not Mode.ASSISTANT:
        return None
    return cast("ThreadSession", session).known_assistant
