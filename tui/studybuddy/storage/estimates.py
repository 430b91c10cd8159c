"""What reported usage taught about counting, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING

from studybuddy.domain.usage import MOST_TOKENS
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

if TYPE_CHECKING:
    from studybuddy.domain.counting import Correction


class SqliteEstimateStore:
    """`domain.counting.EstimateStore` in the database of the conversations."""

    def __init__(self, database: DatabaseThread) -> None:
        """Take the thread that works on the database."""
        self._database = database

    async def estimates(self) -> Mapping[str, Correction]:
        """All corrections, by model; one that can't be read is left out."""
        return await self._database.run(_estimates)

    async def keep_estimate(self, model: str, correction: Correction) -> None:
        """Write a model's correction in place of the one before."""
        await self._database.run(_keep, model, correction)


def _estimates(connection: sqlite3.Connection) -> dict[str, Correction]:
    from studybuddy.domain.counting import Correction

    corrections = {}
    for model, text in connection.execute("SELECT model, observations FROM estimates"):
        try:
            pairs = tuple((int(counted), int(reported)) for counted, reported in json.loads(text))
        except (ValueError, TypeError, OverflowError, RecursionError):
            continue
        corrections[model] = Correction(pairs)
    return corrections


def _keep(connection: sqlite3.Connection, model: str, correction: Correction) -> None:
    pairs = [
        (min(counted, MOST_TOKENS), min(reported, MOST_TOKENS))
        for counted, reported in correction.observations
    ]
    connection.execute(
        "INSERT OR REPLACE INTO estimates (model, observations) VALUES (?, ?)",
        (clean(model), json.dumps(pairs)),
    )
