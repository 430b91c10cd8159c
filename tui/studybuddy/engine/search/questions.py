"""A question as the words that the index is asked for."""

from __future__ import annotations

import difflib
import math
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from studybuddy.engine.search.stems import stemmed
from studybuddy.engine.search.synonyms import alternatives
from studybuddy.engine.search.words import RUNS, STOP_WORDS, extra

_WORD = re.compile(r"\w+")
_MOST_CHARACTERS = 4000  # of a question; what comes after is not looked at
_MOST_WORDS = 40
_LONGEST_NAME = 3  # words of a synonym
_KIN_LETTERS = 4  # that words must share to be kin
_KIN_SHARE = 0.7  # of the longer one's letters
_MOST_KIN = 12
_LIKE = 0.8  # difflib's ratio from which a word is taken for a slip of another


@dataclass(frozen=True, slots=True)
class Question:
    """The stems of a question's words that matter, in its order, each once."""

    words: tuple[str, ...]
    neighbours: frozenset[tuple[int, int]]
    """Places in `words` that follow each other in the question, stop words left out."""


def understood(query: str) -> Question:
    """Take a question apart, by the same tokenizer that the index has.

    Nothing in it is an operator: quotes, AND, NEAR, colons and stars are what they are in prose.
    """
    query = query[:_MOST_CHARACTERS]
    words = _WORD.findall(RUNS.sub(" ", query))
    kept = [word for word in words if word.lower() not in STOP_WORDS] or words
    sequence, more = stemmed([" ".join(kept), extra(query)])
    unique = tuple(dict.fromkeys([*sequence, *more]))[:_MOST_WORDS]
    places = {word: place for place, word in enumerate(unique)}
    known = [places[word] for word in sequence if word in places]
    return Question(unique, frozenset(pair for pair in pairwise(known) if pair[0] != pair[1]))


def wanted(
    connection: sqlite3.Connection, question: Question, kin: float, synonyms: float
) -> dict[tuple[int, str], float]:
    """What to look for: place of a word and a term that stands for it -> what it counts."""
    found: dict[tuple[int, str], float] = {}
    if synonyms:
        for place, term in _synonyms(question.words):
            found[place, term] = synonyms
    for place, word in enumerate(question.words):
        if kin:
            for term in _kin(connection, word):
                found[place, term] = kin
        if RUNS.fullmatch(word) and len(word) == 1:
            # Of such scripts pairs are indexed: one character is the beginning of some.
            for term in _beginning(connection, word):
                found[place, term] = 1.0
        found[place, word] = 1.0
    return found


def _synonyms(words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    known = alternatives()
    for first in range(len(words)):
        for after in range(first + 1, min(first + _LONGEST_NAME, len(words)) + 1):
            for term in known.get(words[first:after], ()):
                for place in range(first, after):
                    yield place, term


def _kin(connection: sqlite3.Connection, word: str) -> list[str]:
    """Terms of the index that begin like the word, or where there are none, its slips.

    A stemmer leaves analysis and analytic apart, and so fertiliser and fertilizer.
    """
    if len(word) < _KIN_LETTERS or not word.isalpha() or RUNS.search(word):
        return []
    start = word[: max(_KIN_LETTERS, math.ceil(len(word) * _KIN_SHARE))]
    kin = [
        term
        for term in _beginning(connection, start)
        if term != word and _shared(term, word) >= _KIN_SHARE * max(len(term), len(word))
    ]
    if kin or _is_known(connection, word):
        return kin[:_MOST_KIN]
    return difflib.get_close_matches(word, _beginning(connection, word[:2]), 3, _LIKE)


def _shared(one: str, other: str) -> int:
    """How many letters two words begin with together."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _beginning(connection: sqlite3.Connection, start: str) -> list[str]:
    rows = connection.execute(
        "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ? LIMIT 2000",
        (start, start + "\U0010ffff"),
    )
    return [term for (term,) in rows]


def _is_known(connection: sqlite3.Connection, word: str) -> bool:
    row = connection.execute("SELECT 1 FROM temp.vocabulary WHERE term = ?", (word,)).fetchone()
    return row is not None
