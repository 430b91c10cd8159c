"""Conversations in SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    OpenConversation,
    Titled,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.shelves import EVERYTHING_ACTIVE, Place
from studybuddy.storage import branches, order, rows
from studybuddy.storage.database import transaction
from studybuddy.storage.instances import Liveness
from studybuddy.storage.runs import SqliteRunStore
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.prompts import Example

_DELETED = Problem(
    ProblemKind.STORAGE,
    "This conversation no longer exists: it was deleted, maybe in another window.",
    "Start a new one, or bring it back from the list of deleted ones; your text can be sent there.",
)

_SET_ELSEWHERE = {"id", "role", "created_at", "parent_id", "pinned", "deleted"}
"""What the end of an answer leaves as it is."""


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

    async def save(self, conversation: Conversation, *, new: bool = True) -> None:
        """Store a new conversation, or what a turn writes of one that is there."""
        if not await self.database.run(order.save, conversation, new):
            raise StudyBuddyError(_DELETED)

    async def set_prompt(
        self, conversation_id: str, system_prompt: str, persona: str, examples: Sequence[Example]
    ) -> None:
        """Write who answers in a conversation; does nothing where it is unknown."""
        await self.database.run(order.set_prompt, conversation_id, system_prompt, persona, examples)

    async def set_assistant(
        self, conversation_id: str, assistant_id: str, assistant_name: str
    ) -> None:
        """Write which assistant answers in it; does nothing where it is unknown."""
        sql = "UPDATE conversations SET assistant_id = ?, assistant_name = ? WHERE id = ?"
        await self._write(sql, assistant_id, clean(assistant_name), conversation_id)

    async def set_thread(
        self, conversation_id: str, thread_id: str, shown: Sequence[str] = ()
    ) -> bool:
        """Write the server's thread; `False` where another branch than that is shown."""
        return await self.database.run(branches.set_thread, conversation_id, thread_id, shown)

    async def recent(
        self,
        limit: int,
        before: tuple[bool, float, str] | None = None,
        mode: Mode | None = None,
        place: Place = EVERYTHING_ACTIVE,
    ) -> Sequence[Conversation]:
        """The page after the key `before` = (pinned, updated_at, id): pinned ones, then newest."""
        return await self.database.run(order.recent, limit, before, mode, place)

    async def folders(self) -> Sequence[str]:
        """The folders that conversations which are not deleted are in, by name."""
        return await self.database.run(order.folders)

    async def load(self, conversation_id: str) -> OpenConversation | None:
        """A conversation and its shown branch; `None` where there is none of that id."""
        return await self.database.run(branches.load, conversation_id, self._instance)

    async def head(self, conversation_id: str) -> Conversation | None:
        """The head of a conversation alone; `None` where there is none of that id."""
        return await self.database.run(order.head, conversation_id)

    async def unchanged(
        self, conversation_id: str, shown: Sequence[str], *, alone: bool = False
    ) -> Conversation | None:
        """The head, where the messages of those ids are the shown branch; else `None`."""
        return await self.database.run(branches.unchanged, conversation_id, shown, alone)

    async def last_opened(self) -> str | None:
        """Id of the conversation that was on screen last, where it is still there."""
        return await self.database.run(order.last_opened)

    async def mark_opened(self, conversation_id: str) -> None:
        """Remember which conversation is on screen."""
        sql = "INSERT OR REPLACE INTO app_state (key, value) VALUES ('last_opened', ?)"
        await self._write(sql, conversation_id)

    async def add(
        self,
        conversation_id: str,
        *messages: Message,
        shown: Sequence[str] | None = None,
        thread_id: str = "",
    ) -> None:
        """Store messages and move the conversation's leaf to the last one, in one transaction."""
        if messages and not await self.database.run(
            self._add, conversation_id, messages, shown, thread_id
        ):
            raise StudyBuddyError(_DELETED)

    async def journal(self, message_id: str, text: str, reasoning: str = "") -> None:
        """Write how far a streaming answer has come; nothing where it no longer streams."""
        sql = "UPDATE messages SET text = ?, reasoning = ? WHERE id = ? AND state = 'streaming'"
        await self._write(sql, clean(text), clean(reasoning), message_id)

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

    async def tree(self, conversation_id: str) -> Sequence[Message]:
        """All messages of a conversation in the order of writing, those that are deleted too."""
        return await self.database.run(branches.tree, conversation_id, self._instance)

    async def show(self, conversation_id: str, leaf_id: str | None) -> None:
        """Make the branch that ends with that message the shown one."""
        await self.database.run(branches.show, conversation_id, leaf_id)

    async def set_deleted(
        self, message_ids: Sequence[str], deleted: bool, *, show: str | None = None
    ) -> None:
        """Delete messages, or bring them back, all in one transaction."""
        await self.database.run(branches.set_deleted, message_ids, deleted, show)

    async def insert(self, conversation: Conversation, messages: Sequence[Message]) -> int:
        """Store a whole conversation, or what is new of it; returns how many messages were.

        A message whose id another conversation has is stored by one of its own.
        """
        return await self.database.run(branches.insert, conversation, messages)

    async def rename(self, conversation_id: str, title: str, titled: Titled) -> bool:
        """Give a conversation a title; `False` where someone who goes before has given it one."""
        return await self.database.run(order.rename, conversation_id, title, titled)

    async def arrange(
        self,
        conversation_id: str,
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> None:
        """Write where a conversation stands in lists; what is `None` stays."""
        sql = (
            "UPDATE conversations SET pinned = coalesce(?, pinned), "
            "archived = coalesce(?, archived), folder = coalesce(?, folder) WHERE id = ?"
        )
        named = None if folder is None else clean(folder)
        await self._write(sql, pinned, archived, named, conversation_id)

    async def save_scroll(self, conversation_id: str, scroll: str) -> None:
        """Write where it is scrolled to; does nothing where the conversation is unknown."""
        sql = "UPDATE conversations SET scroll = ? WHERE id = ?"
        await self._write(sql, clean(scroll), conversation_id)

    async def discard(self, conversation_id: str) -> None:
        """Delete a conversation so that `restore` can bring it back as it was."""
        sql = "UPDATE conversations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL"
        await self._write(sql, self._clock(), conversation_id)

    async def restore(self, conversation_id: str) -> None:
        """Bring back what `discard` deleted."""
        sql = "UPDATE conversations SET deleted_at = NULL WHERE id = ?"
        await self._write(sql, conversation_id)

    async def purge(self, before: float) -> int:
        """Delete for good what was discarded before that Unix time; returns how many."""
        return await self.database.run(order.purge, before)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        """The student's latest distinct messages over all conversations, newest first."""
        return await self.database.run(order.recent_prompts, limit)

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its messages for good."""
        await self.database.run(order.delete, conversation_id)

    async def close(self) -> None:
        """Finish what was asked for and close the file; later calls fail. May be repeated."""
        await self.database.close()

    async def _write(self, sql: str, *values: str | float | None) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self.database.run(write)

    # What follows runs on the storage thread.

    def _add(
        self,
        connection: sqlite3.Connection,
        conversation_id: str,
        messages: tuple[Message, ...],
        shown: Sequence[str] | None,
        thread_id: str,
    ) -> bool:
        new = [(message, self._owner(message)) for message in messages]
        return branches.add(connection, conversation_id, new, shown, thread_id, self._clock())

    def _finish(self, connection: sqlite3.Connection, message: Message) -> None:
        row = dict(zip(rows.MESSAGE.split(", "), rows.message_row(message), strict=True))
        written = [name for name in row if name not in _SET_ELSEWHERE]
        values = [row[name] for name in written]
        with transaction(connection):
            connection.execute(
                f"UPDATE messages SET {', '.join(f'{name} = ?' for name in written)}, owner = ? "
                "WHERE id = ?",
                (*values, self._owner(message), message.id),
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
