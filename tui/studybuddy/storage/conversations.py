"""Conversations in SQLite."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    OpenConversation,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage import rows
from studybuddy.storage.database import transaction
from studybuddy.storage.instances import Liveness
from studybuddy.storage.runs import SqliteRunStore
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow

_PROMPTS_LOOKED_AT = 2000
"""Prompts that are searched for distinct ones; more of the same are passed over unseen."""

_DELETED = Problem(
    ProblemKind.STORAGE,
    "This conversation no longer exists: it was deleted, maybe in another window.",
    "Start a new one; your text can be sent there.",
)


def _ignore(_notice: Problem) -> None: ...


class SqliteConversationStore:
    """`domain.ports.ConversationStore` in one SQLite file that several instances may share.

    All work is done in order on one thread of its own, also when the caller that waits for it
    is cancelled. The database is opened by the first call.
    """

    def __init__(
        self,
        path: Path,
        instance: Liveness,
        on_notice: Callable[[Problem], None] = _ignore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the parts; nothing is opened.

        Args:
            path: the database file.
            instance: this instance among the others; it is registered with the first answer
                that streams.
            on_notice: told on the event loop what the student should know about the opening.
            clock: Unix time, seconds.
        """
        self.database = DatabaseThread(path, on_notice)
        """What the stores of all else in the same file are made of."""
        self._instance = instance
        self.runs = SqliteRunStore(self.database, instance)
        """The runs that are followed, in the same database."""
        self._clock = clock

    async def save(self, conversation: Conversation) -> None:
        """Insert or update a conversation's head; see the port for what an update leaves."""
        await self.database.run(self._save, conversation)

    async def recent(
        self,
        limit: int,
        before: tuple[float, str] | None = None,
        mode: Mode | None = None,
    ) -> Sequence[Conversation]:
        """The page of conversations after the key `before` = (updated_at, id), newest first."""
        return await self.database.run(self._recent, limit, before, mode)

    async def load(self, conversation_id: str) -> OpenConversation | None:
        """A conversation and its shown branch; `None` where there is none of that id."""
        return await self.database.run(self._load, conversation_id)

    async def last_opened(self) -> str | None:
        """Id of the conversation that was on screen last, where it is still there."""
        return await self.database.run(self._last_opened)

    async def mark_opened(self, conversation_id: str) -> None:
        """Remember which conversation is on screen."""
        sql = "INSERT OR REPLACE INTO app_state (key, value) VALUES ('last_opened', ?)"
        await self._write(sql, conversation_id)

    async def add(self, conversation_id: str, *messages: Message) -> None:
        """Store messages and move the conversation's leaf to the last one, in one transaction."""
        if messages:
            await self.database.run(self._add, conversation_id, messages)

    async def journal(self, message_id: str, text: str) -> None:
        """Write how far a streaming answer has come; nothing where it no longer streams."""
        sql = "UPDATE messages SET text = ? WHERE id = ? AND state = 'streaming'"
        await self._write(sql, clean(text), message_id)

    async def finish(self, message: Message) -> None:
        """Write an answer's final text, state, error, model, usage and details."""
        await self.database.run(self._finish, message)

    async def pin(self, message_id: str, pinned: bool) -> None:
        """Mark a message to stay in the context, or no longer; nothing where it is gone."""
        await self._write("UPDATE messages SET pinned = ? WHERE id = ?", pinned, message_id)

    async def save_draft(self, conversation_id: str, draft: str) -> None:
        """Write what is typed and not sent; does nothing where the conversation is unknown."""
        sql = "UPDATE conversations SET draft = ? WHERE id = ?"
        await self._write(sql, clean(draft), conversation_id)

    async def set_limits(
        self, conversation_id: str, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        """Write a conversation's own limits; does nothing where it is unknown."""
        sql = "UPDATE conversations SET max_completion_tokens = ?, overflow = ? WHERE id = ?"
        await self._write(sql, max_completion_tokens, overflow, conversation_id)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        """The student's latest distinct messages over all conversations, newest first."""
        return await self.database.run(self._recent_prompts, limit)

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its messages."""
        await self._write("DELETE FROM conversations WHERE id = ?", conversation_id)

    async def close(self) -> None:
        """Finish what was asked for and close the file; later calls fail. May be repeated."""
        await self.database.close()

    async def _write(self, sql: str, *values: str | int | None) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self.database.run(write)

    # What follows runs on the storage thread.

    def _save(self, connection: sqlite3.Connection, conversation: Conversation) -> None:
        connection.execute(
            f"INSERT INTO conversations ({rows.CONVERSATION}) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT (id) DO UPDATE SET title = excluded.title, mode = excluded.mode, "
            "system_prompt = excluded.system_prompt, endpoint = excluded.endpoint, "
            "model = excluded.model, updated_at = max(updated_at, excluded.updated_at), "
            "thread_id = excluded.thread_id, assistant_id = excluded.assistant_id, "
            "assistant_name = excluded.assistant_name",
            rows.conversation_row(conversation),
        )

    def _recent(
        self,
        connection: sqlite3.Connection,
        limit: int,
        before: tuple[float, str] | None,
        mode: Mode | None,
    ) -> list[Conversation]:
        wanted = ["mode = ?"] * (mode is not None) + ["(updated_at, id) < (?, ?)"] * bool(before)
        where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        found = connection.execute(
            f"SELECT {rows.CONVERSATION} FROM conversations {where} "
            "ORDER BY updated_at DESC, id DESC LIMIT ?",
            (*([mode.value] if mode else []), *(before or ()), limit),
        )
        return [rows.conversation(row) for row in found]

    def _load(
        self, connection: sqlite3.Connection, conversation_id: str
    ) -> OpenConversation | None:
        self._interrupt_orphans(connection, conversation_id)
        connection.execute("BEGIN")  # one view of the head and its messages
        try:
            head = connection.execute(
                f"SELECT {rows.CONVERSATION} FROM conversations WHERE id = ?", (conversation_id,)
            ).fetchone()
            branch = _branch(connection, head) if head is not None else []
        finally:
            if connection.in_transaction:  # some errors roll back by themselves
                connection.execute("ROLLBACK")
        if head is None:
            return None
        return OpenConversation(rows.conversation(head), tuple(rows.messages(branch)))

    def _interrupt_orphans(self, connection: sqlite3.Connection, conversation_id: str) -> None:
        owners = connection.execute(
            "SELECT DISTINCT owner FROM messages WHERE conversation_id = ? AND state = 'streaming'",
            (conversation_id,),
        ).fetchall()
        for (owner,) in owners:
            # Asked first and written after: an answer that was finished meanwhile is left.
            if not self._instance.is_alive(owner):
                connection.execute(
                    "UPDATE messages SET state = 'interrupted', owner = '' "
                    "WHERE conversation_id = ? AND state = 'streaming' AND owner = ?",
                    (conversation_id, owner),
                )

    def _last_opened(self, connection: sqlite3.Connection) -> str | None:
        found = connection.execute(
            "SELECT id FROM conversations "
            "WHERE id = (SELECT value FROM app_state WHERE key = 'last_opened')"
        )
        row = found.fetchone()
        return row[0] if row else None

    def _add(
        self, connection: sqlite3.Connection, conversation_id: str, messages: tuple[Message, ...]
    ) -> None:
        new = [(*rows.message_row(m), conversation_id, self._owner(m)) for m in messages]
        with transaction(connection):
            moved = connection.execute(
                "UPDATE conversations SET leaf_id = ?, updated_at = max(updated_at, ?) "
                "WHERE id = ?",
                (messages[-1].id, self._clock(), conversation_id),
            )
            if not moved.rowcount:
                raise StudyBuddyError(_DELETED)
            connection.executemany(
                f"INSERT INTO messages ({rows.MESSAGE}, conversation_id, owner) "
                "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                new,
            )

    def _finish(self, connection: sqlite3.Connection, message: Message) -> None:
        _, _, text, _, _, state, model, error, *usage, _, kept, details = rows.message_row(message)
        owner = self._owner(message)
        with transaction(connection):
            connection.execute(
                "UPDATE messages SET text = ?, state = ?, owner = ?, model = ?, error = ?, "
                "prompt_tokens = ?, completion_tokens = ?, cached_tokens = ?, "
                "reasoning_tokens = ?, cache_written_tokens = ?, kept = ?, details = ? "
                "WHERE id = ?",
                (text, state, owner, model, error, *usage, kept, details, message.id),
            )
            connection.execute(
                "UPDATE conversations SET updated_at = max(updated_at, ?) "
                "WHERE id = (SELECT conversation_id FROM messages WHERE id = ?)",
                (self._clock(), message.id),
            )

    def _owner(self, message: Message) -> str:
        if message.state is not MessageState.STREAMING:
            return ""
        self._instance.register()
        return self._instance.id

    def _recent_prompts(self, connection: sqlite3.Connection, limit: int) -> list[str]:
        found = connection.execute(
            "SELECT text FROM messages WHERE role = 'user' ORDER BY created_at DESC, seq DESC "
            "LIMIT ?",
            (max(limit, _PROMPTS_LOOKED_AT),),
        )
        prompts: dict[str, None] = {}
        for (text,) in found:
            if len(prompts) >= limit:
                break
            prompts.setdefault(text)
        found.close()
        return list(prompts)


def _branch(connection: sqlite3.Connection, head: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of the messages that are shown; of what runs left, only theirs is read."""
    conversation_id, leaf_id = head[0], rows.conversation(head).leaf_id
    found = connection.execute(
        f"SELECT {rows.WITHOUT_DETAILS} FROM messages WHERE conversation_id = ?",
        (conversation_id,),
    )
    by_id = {row[0]: row for row in found}
    branch = []
    # Popped: a damaged tree with a loop in it ends too.
    row = by_id.pop(leaf_id, None)
    while row is not None:
        branch.append(row)
        row = by_id.pop(row[4], None)
    branch.reverse()
    details = dict(
        connection.execute(
            "SELECT id, details FROM messages WHERE id IN (SELECT value FROM json_each(?)) "
            "AND details IS NOT NULL",
            (json.dumps([row[0] for row in branch]),),
        ).fetchall()
    )
    return [(*row, details.get(row[0])) for row in branch]
