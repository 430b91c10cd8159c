"""A question as the words that the index is asked for."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from itertools import pairwise

from studybuddy.engine.search.words import RUNS, STOP_WORDS, extra

_WORD = re.compile(r"\w+")
_MOST_CHARACTERS = 4000  # of a question; what comes after is not looked at
_MOST_TERMS = 40


@dataclass(frozen=True, slots=True)
class Question:
    """The stems of a question's words that matter, in its order, each once."""

    terms: tuple[str, ...]
    neighbours: frozenset[tuple[str, str]]
    """Stems that follow each other in the question, stop words left out between them."""


def understood(connection: sqlite3.Connection, query: str) -> Question:
    """Take a question apart, by the same tokenizer that the index has.

    Nothing in it is an operator: quotes, AND, NEAR, colons and stars are what they are in prose.
    """
    query = query[:_MOST_CHARACTERS]
    words = _WORD.findall(RUNS.sub(" ", query))
    kept = [word for word in words if word.lower() not in STOP_WORDS] or words
    sequence = _stems(connection, " ".join(kept))
    more = _stems(connection, extra(query))
    terms = tuple(dict.fromkeys([*sequence, *more]))[:_MOST_TERMS]
    pairs = pairwise(sequence)
    return Question(terms, frozenset(pair for pair in pairs if pair[0] != pair[1]))


def _stems(connection: sqlite3.Connection, text: str) -> list[str]:
    if not text:
        return []
    connection.execute("DELETE FROM temp.query")
    connection.execute("INSERT INTO temp.query (words) VALUES (?)", (text,))
    rows = connection.execute("SELECT term FROM temp.query_words ORDER BY offset")
    return [term for (term,) in rows]
