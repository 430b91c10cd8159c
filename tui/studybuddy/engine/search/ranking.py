"""Which chunks answer a question best."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from studybuddy.engine.search.questions import Question, understood, wanted


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of what makes a chunk a good answer; the tests measure what each is worth."""

    saturation: float = 1.2
    """BM25's k1."""
    length: float = 0.75
    """BM25's b: how much a long chunk is held to have its words by chance."""
    heading: float = 0.5
    """What a word counts in the headings above a chunk and in the file's name."""
    kin: float = 0.5
    """What a word counts that only begins like the question's."""
    synonyms: float = 0.4
    """What a word counts that means about the same."""
    nearness: float = 0.2
    """Added at most for words that follow each other in the question and stand close together."""
    window: int = 4
    """Words that they may be apart."""


CHOSEN = Ranking()
PLAIN = Ranking(heading=0.0, kin=0.0, synonyms=0.0, nearness=0.0)
"""BM25 and nothing else."""

_COUNT = """
INSERT INTO temp.counts (word, chunk, count)
SELECT w.word, p.doc, sum(w.share * CASE p.col WHEN 'heading' THEN :heading ELSE 1.0 END)
FROM temp.wanted w CROSS JOIN temp.places p ON p.term = w.term
CROSS JOIN chunks c ON c.id = p.doc
WHERE c.cut IN (SELECT cut FROM temp.scope)
GROUP BY w.word, p.doc
"""
_SCORE = """
SELECT n.chunk, sum(r.value * n.count / (n.count + :saturation * (
    1 - :length + :length * (c."end" - c.start) / :mean))) AS score
FROM temp.counts n JOIN temp.rarity r USING (word) JOIN chunks c ON c.id = n.chunk
WHERE n.count > 0
GROUP BY n.chunk ORDER BY score DESC, n.chunk LIMIT :limit
"""
_PLACES = """
SELECT w.word, p.doc, p.offset
FROM temp.wanted w CROSS JOIN temp.places p ON p.term = w.term
WHERE p.col = 'body' AND p.doc IN (SELECT chunk FROM temp.candidates)
"""


def ranked(
    connection: sqlite3.Connection, query: str, ranking: Ranking, limit: int
) -> dict[int, float]:
    """Score, 0..1, of the best chunks in the table `scope`; at most `limit` of them.

    1 would be a chunk with every word of the question endlessly often and side by side, 0 one
    with none. A word's weight is its rarity in the scope, so that scores of one question can
    be compared, and over questions tell how much of each is covered.
    """
    question = understood(query)
    chunks, mean = connection.execute(
        'SELECT count(*), avg("end" - start) FROM chunks WHERE cut IN (SELECT cut FROM temp.scope)'
    ).fetchone()
    if not question.words or not chunks:
        return {}
    for table in ("wanted", "counts", "rarity", "candidates"):
        connection.execute(f"DELETE FROM temp.{table}")
    terms = wanted(connection, question, ranking.kin, ranking.synonyms)
    connection.executemany(
        "INSERT INTO temp.wanted (word, term, share) VALUES (?, ?, ?)",
        ((place, term, share) for (place, term), share in terms.items()),
    )
    connection.execute(_COUNT, {"heading": ranking.heading})
    rarity = _rarity(connection, question, chunks)
    found: list[tuple[int, float]] = connection.execute(
        _SCORE,
        {
            "saturation": ranking.saturation,
            "length": ranking.length,
            "mean": mean,
            "limit": limit,
        },
    ).fetchall()
    near: Mapping[int, float] = {}
    if ranking.nearness and question.neighbours:
        connection.executemany(
            "INSERT INTO temp.candidates VALUES (?)", ((chunk,) for chunk, _score in found)
        )
        near = _nearness(connection, question, rarity, ranking.window)
    whole = sum(rarity.values())
    return {
        chunk: (score / whole + ranking.nearness * near.get(chunk, 0.0)) / (1 + ranking.nearness)
        for chunk, score in found
    }


def _rarity(connection: sqlite3.Connection, question: Question, chunks: int) -> dict[int, float]:
    """What each word weighs: its inverse document frequency, which is above 0."""
    having = dict(
        connection.execute(
            "SELECT word, count(*) FROM temp.counts WHERE count > 0 GROUP BY word"
        ).fetchall()
    )
    rarity = {
        word: math.log(1 + (chunks - having.get(word, 0) + 0.5) / (having.get(word, 0) + 0.5))
        for word in range(len(question.words))
    }
    connection.executemany("INSERT INTO temp.rarity VALUES (?, ?)", rarity.items())
    return rarity


def _nearness(
    connection: sqlite3.Connection, question: Question, rarity: Mapping[int, float], window: int
) -> dict[int, float]:
    """The share, 0..1, of the question's neighbours that each candidate has close together."""
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for word, chunk, offset in connection.execute(_PLACES):
        places[word, chunk].append(offset)
    whole = sum(rarity[left] + rarity[right] for left, right in question.neighbours)
    found: dict[int, float] = defaultdict(float)
    for left, right in question.neighbours:
        for (word, chunk), offsets in places.items():
            if word == left and (others := places.get((right, chunk))):
                gap = _gap(offsets, others)
                if gap <= window:
                    found[chunk] += (rarity[left] + rarity[right]) / whole / gap
    return found


def _gap(some: list[int], others: list[int]) -> int:
    """The least distance of any two, in words; 1 where a word stands for both."""
    return max(1, min(abs(one - other) for one in some for other in others))
