"""What the index and the tables are asked for a search. All of it is run on the storage thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from studybuddy.domain.searching import Query
from studybuddy.domain.words import Term, Terms, fold
from studybuddy.storage import search_index
from studybuddy.storage.text import clean

_MOST_NAMED = 500
"""Conversations that are named to the index one by one; of more, what is found is filtered."""

_BEGINNING = 0.0
"""Unix time, seconds, that nothing was written before."""
_CLOCKS_DIFFER = 40 * 86_400.0
"""Seconds that a message may seem to come from the future."""


def expression(
    connection: sqlite3.Connection, query: Query, terms: Terms, now: float
) -> str | None:
    """What the index is asked; `None` where no message can be found."""
    parts = [part for term in terms.terms for part in _asked(term)]
    if query.mode is not None or query.folder:
        held, values = conditions(query)
        ids = connection.execute(
            f"SELECT id FROM conversations c WHERE {held} LIMIT ?",
            (*values, _MOST_NAMED + 1),
        ).fetchall()
        if not ids:
            return None
        if len(ids) <= _MOST_NAMED:
            parts.append(_one_of(search_index.conversation_word(name) for (name,) in ids))
    if query.model:
        models = connection.execute("SELECT model FROM search_models").fetchall()
        named = [model for (model,) in models if fold(query.model) in fold(model)]
        if not named:
            return None
        parts.append(_one_of(search_index.model_word(model) for model in named))
    if query.since is not None or query.until is not None:
        since = _BEGINNING if query.since is None else query.since
        until = now + _CLOCKS_DIFFER if query.until is None else query.until
        if words := search_index.months(since, until):
            parts.append(_one_of(words))
    return " AND ".join(parts)


def _asked(term: Term) -> list[str]:
    if not term.run:
        return [f'"{term.text}"{" *" * term.begins}']
    text = term.text
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    return [f'"{pair}"' for pair in dict.fromkeys(pairs or [text])]


def _one_of(words: Iterable[str]) -> str:
    quoted = " OR ".join(f'"{word}"' for word in words)
    return f"({quoted})"


def conditions(query: Query) -> tuple[str, list[Any]]:
    """What a conversation `c` has to be."""
    held, values = ["c.deleted_at IS NULL"], list[Any]()
    if query.mode is not None:
        held.append("c.mode = ?")
        values.append(query.mode.value)
    if query.folder:
        held.append("c.folder = ?")
        values.append(clean(query.folder))
    return " AND ".join(held), values


def span(query: Query) -> tuple[float, float]:
    """From when, and before when, it was written."""
    return (
        float("-inf") if query.since is None else query.since,
        float("inf") if query.until is None else query.until,
    )
