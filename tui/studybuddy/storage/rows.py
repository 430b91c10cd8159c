"""Rows of the database and the values of the domain, one made from the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role, Titled
from studybuddy.domain.usage import MOST_TOKENS, Usage
from studybuddy.storage.text import clean

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.prompts import Example
    from studybuddy.domain.runs import RunDetails

CONVERSATION = (
    "id, title, created_at, updated_at, mode, system_prompt, endpoint, model, leaf_id, draft, "
    "thread_id, assistant_id, assistant_name, max_completion_tokens, overflow, "
    "titled, pinned, archived, folder, deleted_at, persona, examples, scroll"
)
WITHOUT_DETAILS = (
    "id, role, text, created_at, parent_id, state, model, error, "
    "prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cache_written_tokens, "
    "pinned, kept, reasoning, variation, finish_reason, deleted"
)
MESSAGE = f"{WITHOUT_DETAILS}, details"
PARENT, DELETED = 4, 18
"""Where these two are in a row of a message."""

# Looked up by hand: calling the enumerations costs more than all the rest of a row.
_ROLES = {role.value: role for role in Role}
_STATES = {state.value: state for state in MessageState}
_TITLED = {titled.value: titled for titled in Titled}


def places(columns: str) -> str:
    """As many question marks as there are columns, in brackets."""
    return f"({','.join('?' * (columns.count(',') + 1))})"


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
        value.titled.value,
        value.pinned,
        value.archived,
        clean(value.folder),
        value.deleted_at,
        clean(value.persona),
        examples_text(value.examples),
        clean(value.scroll),
    )


def conversation(row: tuple[Any, ...]) -> Conversation:
    """The conversation of a row of `CONVERSATION`'s columns."""
    values = list(row)
    values[4] = Mode(values[4])
    values[14] = _overflow(values[14])
    # Where a later version wrote it, nothing here may replace the title.
    values[15] = _TITLED.get(values[15], Titled.STUDENT)
    values[16] = values[16] == 1
    values[17] = values[17] == 1
    values[21] = _examples(values[21]) if values[21] else ()
    return Conversation(*values)


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
        clean(value.reasoning),
        clean(value.variation),
        clean(value.finish_reason),
        value.deleted,
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
            else Usage(prompt, completion, cached, reasoned, cache_written or 0),
            None if details is None else _decoded(details),
            pinned == 1,
            kept == 1,
            reasoning,
            variation,
            finish_reason,
            deleted == 1,
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
            reasoned,
            cache_written,
            pinned,
            kept,
            reasoning,
            variation,
            finish_reason,
            deleted,
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


def examples_text(examples: Sequence[Example]) -> str:
    """JSON: pairs of question and answer; empty for none."""
    if not examples:
        return ""
    return json.dumps([[example.question, example.answer] for example in examples])


def _examples(text: str) -> tuple[Example, ...]:
    from studybuddy.domain.prompts import Example

    try:
        return tuple(Example(str(question), str(answer)) for question, answer in json.loads(text))
    except (ValueError, TypeError, RecursionError):  # written by a later version
        return ()


def _encoded(details: RunDetails) -> str:
    from studybuddy.storage.details import encoded

    return encoded(details)


def _decoded(text: str) -> RunDetails | None:
    from studybuddy.storage.details import decoded

    return decoded(text)
