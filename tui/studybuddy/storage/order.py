"""The heads of conversations in SQLite, and where each stands in lists.

All of it is run on the storage thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Conversation, Mode, Titled
from studybuddy.domain.shelves import Place, Shelf
from studybuddy.storage import rows
from studybuddy.storage.text import clean

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Example

# As the conditions of the indices have it, else SQLite would not use them.
_SHELVES = {
    Shelf.ACTIVE: "deleted_at IS NULL AND archived = 0",
    Shelf.ARCHIVED: "deleted_at IS NULL AND archived = 1",
    Shelf.DELETED: "deleted_at IS NOT NULL",
}

_INSERT = (
    f"INSERT INTO conversations ({rows.CONVERSATION}) VALUES {rows.places(rows.CONVERSATION)} "
    "ON CONFLICT (id) DO NOTHING"
)
_UPDATE = (
    "UPDATE conversations SET title = iif(title = '', ?, title), "
    "titled = iif(title = '', ?, titled), endpoint = ?, model = ?, "
    "updated_at = max(updated_at, ?) WHERE id = ?"
)

_PROMPTS_LOOKED_AT = 2000
"""Prompts that are searched for distinct ones; more of the same are passed over unseen."""


def save(connection: sqlite3.Connection, conversation: Conversation, new: bool) -> bool:
    """Insert a head that is new, or write what a turn changes; `False` where it is not there."""
    if new and connection.execute(_INSERT, rows.conversation_row(conversation)).rowcount:
        return True
    written = connection.execute(
        _UPDATE,
        (
            clean(conversation.title),
            conversation.titled.value,
            conversation.endpoint,
            conversation.model,
            conversation.updated_at,
            conversation.id,
        ),
    )
    return written.rowcount > 0


def set_prompt(
    connection: sqlite3.Connection,
    conversation_id: str,
    system_prompt: str,
    persona: str,
    examples: Sequence[Example],
) -> None:
    """Write who answers."""
    connection.execute(
        "UPDATE conversations SET system_prompt = ?, persona = ?, examples = ? WHERE id = ?",
        (clean(system_prompt), clean(persona), rows.examples_text(examples), conversation_id),
    )


def recent(
    connection: sqlite3.Connection,
    limit: int,
    before: tuple[bool, float, str] | None,
    mode: Mode | None,
    place: Place,
) -> list[Conversation]:
    """A page of a list."""
    wanted, values = [_SHELVES[place.shelf]], list[object]()
    if mode is not None:
        wanted.append("mode = ?")
        values.append(mode.value)
    if place.folder is not None:
        wanted.append("folder = ?")
        values.append(clean(place.folder))
    if before is not None:
        wanted.append("(pinned, updated_at, id) < (?, ?, ?)")
        values += before
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations WHERE {' AND '.join(wanted)} "
        "ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?",
        (*values, limit),
    )
    return [rows.conversation(row) for row in found]


def folders(connection: sqlite3.Connection) -> list[str]:
    """The names of folders with something in them, as a person would order them."""
    found = connection.execute(
        "SELECT DISTINCT folder FROM conversations WHERE folder <> '' AND deleted_at IS NULL"
    )
    return sorted((name for (name,) in found), key=lambda name: (name.casefold(), name))


def rename(
    connection: sqlite3.Connection, conversation_id: str, title: str, titled: Titled
) -> bool:
    """Write a title where no one who goes before `titled` has given one."""
    order = list(Titled)
    weaker = [each.value for each in order[: order.index(titled) + 1]]
    changed = connection.execute(
        "UPDATE conversations SET title = ?, titled = ? WHERE id = ? "
        f"AND (title = '' OR titled IN ({','.join('?' * len(weaker))}))",
        (clean(title), titled.value, conversation_id, *weaker),
    )
    return changed.rowcount > 0


def purge(connection: sqlite3.Connection, before: float) -> int:
    """Delete for good what was discarded before."""
    gone = connection.execute(
        "DELETE FROM conversations WHERE deleted_at IS NOT NULL AND deleted_at < ?", (before,)
    ).rowcount
    _forget(connection)
    return gone


def delete(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Delete a conversation for good; the index is told to forget its words."""
    connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
    _forget(connection)


def head(connection: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    """The head of a conversation, as it is stored."""
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    return None if found is None else rows.conversation(found)


def last_opened(connection: sqlite3.Connection) -> str | None:
    """The conversation that was on screen last, where it is still there."""
    found = connection.execute(
        "SELECT id FROM conversations WHERE deleted_at IS NULL "
        "AND id = (SELECT value FROM app_state WHERE key = 'last_opened')"
    ).fetchone()
    return found[0] if found else None


def recent_prompts(connection: sqlite3.Connection, limit: int) -> list[str]:
    """The latest distinct prompts, newest first."""
    found = connection.execute(
        "SELECT text FROM messages WHERE role = 'user' AND deleted = 0 AND conversation_id "
        "NOT IN (SELECT id FROM conversations WHERE deleted_at IS NOT NULL) "
        "ORDER BY created_at DESC, seq DESC LIMIT ?",
        (max(limit, _PROMPTS_LOOKED_AT),),
    )
    prompts: dict[str, None] = {}
    for (text,) in found:
        if len(prompts) >= limit:
            break
        prompts.setdefault(text)
    found.close()
    return list(prompts)


def _forget(connection: sqlite3.Connection) -> None:
    if connection.execute(
        "SELECT EXISTS (SELECT 1 FROM search_waiting WHERE text IS NOT NULL)"
    ).fetchone()[0]:
        from studybuddy.storage.search_index import forget

        forget(connection)
