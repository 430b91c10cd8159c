"""Answers that may be given again, in SQLite."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Usage
from studybuddy.storage.rows import usage_row
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.kept_texts import KeptAnswer

_COLUMNS = (
    "key, text, model, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, "
    "cache_written_tokens, created_at"
)


class SqliteAnswerCache:
    """`domain.ports.AnswerCache` in the database of the conversations."""

    def __init__(self, database: DatabaseThread) -> None:
        """Take the thread that works on the database."""
        self._database = database

    async def find_answer(self, key: str, not_before: float) -> KeptAnswer | None:
        """The answer of that key, unless it was made before that Unix time."""
        return await self._database.run(_find, key, not_before)

    async def keep_answer(self, answer: KeptAnswer) -> None:
        """Write an answer, in place of one of the same key."""
        await self._database.run(_keep, answer)

    async def clear_answers(self, before: float | None = None) -> int:
        """Delete those made before that Unix time, or all, and tell how many."""
        return await self._database.run(_clear, before)


def _find(connection: sqlite3.Connection, key: str, not_before: float) -> KeptAnswer | None:
    from studybuddy.domain.kept_texts import KeptAnswer

    found = connection.execute(
        f"SELECT {_COLUMNS} FROM kept_answers WHERE key = ? AND created_at >= ?",
        (key, not_before),
    ).fetchone()
    if found is None:
        return None
    identity, text, model, *tokens, created_at = found
    return KeptAnswer(identity, text, model, Usage(*tokens), created_at)


def _keep(connection: sqlite3.Connection, answer: KeptAnswer) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO kept_answers ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",
        (
            answer.key,
            clean(answer.text),
            clean(answer.model),
            *usage_row(answer.usage),
            answer.created_at,
        ),
    )


def _clear(connection: sqlite3.Connection, before: float | None) -> int:
    if before is None:
        return connection.execute("DELETE FROM kept_answers").rowcount
    return connection.execute("DELETE FROM kept_answers WHERE created_at < ?", (before,)).rowcount
