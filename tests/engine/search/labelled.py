"""A small labelled set: study notes, and questions as students put them.

The notes were written for these tests and are given to the public domain (CC0), as are the
questions; the extracts from the constitution of the United States always were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.search.ranking import Ranking
from studybuddy.engine.search.schema import open_reader
from studybuddy.engine.search.searching import search
from studybuddy.engine.search.words import STOP_WORDS

NOTES = Path(__file__).with_name("notes")
STORE = "vs_notes"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what the passage that answers it says."""

    text: str
    file: str
    phrase: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of the questions, 0..1."""

    first: float
    """Whose answer is in the first passage (hit@1)."""
    third: float
    """In one of the first three (hit@3)."""
    reciprocal: float
    """Mean of 1 / rank within the first ten (MRR)."""
    context: float
    """Mean characters in the first three passages, which a model has to read."""

    def __str__(self) -> str:
        return (
            f"hit@1 {self.first:.3f}  hit@3 {self.third:.3f}  "
            f"MRR {self.reciprocal:.3f}  top 3 {self.context:.0f} chars"
        )


TUNED = "questions.tsv"
"""What the weights and the synonyms were chosen by."""
HELD_OUT = "held_out.tsv"
"""Written when all was chosen, and nothing was changed after it had been asked."""


def questions(name: str) -> list[Question]:
    """One of the two sets: question, file, and a phrase of the right passage on each line."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [Question(*line.split("\t")) for line in lines]


async def fill(database: Path, chunking: Chunking | None = None) -> None:
    """Make an index of all notes."""
    index = SearchIndex(database)
    for path in sorted(NOTES.iterdir()):
        await index.add(STORE, f"file-{path.name}", path, path.name, chunking=chunking)
    await index.close()


Search = Callable[[str], Sequence[tuple[str, str]]]
"""From a question to the names and texts of the ten best passages."""


def ours(database: Path, ranking: Ranking) -> Search:
    """The search of the index."""
    connection = open_reader(database)

    def find(question: str) -> list[tuple[str, str]]:
        found = search(connection, [STORE], [question], 10, None, 0, ranking)
        return [(passage.file_name, passage.text) for passage in found]

    return find


def base(database: Path) -> Search:
    """FTS5's own BM25 over the same chunks: any of the words, stop words left out."""
    connection = open_reader(database)

    def find(question: str) -> list[tuple[str, str]]:
        words = re.findall(r"\w+", question.lower())
        kept = [word for word in words if word not in STOP_WORDS] or words
        return connection.execute(
            "SELECT m.name, w.body FROM words w JOIN chunks c ON c.id = w.rowid "
            "JOIN members m ON m.cut = c.cut WHERE words MATCH ? ORDER BY bm25(words) LIMIT 10",
            ("body : (" + " OR ".join(f'"{word}"' for word in kept) + ")",),
        ).fetchall()

    return find


def measured(find: Search, asked: Sequence[Question]) -> Quality:
    """Ask all of it."""
    ranks: list[int] = []
    context = 0
    for question in asked:
        found = find(question.text)
        context += sum(len(text) for _name, text in found[:3])
        right = (
            rank
            for rank, (name, text) in enumerate(found, 1)
            if name == question.file and question.phrase in " ".join(text.split())
        )
        ranks += [next(right, 0)]
    count = len(asked)
    return Quality(
        sum(rank == 1 for rank in ranks) / count,
        sum(1 <= rank <= 3 for rank in ranks) / count,
        sum(1 / rank for rank in ranks if rank) / count,
        context / count,
    )
