"""Words cut down to their stems, exactly as the index does it: by its own tokenizer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""Of FTS5: words of any script, without accents, English ones by Porter's stemmer."""


def stemmed(texts: Sequence[str]) -> list[list[str]]:
    """The stems of each text's words, in their order."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(
            f"CREATE VIRTUAL TABLE texts USING fts5(words, tokenize = '{TOKENIZER}');"
            "CREATE VIRTUAL TABLE stems USING fts5vocab(texts, instance);"
        )
        connection.executemany(
            "INSERT INTO texts (rowid, words) VALUES (?, ?)", enumerate(texts, 1)
        )
        found: list[list[str]] = [[] for _text in texts]
        for text, stem in connection.execute("SELECT doc, term FROM stems ORDER BY doc, offset"):
            found[text - 1].append(stem)
    return found
