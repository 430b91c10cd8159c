"""The full-text index of all messages, and what keeps it in step with them.

It has the words of each message and nothing of their order, so that it stays small. Triggers note
which messages changed (`search_waiting`); the index takes these in, and what an older version of
the app left, in steps that a caller makes short, the newest first. All of it is run on the
storage thread.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from studybuddy.domain.words import index_words
from studybuddy.storage.database import transaction

# Each word is what `index_words` gives, so that the tokenizer has only blanks to find.
_CREATE = """
CREATE VIRTUAL TABLE IF NOT EXISTS search_index
USING fts5(words, content = '', detail = none, tokenize = 'ascii', prefix = '1 2 3')
"""

# Words that no text has begin with a character of nobody's alphabet.
_CONVERSATION, _MONTH, _MODEL = "\ue000", "\ue001", "\ue002"

_SHORT_MONTH = 28 * 86_400.0  # seconds
_MOST_MONTHS = 1_200

_Row = tuple[int, str, str, float, str]
"""seq, text, conversation, created at, model: what a message is found by."""


def conversation_word(conversation_id: str) -> str:
    """The word that all messages of a conversation have in the index."""
    return _CONVERSATION + _short(conversation_id)


def model_word(model: str) -> str:
    """The word that all answers of a model have."""
    return _MODEL + _short(model)


def month_word(at: float) -> str:
    """The word that all messages of a month (UTC) have; `at` is Unix time, seconds."""
    try:
        when = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):  # no time that a clock shows
        return f"{_MONTH}none"
    return f"{_MONTH}{when.year:04}{when.month:02}"


def months(since: float, until: float) -> list[str]:
    """The words of the months from one Unix time to another, and of no time at all.

    None where these are too many to be named.
    """
    if not since <= until <= since + _MOST_MONTHS * _SHORT_MONTH:
        return []
    words = [month_word(since)]
    at = since
    while at < until:
        at += _SHORT_MONTH
        words.append(month_word(min(at, until)))
    return list(dict.fromkeys([*words, f"{_MONTH}none"]))


def behind(connection: sqlite3.Connection) -> int:
    """About how many messages the index does not have yet; 0 only where it has all."""
    below, first, waiting = connection.execute(
        "SELECT below, (SELECT min(seq) FROM messages), (SELECT count(*) FROM search_waiting) "
        "FROM search_state"
    ).fetchone()
    return int(waiting + (0 if first is None else max(0, below - first)))


def catch_up(connection: sqlite3.Connection, at_most: int) -> bool:
    """Take in up to so many messages; whether the index has all of them now."""
    connection.execute(_CREATE)  # writes nothing where it is there
    if not behind(connection):
        return True
    with transaction(connection):
        left = at_most - _take_waiting(connection, at_most)
        if left > 0:
            _take_older(connection, left)
    return not behind(connection)


def forget(connection: sqlite3.Connection) -> None:
    """Let the index, and what waits for it, keep nothing of messages that are gone."""
    while connection.execute(
        "SELECT 1 FROM search_waiting WHERE text IS NOT NULL LIMIT 1"
    ).fetchone():
        with transaction(connection):
            _take_waiting(connection, 500)


def _take_waiting(connection: sqlite3.Connection, at_most: int) -> int:
    """The latest that wait, but first those that the index has something of: they may be gone."""
    columns = "SELECT seq, text, conversation_id, created_at, model FROM search_waiting"
    old: list[_Row] = []
    for which in ("IS NOT NULL", "IS NULL"):
        old += connection.execute(
            f"{columns} WHERE text {which} ORDER BY seq DESC LIMIT ?", (at_most - len(old),)
        ).fetchall()
    if not old:
        return 0
    old.sort()
    indexed = [row for row in old if row[1] is not None]
    connection.executemany(
        "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', ?, ?)",
        ((row[0], _words(row)) for row in indexed),
    )
    _count(connection, indexed, -1)
    for start in range(0, len(old), 500):
        numbers = [row[0] for row in old[start : start + 500]]
        marks = ",".join("?" * len(numbers))
        _put(connection, f"seq IN ({marks})", numbers)
        connection.execute(f"DELETE FROM search_waiting WHERE seq IN ({marks})", numbers)
    return len(old)


def _take_older(connection: sqlite3.Connection, at_most: int) -> None:
    """The latest of what has not been looked at, so that an index that is begun is of use."""
    (below,) = connection.execute("SELECT below FROM search_state").fetchone()
    (first,) = connection.execute(
        "SELECT min(seq) FROM (SELECT seq FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?)",
        (below, at_most),
    ).fetchone()
    if first is not None:
        _put(connection, "seq >= ? AND seq < ?", (first, below))
        connection.execute("UPDATE search_state SET below = ?", (first,))


def _put(connection: sqlite3.Connection, which: str, values: Iterable[Any]) -> None:
    found: list[_Row] = connection.execute(
        "SELECT seq, text, conversation_id, created_at, model FROM messages "
        # In their order: a number below the last one makes FTS5 begin a new piece on disk.
        f"WHERE {which} AND state <> 'streaming' ORDER BY seq",
        tuple(values),
    ).fetchall()
    connection.executemany(
        "INSERT INTO search_index (rowid, words) VALUES (?, ?)",
        ((row[0], _words(row)) for row in found),
    )
    _count(connection, found, 1)


def _count(connection: sqlite3.Connection, found: Iterable[_Row], by: int) -> None:
    connection.executemany(
        "INSERT INTO search_models VALUES (?, ?) "
        "ON CONFLICT (model) DO UPDATE SET answers = answers + excluded.answers",
        [(model, by * count) for model, count in Counter(r[4] for r in found if r[4]).items()],
    )


def _words(row: _Row) -> str:
    _, text, conversation_id, created_at, model = row
    words = index_words(text)
    words.add(conversation_word(conversation_id))
    words.add(month_word(created_at))
    if model:
        words.add(model_word(model))
    return " ".join(words)


def _short(name: str) -> str:
    return blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
