"""Which chunks answer a question best."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from studybuddy.engine.search.asking import Question, understood


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of what makes a chunk a good answer; see the measurements in the tests."""

    saturation: float = 1.2
    """BM25's k1."""
    length: float = 0.75
    """BM25's b: how much a long chunk is held to have its words by chance."""
    fields: Mapping[str, float] = field(
        default_factory=lambda: {"heading": 0.5, "body": 1.0, "extra": 1.0}
    )
    """What a word counts by where it stands."""
    nearness: float = 0.2
    """Added at most for words that follow each other in the question and stand close together."""
    window: int = 4
    """Words that they may be apart."""
    neighbours: float = 0.0
    """Share of the better neighbour's score that is added to a chunk's."""
    kin: float = 0.0
    """What a word counts whose stem only begins like one of the question."""


CHOSEN = Ranking()


def ranked(connection: sqlite3.Connection, query: str, ranking: Ranking) -> dict[int, float]:
    """Score of each chunk in the scope that has any of the question's words, in 0..1."""
    question = understood(connection, query)
    chunks, mean_length = connection.execute(
        'SELECT count(*), avg("end" - start) FROM chunks JOIN temp.scope USING (cut)'
    ).fetchone()
    if not question.terms or not chunks:
        return {}
    scores: dict[int, float] = defaultdict(float)
    lengths: dict[int, int] = {}
    places: dict[str, dict[int, list[int]]] = {}
    weights: dict[str, float] = {}
    for term in question.terms:
        counts: dict[int, float] = defaultdict(float)
        places[term] = defaultdict(list)
        for chunk, column, offset, length in connection.execute(
            'SELECT p.doc, p.col, p.offset, c."end" - c.start FROM temp.places p '
            "CROSS JOIN chunks c ON c.id = p.doc JOIN temp.scope USING (cut) WHERE p.term = ?",
            (term,),
        ):
            counts[chunk] += ranking.fields[column]
            lengths[chunk] = length
            if column == "body":
                places[term][chunk].append(offset)
        rarity = math.log(1 + (chunks - len(counts) + 0.5) / (len(counts) + 0.5))
        weights[term] = rarity
        for chunk, count in counts.items():
            relative = 1 - ranking.length + ranking.length * lengths[chunk] / mean_length
            scores[chunk] += rarity * count / (count + ranking.saturation * relative)
    whole = sum(weights.values())
    near = _nearness(question, places, weights, ranking.window) if ranking.nearness else {}
    top = whole * (1 + ranking.nearness)
    result = {
        chunk: (score + ranking.nearness * near.get(chunk, 0.0)) / top
        for chunk, score in scores.items()
    }
    if ranking.neighbours:
        result = {
            chunk: (
                score + ranking.neighbours * max(result.get(chunk - 1, 0), result.get(chunk + 1, 0))
            )
            / (1 + ranking.neighbours)
            for chunk, score in result.items()
        }
    return result


def _nearness(
    question: Question,
    places: Mapping[str, Mapping[int, list[int]]],
    weights: Mapping[str, float],
    window: int,
) -> dict[int, float]:
    """How much weight of neighbouring words each chunk has close together."""
    found: dict[int, float] = defaultdict(float)
    whole = sum(weights.values()) or 1.0
    total = (
        sum(
            weights[a] + weights[b] for a, b in question.neighbours if a in weights and b in weights
        )
        or 1.0
    )
    for left, right in question.neighbours:
        if left not in places or right not in places:
            continue
        for chunk, offsets in places[left].items():
            others = places[right].get(chunk)
            if others:
                gap = min(abs(b - a) for a in offsets for b in others)
                if gap <= window:
                    found[chunk] += (weights[left] + weights[right]) / total * whole / gap
    return found
