"""Summaries of conversations that grew too long, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.kept_texts import Summary


class SqliteSummaryStore:
    """`domain.ports.SummaryStore` in the database of the conversations."""

    def __init__(self, database: DatabaseThread) -> None:
        """Take the thread that works on the database."""
        self._database = database

    async def summaries(self, conversation_id: str) -> Sequence[Summary]:
        """Those of a conversation, the newest first."""
        return await self._database.run(_summaries, conversation_id)

    async def keep_summary(self, summary: Summary) -> None:
        """Write one, in place of one that ends at the same message.

        Nothing where the conversation is gone.
        """
        await self._database.run(_keep, summary)


def _summaries(connection: sqlite3.Connection, conversation_id: str) -> list[Summary]:
    from studybuddy.domain.kept_texts import Summary

    found = connection.execute(
        "SELECT conversation_id, covers_id, text, created_at FROM summaries "
        "WHERE conversation_id = ? ORDER BY created_at DESC, seq DESC",
        (conversation_id,),
    )
    return [Summary(*row) for row in found]


def _keep(connection: sqlite3.Connection, summary: Summary) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO summaries (conversation_id, covers_id, text, created_at) "
        "SELECT id, ?, ?, ? FROM conversations WHERE id = ?",
        (summary.covers_id, clean(summary.text), summary.created_at, summary.conversation_id),
    )
