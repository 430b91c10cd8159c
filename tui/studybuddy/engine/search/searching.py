"""Reads the index: from a question to passages, on the searching thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from studybuddy.engine.search.filters import matches
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.search.ranking import Ranking, ranked

_SAME = 0.5  # share of a chunk that may be in a better one of the same file


_FEWEST = 60  # candidates that are looked at more closely


class Member(NamedTuple):
    """A file of a store, as it is in there."""

    file_id: str
    name: str
    attributes: Mapping[str, Any]


def search(
    connection: sqlite3.Connection,
    store_ids: Sequence[str],
    queries: Sequence[str],
    limit: int,
    filters: Mapping[str, Any] | None,
    score_threshold: float,
    ranking: Ranking,
) -> list[Passage]:
    """The best passages first; of several questions the one counts that a chunk answers best."""
    connection.execute("BEGIN")  # one view of the index for all that follows
    try:
        members = scoped(connection, store_ids, filters)
        scores: dict[int, float] = {}
        for query in queries:
            candidates = max(_FEWEST, limit * 4)
            for chunk, score in ranked(connection, query, ranking, candidates).items():
                scores[chunk] = max(score, scores.get(chunk, 0.0))
        best = sorted(
            (item for item in scores.items() if item[1] >= score_threshold),
            key=lambda item: (-item[1], item[0]),
        )
        return _passages(connection, best, members, limit)
    finally:
        connection.rollback()


def scoped(
    connection: sqlite3.Connection, store_ids: Sequence[str], filters: Mapping[str, Any] | None
) -> dict[int, Member]:
    """The files that are searched, by their cut; they are put into the table `scope` too."""
    members: dict[int, Member] = {}
    for store_id in dict.fromkeys(store_ids):
        for file_id, name, cut, given in connection.execute(
            "SELECT file_id, name, cut, attributes FROM members WHERE store_id = ? ORDER BY cut",
            (store_id,),
        ):
            attributes = json.loads(given)
            if cut not in members and matches(filters, attributes):
                members[cut] = Member(file_id, name, attributes)
    connection.execute("DELETE FROM temp.scope")
    connection.executemany("INSERT INTO temp.scope VALUES (?)", ((cut,) for cut in members))
    return members


def _passages(
    connection: sqlite3.Connection,
    best: Sequence[tuple[int, float]],
    members: Mapping[int, Member],
    limit: int,
) -> list[Passage]:
    found: list[Passage] = []
    taken: dict[int, list[tuple[int, int]]] = {}
    for chunk, score in best:
        if len(found) >= limit:
            break
        cut, start, end = connection.execute(
            'SELECT cut, start, "end" FROM chunks WHERE id = ?', (chunk,)
        ).fetchone()
        others = taken.setdefault(cut, [])
        shared = max((min(end, last) - max(start, first) for first, last in others), default=0)
        if shared <= (end - start) * _SAME:
            others.append((start, end))
            found.append(passage_of(connection, chunk, min(1.0, max(0.0, score)), members[cut]))
    return found


def passage_of(connection: sqlite3.Connection, chunk: int, score: float, member: Member) -> Passage:
    """The passage that a chunk is."""
    start, end, page, line, text, lengths = connection.execute(
        'SELECT c.start, c."end", c.page, c.line, w.body, d.pages FROM chunks c '
        "JOIN words w ON w.rowid = c.id JOIN cuts ON cuts.id = c.cut "
        "JOIN documents d ON d.id = cuts.document WHERE c.id = ?",
        (chunk,),
    ).fetchone()
    starts = accumulate(json.loads(lengths)) if lengths is not None else ()
    return Passage(
        file_id=member.file_id,
        file_name=member.name,
        text=text,
        start=start,
        end=end,
        page=page,
        line=line,
        score=score,
        attributes=member.attributes,
        page_breaks=tuple(position for position in starts if start < position < end),
    )
