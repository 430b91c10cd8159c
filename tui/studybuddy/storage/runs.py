"""Runs that are followed, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.storage.database import transaction
from studybuddy.storage.instances import Liveness
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.assistant_ports import FollowedRun

_COLUMNS = "run_id, thread_id, conversation_id, answer_id, endpoint, action_draft"

_UNFINISHED = "state IN ('streaming', 'interrupted')"
"""An answer with another state was finished: only that its run is over was not noted any more."""


class SqliteRunStore:
    """`domain.assistant_ports.RunStore` in the database of the conversations."""

    def __init__(self, thread: DatabaseThread, instance: Liveness) -> None:
        """Take the thread that works on the database, and this instance among the others."""
        self._thread = thread
        self._instance = instance

    async def follow(self, run: FollowedRun) -> None:
        """Remember a run; it belongs to this instance. Nothing where its answer was deleted."""
        await self._thread.run(self._follow, run)

    async def run_over(self, run_id: str) -> None:
        """Forget a run."""
        await self._write("DELETE FROM runs_followed WHERE run_id = ?", run_id)

    async def save_action_draft(self, run_id: str, draft: str) -> None:
        """Keep what the student has answered so far; nothing where the run is not followed."""
        sql = "UPDATE runs_followed SET action_draft = ? WHERE run_id = ?"
        await self._write(sql, clean(draft), run_id)

    async def claim_runs(self) -> Sequence[FollowedRun]:
        """The runs of instances that are gone; they belong to this instance from here on."""
        return await self._thread.run(self._claim)

    async def _write(self, sql: str, *values: str) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self._thread.run(write)

    # What follows runs on the storage thread.

    def _follow(self, connection: sqlite3.Connection, run: FollowedRun) -> None:
        self._instance.register()
        connection.execute(
            f"INSERT OR REPLACE INTO runs_followed ({_COLUMNS}, owner) "
            "SELECT ?,?,conversation_id,?,?,?,? FROM messages "
            "WHERE id = ? AND conversation_id = ?",
            (
                run.run_id,
                run.thread_id,
                run.answer_id,
                run.endpoint,
                clean(run.action_draft),
                self._instance.id,
                run.answer_id,
                run.conversation_id,
            ),
        )

    def _claim(self, connection: sqlite3.Connection) -> list[FollowedRun]:
        owners = connection.execute("SELECT DISTINCT owner FROM runs_followed").fetchall()
        gone = [owner for (owner,) in owners if not self._instance.is_alive(owner)]
        if not gone:
            return []
        self._instance.register()
        from studybuddy.domain.assistant_ports import FollowedRun  # not before the first frame

        claimed: list[FollowedRun] = []
        with transaction(connection):
            for owner in gone:  # another instance may have been quicker: then none are its own
                connection.execute(
                    "DELETE FROM runs_followed WHERE owner = ? AND answer_id NOT IN "
                    f"(SELECT id FROM messages WHERE {_UNFINISHED})",
                    (owner,),
                )
                found = connection.execute(
                    f"SELECT {_COLUMNS} FROM runs_followed WHERE owner = ? ORDER BY rowid",
                    (owner,),
                )
                claimed += [FollowedRun(*row) for row in found.fetchall()]
                connection.execute(
                    "UPDATE messages SET state = 'streaming', owner = ? WHERE id IN "
                    "(SELECT answer_id FROM runs_followed WHERE owner = ?)",
                    (self._instance.id, owner),
                )
                connection.execute(
                    "UPDATE runs_followed SET owner = ? WHERE owner = ?",
                    (self._instance.id, owner),
                )
        return claimed
