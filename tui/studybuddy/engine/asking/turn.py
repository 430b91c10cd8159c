"""Where a conversation stands: the question, what came before, and what tools gave since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """A tool call since the last question, with its output."""

    name: str
    arguments: Mapping[str, Any]
    output: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A conversation, seen from its end."""

    question: str
    """The text of the last user message."""
    instructions: str
    """The system's."""
    earlier: tuple[tuple[str, str], ...]
    """Role (user or assistant) and text of the messages before the question, oldest first."""
    results: tuple[Result, ...]
    """Since the question, oldest first."""
    said: tuple[str, ...] = ()
    """Texts of the assistant since the question."""

    def outputs(self, name: str) -> list[str]:
        """What a tool gave since the question."""
        return [result.output for result in self.results if result.name == name]


def turn_of(messages: Sequence[Message]) -> Turn:
    """Read a conversation in the form of Chat Completions."""
    last = max((n for n, m in enumerate(messages) if m.get("role") == "user"), default=-1)
    before, since = messages[: max(last, 0)], messages[last + 1 :]
    spoken = [(str(m["role"]), text_of(m)) for m in before if m.get("role") in _SPEAKERS]
    return Turn(
        question=text_of(messages[last]) if last >= 0 else "",
        instructions="\n\n".join(
            text_of(m) for m in messages if m.get("role") in ("system", "developer")
        ),
        earlier=tuple((role, text) for role, text in spoken if text.strip()),
        results=_results(since),
        said=tuple(t for m in since if m.get("role") == "assistant" and (t := text_of(m).strip())),
    )


_SPEAKERS = ("user", "assistant")


def text_of(message: Message) -> str:
    """The text of a message; pictures are passed over."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (p.get("text") for p in parts if isinstance(p, Mapping))
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _results(messages: Sequence[Message]) -> tuple[Result, ...]:
    calls: dict[str, tuple[str, Mapping[str, Any]]] = {}
    found: list[Result] = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            calls[str(call.get("id"))] = str(function.get("name")), _decoded(function)
        if message.get("role") == "tool":
            name, arguments = calls.get(str(message.get("tool_call_id")), ("", {}))
            found.append(Result(name, arguments, text_of(message)))
    return tuple(found)


def _decoded(function: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        value = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}
