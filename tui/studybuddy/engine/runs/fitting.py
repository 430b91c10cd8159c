"""Which messages of a thread go to the model: truncation strategies and token limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

ChatMessage = Mapping[str, Any]
Count = Callable[[ChatMessage], int]

_PER_MESSAGE = 4  # tokens around each message, as OpenAI's cookbook counts them
_PER_IMAGE = 800  # tokens; servers differ, this is what a middling picture costs
_BYTES_PER_TOKEN = 3.5  # English has more, other languages and code fewer


def estimate(message: ChatMessage) -> int:
    """About how many tokens a message takes; rather more than fewer."""
    content = message.get("content") or ""
    if isinstance(content, str):
        text, images = content, 0
    else:
        text = "".join(part.get("text", "") for part in content)
        images = sum(part.get("type") != "text" for part in content)
    for call in message.get("tool_calls") or ():
        text += call["function"]["name"] + call["function"]["arguments"]
    size = len(text.encode("utf-8", "replace"))
    return _PER_MESSAGE + images * _PER_IMAGE + int(size / _BYTES_PER_TOKEN + 0.5)


def estimate_tools(tools: Sequence[Mapping[str, Any]]) -> int:
    """About how many tokens the definitions of tools take."""
    return sum(int(len(msgspec.json.encode(tool)) / _BYTES_PER_TOKEN + 0.5) for tool in tools)


def kept(
    head: Sequence[ChatMessage],
    history: Sequence[ChatMessage],
    rounds: Sequence[ChatMessage],
    *,
    last_messages: int | None = None,
    limit: int | None = None,
    count: Count = estimate,
) -> list[ChatMessage]:
    """The messages to send, oldest first.

    The system's messages, the last message of the user with what follows it, and the rounds of
    this run stay, also where they alone exceed the limit.

    Args:
        head: the system's messages.
        history: the thread's messages before the run.
        rounds: what the run itself has added: answers, calls, outputs.
        last_messages: how many of the history are to be used at most.
        limit: tokens that all of them may take.
        count: tokens of one message.
    """
    if last_messages is not None:
        history = history[-last_messages:]
    if limit is None:
        return [*head, *history, *rounds]
    users = [n for n, message in enumerate(history) if message.get("role") == "user"]
    first = users[-1] if users else max(0, len(history) - 1)
    room = limit - sum(map(count, (*head, *history[first:], *rounds)))
    while first > 0 and (room := room - count(history[first - 1])) >= 0:
        first -= 1
    return [*head, *history[first:], *rounds]
