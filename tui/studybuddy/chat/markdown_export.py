"""A conversation as Markdown, to be read, printed or handed in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from studybuddy.domain.citing import citations_of, cited_markdown
from studybuddy.domain.messages import Conversation, Message, MessageState, Role
from studybuddy.domain.text import harmless, one_line

_STATES = {
    MessageState.STREAMING: "this answer was still being written",
    MessageState.STOPPED: "this answer was stopped",
    MessageState.INTERRUPTED: "this answer broke off",
    MessageState.FAILED: "this answer failed",
}
_BESIDE = re.compile(r"[^\w.-]+")
_RESERVED = frozenset(["con", "prn", "aux", "nul"]) | {
    f"{p}{n}" for p in ("com", "lpt") for n in "123"
}


def markdown(head: Conversation, messages: Sequence[Message]) -> str:
    """The shown branch of a conversation: a title, and a heading for each message."""
    title = one_line(head.title) or "A conversation"
    day = datetime.fromtimestamp(head.created_at)
    told = [f"{day.day} {day:%B %Y}"]
    if head.persona:
        told.append(one_line(head.persona))
    if head.assistant_name:
        told.append(one_line(head.assistant_name))
    parts = [f"# {title}", f"*{' · '.join(told)}*"]
    for message in messages:
        parts += [f"## {_who(message)}", message_markdown(message)]
    return "\n\n".join(part for part in parts if part) + "\n"


def message_markdown(message: Message) -> str:
    """A message by itself, with its sources at the end, without reasoning."""
    text = cited_markdown(message) if citations_of(message) else message.text
    text = harmless(text).strip("\n")
    if message.state is MessageState.COMPLETE:
        return text
    why = one_line(message.error) or _STATES[message.state]
    return "\n\n".join(filter(None, [text, f"*({why})*"]))


def file_name(title: str, taken: Iterable[str] = ()) -> str:
    """A name for a file, without its ending, that every system takes, and none of those taken."""
    plain = unicodedata.normalize("NFC", one_line(title)).casefold()
    name = _BESIDE.sub("-", plain)[:60].strip("-._") or "conversation"
    if name in _RESERVED:
        name = f"{name}-"
    known, number, free = set(taken), 2, name
    while free in known:
        free, number = f"{name}-{number}", number + 1
    return free


def _who(message: Message) -> str:
    if message.role is Role.USER:
        return "You"
    if message.role is Role.SYSTEM:
        return "System"
    name = message.details.assistant_name if message.details else ""
    told = [one_line(name) or "Study Buddy", message.model, message.variation]
    return " · ".join(filter(None, told))
