"""Passages of some files without a question, as for a quiz about everything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from random import Random

from studybuddy.engine.search.passages import Passage
from studybuddy.engine.search.searching import passage_of, scoped

_SCORE = 1.0  # they answer no question worse than another
_LONG = 0.5  # of the longest one nearby: shorter ones are headings and ends


def sample(
    connection: sqlite3.Connection, store_ids: Sequence[str], limit: int, chance: Random
) -> list[Passage]:
    """As many of each file as of any other, and of each file from its beginning to its end."""
    connection.execute("BEGIN")  # one view of the index for all that follows
    try:
        members = scoped(connection, store_ids, None)
        cuts = chance.sample(sorted(members), min(limit, len(members)))
        share, more = divmod(limit, len(cuts)) if cuts else (0, 0)
        return [
            passage_of(connection, chunk, _SCORE, members[cut])
            for place, cut in enumerate(cuts)
            for chunk in _chunks(connection, cut, share + (place < more), chance)
        ]
    finally:
        connection.rollback()


def _chunks(connection: sqlite3.Connection, cut: int, count: int, chance: Random) -> Iterator[int]:
    """Ids of chunks, one of each of `count` parts of a file that are about as long."""
    lengths = connection.execute(
        'SELECT id, "end" - start FROM chunks WHERE cut = ? ORDER BY id', (cut,)
    ).fetchall()
    count = min(count, len(lengths))
    for part in range(count):
        nearby = lengths[len(lengths) * part // count : len(lengths) * (part + 1) // count]
        least = max(length for _, length in nearby) * _LONG
        yield chance.choice([chunk for chunk, length in nearby if length >= least])
