"""Rows of the database and the values of the domain, one made from the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role
from studybuddy.domain.usage import MOST_TOKENS, Usage
from studybuddy.storage.text import clean

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.runs import RunDetails

CONVERSATION = (
    "id, title, created_at, updated_at, mode, system_prompt, endpoint, model, leaf_id, draft, "
    "thread_id, assistant_id, assistant_name, max_completion_tokens, overflow"
)
WITHOUT_DETAILS = (
    "id, role, text, created_at, parent_id, state, model, error, "
    "prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cache_written_tokens, "
    "pinned, kept"
)
MESSAGE = f"{WITHOUT_DETAILS}, details"

# Looked up by hand: calling the enumerations costs more than all the rest of a row.
_ROLES = {role.value: role for role in Role}
_STATES = {state.value: state for state in MessageState}


def conversation_row(value: Conversation) -> tuple[Any, ...]:
    """The values of `CONVERSATION`'s columns."""
    return (
        value.id,
        clean(value.title),
        value.created_at,
        value.updated_at,
        value.mode.value,
        clean(value.system_prompt),
        value.endpoint,
        value.model,
        value.leaf_id,
        clean(value.draft),
        value.thread_id,
        value.assistant_id,
        clean(value.assistant_name),
        value.max_completion_tokens and min(value.max_completion_tokens, MOST_TOKENS),
        None if value.overflow is None else value.overflow.value,
    )


def conversation(row: tuple[Any, ...]) -> Conversation:
    """The conversation of a row of `CONVERSATION`'s columns."""
    identity, title, created_at, updated_at, mode, *rest = row
    rest[-1] = _overflow(rest[-1])
    return Conversation(identity, title, created_at, updated_at, Mode(mode), *rest)


def message_row(value: Message) -> tuple[Any, ...]:
    """The values of `MESSAGE`'s columns."""
    usage = value.usage
    return (
        value.id,
        value.role.value,
        clean(value.text),
        value.created_at,
        value.parent_id,
        value.state.value,
        value.model,
        clean(value.error),
        *(usage_row(usage) if usage else (None,) * 5),
        value.pinned,
        value.kept,
        None if value.details is None else _encoded(value.details),
    )


def usage_row(value: Usage) -> tuple[int, int, int, int, int]:
    """The values of the columns of tokens: prompt, completion, cached, reasoning, written."""
    usage = value.bounded()
    return usage.prompt, usage.completion, usage.cached, usage.reasoning, usage.cache_written


def messages(rows: Iterable[tuple[Any, ...]]) -> list[Message]:
    """The messages of rows of `MESSAGE`'s columns, in their order."""
    return [
        Message(
            identity,
            _ROLES[role],
            text,
            created_at,
            parent_id,
            _STATES[state],
            model,
            error,
            None
            if prompt is None
            else Usage(prompt, completion, cached, reasoning, cache_written or 0),
            None if details is None else _decoded(details),
            pinned == 1,
            kept == 1,
        )
        for (
            identity,
            role,
            text,
            created_at,
            parent_id,
            state,
            model,
            error,
            prompt,
            completion,
            cached,
            reasoning,
            cache_written,
            pinned,
            kept,
            details,
        ) in rows
    ]


def _overflow(name: str | None) -> Overflow | None:
    if name is None:
        return None
    from studybuddy.domain.limits import Overflow

    try:
        return Overflow(name)
    except ValueError:  # written by a later version
        return None


def _encoded(details: RunDetails) -> str:
    from studybuddy.storage.details import encoded

    return encoded(details)


def _decoded(text: str) -> RunDetails | None:
    from studybuddy.storage.details import decoded

    return decoded(text)
