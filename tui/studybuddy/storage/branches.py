"""The messages of a conversation in SQLite: its shown branch, and all of its tree.

All of it is run on the storage thread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from studybuddy.domain.messages import Conversation, Message, MessageState, OpenConversation
from studybuddy.domain.problems import SHOWN_OTHERWISE, StudyBuddyError
from studybuddy.storage import rows
from studybuddy.storage.database import transaction
from studybuddy.storage.instances import Liveness

_Row = tuple[Any, ...]


def load(
    connection: sqlite3.Connection, conversation_id: str, instance: Liveness
) -> OpenConversation | None:
    """A conversation and its shown branch."""
    _interrupt_orphans(connection, conversation_id, instance)
    connection.execute("BEGIN")  # one view of the head and its messages
    try:
        head = connection.execute(
            f"SELECT {rows.CONVERSATION} FROM conversations WHERE id = ?", (conversation_id,)
        ).fetchone()
        return None if head is None else _opened(connection, rows.conversation(head))
    finally:
        if connection.in_transaction:  # some errors roll back by themselves
            connection.execute("ROLLBACK")


def tree(connection: sqlite3.Connection, conversation_id: str, instance: Liveness) -> list[Message]:
    """All messages in the order of writing."""
    _interrupt_orphans(connection, conversation_id, instance)
    found = connection.execute(
        f"SELECT {rows.MESSAGE} FROM messages WHERE conversation_id = ? ORDER BY seq",
        (conversation_id,),
    )
    return rows.messages(found)


def unchanged(
    connection: sqlite3.Connection, conversation_id: str, shown: Sequence[str], alone: bool
) -> Conversation | None:
    """The head, where those messages are the shown branch, and all there is where `alone`."""
    connection.execute("BEGIN")  # one view of the head and its messages
    try:
        if alone:
            count = "SELECT count(*) FROM messages WHERE conversation_id = ? AND deleted = 0"
            (there,) = connection.execute(count, (conversation_id,)).fetchone()
            if there != len(shown):
                return None
        return _where_shown(connection, conversation_id, shown)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def add(
    connection: sqlite3.Connection,
    conversation_id: str,
    messages: Sequence[tuple[Message, str]],
    shown: Sequence[str] | None,
    thread_id: str,
    now: float,
) -> bool:
    """Add messages, each with its owner, and show the last one; `False` where it is not there.

    Raises:
        StudyBuddyError: where what is shown, or the thread that has it, is not as it is known.
    """
    columns = f"{rows.MESSAGE}, conversation_id, owner"
    new = [(*rows.message_row(message), conversation_id, owner) for message, owner in messages]
    with transaction(connection):
        moved = connection.execute(
            "SELECT 1 FROM conversations WHERE id = ? AND deleted_at IS NULL", (conversation_id,)
        ).fetchone()
        if moved is None:
            return False
        if shown is not None:
            head = _where_shown(connection, conversation_id, shown)
            if head is None or thread_id not in ("", head.thread_id):
                raise StudyBuddyError(SHOWN_OTHERWISE)
        connection.execute(
            "UPDATE conversations SET leaf_id = ?, thread_id = ?, updated_at = max(updated_at, ?) "
            "WHERE id = ?",
            (messages[-1][0].id, thread_id, now, conversation_id),
        )
        connection.executemany(
            f"INSERT INTO messages ({columns}) VALUES {rows.places(columns)}", new
        )
    return True


def set_thread(
    connection: sqlite3.Connection, conversation_id: str, thread_id: str, shown: Sequence[str]
) -> bool:
    """Write the thread that has what is shown, where just those messages are."""
    with transaction(connection):
        if thread_id and _where_shown(connection, conversation_id, shown) is None:
            return False
        connection.execute(
            "UPDATE conversations SET thread_id = ? WHERE id = ?", (thread_id, conversation_id)
        )
        return True


def show(connection: sqlite3.Connection, conversation_id: str, leaf_id: str | None) -> None:
    """Make another branch the shown one, where the conversation has it; its thread is left."""
    connection.execute(
        "UPDATE conversations SET leaf_id = ?1, thread_id = '' WHERE id = ?2 AND (?1 IS NULL OR "
        "EXISTS (SELECT 1 FROM messages WHERE id = ?1 AND conversation_id = ?2))",
        (leaf_id, conversation_id),
    )


def set_deleted(
    connection: sqlite3.Connection, message_ids: Sequence[str], deleted: bool, leaf_id: str | None
) -> None:
    """Mark messages and show what is to be shown then, all or nothing; the thread is left."""
    ids = json.dumps(list(message_ids))
    with transaction(connection):
        connection.execute(
            "UPDATE messages SET deleted = ? WHERE id IN (SELECT value FROM json_each(?))",
            (deleted, ids),
        )
        connection.execute(
            "UPDATE conversations SET thread_id = '' WHERE id IN (SELECT conversation_id "
            "FROM messages WHERE id IN (SELECT value FROM json_each(?)))",
            (ids,),
        )
        if leaf_id is not None:
            connection.execute(
                "UPDATE conversations SET leaf_id = ?1 "
                "WHERE id = (SELECT conversation_id FROM messages WHERE id = ?1)",
                (leaf_id,),
            )


def insert(
    connection: sqlite3.Connection, conversation: Conversation, messages: Sequence[Message]
) -> int:
    """Add what is not there yet of a conversation; returns how many messages were added."""
    with transaction(connection):
        names = _names(connection, conversation.id, messages)
        leaf = names.get(conversation.leaf_id or "") or (
            names[messages[-1].id] if messages else None
        )
        head = rows.conversation_row(replace(conversation, leaf_id=leaf))
        connection.execute(
            f"INSERT INTO conversations ({rows.CONVERSATION}) "
            f"VALUES {rows.places(rows.CONVERSATION)} ON CONFLICT (id) DO UPDATE "
            # Of no messages there was none to show.
            "SET leaf_id = coalesce(leaf_id, excluded.leaf_id)",
            head,
        )
        added = connection.executemany(
            f"INSERT INTO messages ({rows.MESSAGE}, conversation_id) "
            f"VALUES {rows.places(rows.MESSAGE + ',')} ON CONFLICT (id) DO NOTHING",
            [(*rows.message_row(_named(m, names)), conversation.id) for m in messages],
        )
        if added.rowcount > 0:  # no thread has them
            connection.execute(
                "UPDATE conversations SET thread_id = '' WHERE id = ?", (conversation.id,)
            )
        return max(added.rowcount, 0)


def _names(
    connection: sqlite3.Connection, conversation_id: str, messages: Sequence[Message]
) -> dict[str, str]:
    """The id that each message is stored by: another one where another conversation has its own.

    It is the same one each time, also where that conversation is gone since: what is stored twice
    is there once.
    """
    others = {m.id: uuid5(NAMESPACE_OID, conversation_id + m.id).hex for m in messages}
    found = connection.execute(
        "SELECT id, conversation_id FROM messages WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps([*others, *others.values()]),),
    )
    owners: dict[str, str] = dict(found.fetchall())
    return {
        name: name
        if owners.get(name, "" if other in owners else conversation_id) == conversation_id
        else other
        for name, other in others.items()
    }


def _named(message: Message, names: dict[str, str]) -> Message:
    parent = message.parent_id
    streams = message.state is MessageState.STREAMING  # no more, and nobody will finish it
    return replace(
        message,
        id=names[message.id],
        parent_id=None if parent is None else names.get(parent, parent),
        state=MessageState.INTERRUPTED if streams else message.state,
    )


def _where_shown(
    connection: sqlite3.Connection, conversation_id: str, shown: Sequence[str]
) -> Conversation | None:
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if found is None:
        return None
    head = rows.conversation(found)
    # What has two equal rows ends: no loop of parents goes on for ever.
    line = connection.execute(
        "WITH RECURSIVE line (id, parent_id, deleted) AS ("
        "SELECT id, parent_id, deleted FROM messages WHERE id = ?1 AND conversation_id = ?2 "
        "UNION SELECT m.id, m.parent_id, m.deleted FROM line "
        "JOIN messages m ON m.id = line.parent_id AND m.conversation_id = ?2) "
        "SELECT id, deleted FROM line",
        (head.leaf_id, head.id),
    ).fetchall()
    ends = not line or not line[0][1]
    if ends and [message_id for message_id, deleted in reversed(line) if not deleted] == [*shown]:
        return head
    # Where the leaf is deleted, or parents are damaged, it takes all of the tree to know.
    opened = _opened(connection, head)
    same = [message.id for message in opened.messages] == list(shown)
    return opened.head if same else None


def _interrupt_orphans(
    connection: sqlite3.Connection, conversation_id: str, instance: Liveness
) -> None:
    owners = connection.execute(
        "SELECT DISTINCT owner FROM messages WHERE conversation_id = ? AND state = 'streaming'",
        (conversation_id,),
    ).fetchall()
    for (owner,) in owners:
        # Asked first and written after: an answer that was finished meanwhile is left.
        if not instance.is_alive(owner):
            connection.execute(
                "UPDATE messages SET state = 'interrupted', owner = '' "
                "WHERE conversation_id = ? AND state = 'streaming' AND owner = ?",
                (conversation_id, owner),
            )


def _opened(connection: sqlite3.Connection, head: Conversation) -> OpenConversation:
    """The head with its shown branch; of what runs left, only what is shown is read."""
    found = connection.execute(
        f"SELECT {rows.WITHOUT_DETAILS} FROM messages WHERE conversation_id = ? ORDER BY seq",
        (head.id,),
    )
    by_id: dict[str, _Row] = {row[0]: row for row in found}
    line = _line(by_id, head.leaf_id)
    if len(line) == len(by_id) and not any(row[rows.DELETED] for row in line):
        return OpenConversation(head, _messages(connection, line))
    from studybuddy.domain.tree import MessageTree  # few conversations have branches

    tree = MessageTree(rows.messages((*row, None) for row in by_id.values()))
    shown = [message.id for message in tree.branch(head.leaf_id)]
    counts = {}
    for message_id in shown:
        others = tree.alternatives(message_id)
        if len(others) > 1:
            counts[message_id] = others.index(message_id) + 1, len(others)
    if head.leaf_id in by_id:
        head = replace(head, leaf_id=shown[-1] if shown else None)
    messages = _messages(connection, [by_id[message_id] for message_id in shown])
    return OpenConversation(head, messages, counts)


def _line(by_id: dict[str, _Row], leaf_id: str | None) -> list[_Row]:
    """The rows from a first message to the leaf; it ends also where parents make a loop."""
    line: list[_Row] = []
    left = dict(by_id)
    while leaf_id is not None and (row := left.pop(leaf_id, None)) is not None:
        line.append(row)
        leaf_id = row[rows.PARENT]
    line.reverse()
    return line


def _messages(connection: sqlite3.Connection, branch: Sequence[_Row]) -> tuple[Message, ...]:
    """The messages of the rows with what their runs left."""
    details = dict(
        connection.execute(
            "SELECT id, details FROM messages WHERE id IN (SELECT value FROM json_each(?)) "
            "AND details IS NOT NULL",
            (json.dumps([row[0] for row in branch]),),
        ).fetchall()
    )
    return tuple(rows.messages((*row, details.get(row[0])) for row in branch))
