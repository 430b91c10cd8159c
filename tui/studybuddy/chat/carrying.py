"""Carries a conversation from one mode to the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    OpenConversation,
    new_id,
)

_SUFFIXES = {Mode.ASSISTANT: " (thread)", Mode.COMPLETION: " (chat)"}


def carried(
    head: Conversation, messages: Sequence[Message], system_prompt: str
) -> OpenConversation:
    """A copy of the shown branch in the other mode; the original stays as it is.

    An answer that is still being written is left behind. A copy in assistant mode has no thread
    yet: its first question makes one from the messages. The student's own limits, persona and
    pinned messages go with it; usage does not, for none of its requests was the copy's.
    """
    mode = Mode.ASSISTANT if head.mode is Mode.COMPLETION else Mode.COMPLETION
    copies: list[Message] = []
    for message in messages:
        if message.state is MessageState.STREAMING:
            continue
        parent = copies[-1].id if copies else None
        details = message.details
        if details is not None and not details.status.over:
            details = None  # its run goes on for the original
        copies.append(replace(message, id=new_id(), parent_id=parent, details=details, usage=None))
    now = time.time()
    chosen = bool(head.persona or head.examples)  # else the prompt is that of all in its mode
    usual = system_prompt if mode is Mode.COMPLETION else ""
    copy = replace(
        head,
        id=new_id(),
        title=_title(head.title, mode),
        created_at=now,
        updated_at=now,
        mode=mode,
        system_prompt=head.system_prompt if chosen else usual,
        leaf_id=None,
        draft="",
        pinned=False,
        archived=False,
        scroll="",
        thread_id="",
        assistant_id="",
        assistant_name="",
    )
    return OpenConversation(copy, tuple(copies))


def _title(title: str, mode: Mode) -> str:
    """The title of a copy in a mode, told from the original's that stands beside it."""
    for suffix in _SUFFIXES.values():
        title = title.removesuffix(suffix)
    return f"{title}{_SUFFIXES[mode]}"
