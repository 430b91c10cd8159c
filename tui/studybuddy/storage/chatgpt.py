"""Conversations of ChatGPT's data export, `conversations.json`.

The format is not documented; what is read here is what exports of 2023 to 2026 have in common: a
list of conversations, each with a `mapping` of nodes by id, a node with `parent`, `children` and
a `message` that may be null, and `current_node`, the end of the branch that was shown. What the
student never saw (system messages, calls of tools and what they gave) is passed through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct, field

from studybuddy.domain.messages import Conversation, Message, MessageState, Role, Titled
from studybuddy.domain.text import one_line

_MARKUP = re.compile("\ue200[^\ue201]*\ue201|[\ue200-\ue2ff]")
"""Marks of citations, in the private use area; the page they stand for is not in the export."""
_SOURCES = re.compile(r"【[^】]*†[^】]*】")


class _Author(Struct):
    role: str = ""


class _Message(Struct):
    author: _Author = field(default_factory=_Author)
    content: dict[str, Any] | None = None
    create_time: float | None = None
    recipient: str | None = "all"
    metadata: dict[str, Any] | None = None
    status: str | None = None


class _Node(Struct):
    message: _Message | None = None
    parent: str | None = None
    children: list[str] = []


class _Told(Struct):
    mapping: dict[str, _Node]
    title: str | None = ""
    create_time: float | None = None
    update_time: float | None = None
    current_node: str | None = None
    id: str | None = None
    conversation_id: str | None = None
    is_archived: bool | None = False
    is_starred: bool | None = False


def decode(text: msgspec.Raw | bytes) -> tuple[Conversation, list[Message]]:
    """A conversation of the export, with every branch; ids are the same each time it is read.

    Raises:
        msgspec.ValidationError: where it is none.
    """
    told = msgspec.json.decode(text, type=_Told)
    key = told.conversation_id or told.id or f"{told.title}{told.create_time}"
    conversation_id = _named("conversation", key)
    created_at = told.create_time or 0.0
    messages: dict[str, Message] = {}
    alone = _only_children(told.mapping)
    stands_for: dict[str, str | None] = {}
    """The message of ours that each node of theirs is, or follows."""
    ends: dict[str, str] = {}
    """The last node that each message of ours was made of."""
    for node_id, parent_id in _parents_first(told.mapping):
        parent = stands_for.get(parent_id or "")
        message = _message(told.mapping[node_id], _named(key, node_id), parent, created_at)
        stands_for[node_id] = parent
        if message is None:
            continue
        before = messages.get(parent) if parent is not None else None
        if (
            before is not None
            and before.role is message.role is Role.ASSISTANT
            and _in_one_line(told.mapping, alone, parent_id, ends[before.id])
        ):  # one answer: its thoughts, or its words between calls of tools
            messages[before.id] = _joined(before, message)
            ends[before.id] = node_id
            continue
        messages[message.id] = message
        stands_for[node_id] = message.id
        ends[message.id] = node_id
    leaf = stands_for.get(told.current_node or "")
    last = max((message.created_at for message in messages.values()), default=created_at)
    head = Conversation(
        conversation_id,
        one_line(told.title or "") or _beginning(messages.values()),
        created_at,
        told.update_time or last,
        model=next((m.model for m in reversed(messages.values()) if m.model), ""),
        leaf_id=leaf or next(reversed(messages), None),
        titled=Titled.MODEL,
        pinned=bool(told.is_starred),
        archived=bool(told.is_archived),
    )
    return head, list(messages.values())


def _beginning(messages: Iterable[Message]) -> str:
    """What a conversation without a title begins with."""
    question = next((m.text for m in messages if m.role is Role.USER), "")
    return one_line(question[:400])[:60]


def _named(space: str, name: str) -> str:
    return uuid5(NAMESPACE_URL, f"chatgpt:{space}:{name}").hex


def _parents_first(mapping: dict[str, _Node]) -> Iterator[tuple[str, str | None]]:
    """Each node once, after its parent, alternatives in their order; loops are cut."""
    children: dict[str, list[str]] = {}
    roots = []
    for node_id, node in mapping.items():
        if node.parent in mapping and node.parent != node_id:
            children.setdefault(node.parent, []).append(node_id)
        else:
            roots.append(node_id)
    for parent_id, found in children.items():
        order = {node_id: place for place, node_id in enumerate(mapping[parent_id].children)}
        found.sort(key=lambda node_id, order=order: order.get(node_id, len(order)))  # type: ignore[misc]
    seen: set[str] = set()
    for root in (*roots, *mapping):
        waiting: list[tuple[str, str | None]] = [(root, None)]
        while waiting:
            node_id, before = waiting.pop()
            if node_id in seen:
                continue
            seen.add(node_id)
            yield node_id, before
            waiting.extend((child, node_id) for child in reversed(children.get(node_id, [])))


def _message(
    node: _Node, message_id: str, parent_id: str | None, created_at: float
) -> Message | None:
    """What the student saw of a node; `None` where that is nothing."""
    told = node.message
    if told is None or told.content is None:
        return None
    role = {"user": Role.USER, "assistant": Role.ASSISTANT}.get(told.author.role)
    metadata = told.metadata or {}
    hidden = bool(metadata.get("is_visually_hidden_from_conversation"))
    if role is None or hidden or told.recipient not in ("all", None, ""):
        return None
    text, reasoning = _texts(told.content)
    if not text and not reasoning:
        return None
    model = metadata.get("model_slug")
    return Message(
        message_id,
        role,
        text,
        told.create_time or created_at,
        parent_id,
        MessageState.STOPPED if told.status == "in_progress" else MessageState.COMPLETE,
        model if role is Role.ASSISTANT and isinstance(model, str) else "",
        reasoning=reasoning,
    )


def _texts(content: dict[str, Any]) -> tuple[str, str]:
    """Text and reasoning of a content."""
    match content.get("content_type"):
        case "thoughts":
            thoughts = content.get("thoughts")
            told = [_of(thought, "content") for thought in thoughts or [] if thought]
            return "", "\n\n".join(filter(None, told))
        case "reasoning_recap" | "user_editable_context" | "model_editable_context":
            return "", ""
        case "code" | "execution_output" as kind:
            text = _of(content, "text")
            language = content.get("language")
            name = language if kind == "code" and isinstance(language, str) else ""
            return (f"```{'' if name == 'unknown' else name}\n{text}\n```" if text else ""), ""
        case _:
            parts = content.get("parts")
            told = [_part(part) for part in parts] if isinstance(parts, list) else []
            text = "\n\n".join(filter(None, told)) or _of(content, "text")
            return _SOURCES.sub("", _MARKUP.sub("", text)).strip(), ""


def _part(part: object) -> str:
    """A part of a message: a text, or what stands for a picture or a recording."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    match part.get("content_type"):
        case "image_asset_pointer":
            return "[an image, which is not in the export]"
        case "audio_transcription":
            return _of(part, "text")
        case "audio_asset_pointer" | "real_time_user_audio_video_asset_pointer":
            return ""
        case _:
            return _of(part, "text")


def _of(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _only_children(mapping: dict[str, _Node]) -> set[str]:
    """The nodes that have one child; their own lists of children may lack some."""
    counts = Counter(node.parent for node in mapping.values())
    return {node_id for node_id in mapping if counts[node_id] == 1}


def _in_one_line(
    mapping: dict[str, _Node], alone: set[str], node_id: str | None, up_to: str
) -> bool:
    """Whether no alternatives begin from a node up to one above it, that one included."""
    while node_id is not None and node_id in alone:
        if node_id == up_to:
            return True
        node_id = mapping[node_id].parent
    return False


def _joined(before: Message, message: Message) -> Message:
    """One answer of two."""
    return replace(
        before,
        text="\n\n".join(filter(None, (before.text, message.text))),
        reasoning="\n\n".join(filter(None, (before.reasoning, message.reasoning))),
        model=message.model or before.model,
        state=message.state,
    )
