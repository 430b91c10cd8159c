"""The index's file."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from studybuddy.engine.private_files import make_private
from studybuddy.engine.search.stems import TOKENIZER

log = logging.getLogger(__name__)

VERSION = 1

_TABLES = f"""
CREATE TABLE documents (            -- the text of a file, once
    id INTEGER PRIMARY KEY,
    file_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    pages TEXT,                     -- lengths of the pages as JSON, in characters; NULL: none
    characters INTEGER NOT NULL,
    text TEXT NOT NULL              -- last, since what stands behind it would be slow to reach
);
CREATE TABLE cuts (                 -- a document as it was cut into chunks, once for each way
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents,
    max_tokens INTEGER NOT NULL,
    overlap_tokens INTEGER NOT NULL,
    first INTEGER NOT NULL,         -- ids of its chunks, which have no gap
    last INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (document, max_tokens, overlap_tokens)
);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    cut INTEGER NOT NULL REFERENCES cuts,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    line INTEGER NOT NULL
);
CREATE INDEX chunks_of_cut ON chunks (cut);
CREATE TABLE members (              -- which files a vector store has
    store_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    name TEXT NOT NULL,
    cut INTEGER NOT NULL REFERENCES cuts,
    attributes TEXT NOT NULL,       -- JSON
    PRIMARY KEY (store_id, file_id)
) WITHOUT ROWID;
CREATE INDEX members_of_cut ON members (cut);
CREATE VIRTUAL TABLE words USING fts5(heading, body, extra, tokenize = '{TOKENIZER}');
PRAGMA user_version = {VERSION};
"""

_SCRATCH = """
CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, words, instance);
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row);
CREATE TABLE temp.scope (cut INTEGER PRIMARY KEY);      -- what is searched
CREATE TABLE temp.wanted (                              -- what is searched for
    word INTEGER NOT NULL,          -- place of the question's word
    term TEXT NOT NULL,             -- its stem, or another one that stands for it
    share REAL NOT NULL,            -- what it counts then
    PRIMARY KEY (term, word)
) WITHOUT ROWID;
CREATE TABLE temp.counts (                              -- how often chunks have it
    word INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    count REAL NOT NULL
);
CREATE TABLE temp.rarity (word INTEGER PRIMARY KEY, value REAL NOT NULL);
CREATE TABLE temp.candidates (chunk INTEGER PRIMARY KEY);
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file for changes, and make its tables where they are missing or of another version.

    A file that is none of SQLite's, or is damaged, is set aside and begun anew: what was in it
    can be made again from the files.

    Raises:
        sqlite3.Error: where that fails.
    """
    try:
        make_private(path)  # it has the whole text of the notes
    except OSError as error:
        raise sqlite3.OperationalError(f"{path} can't be opened: {error.strerror}") from error
    try:
        return _opened(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        aside = path.with_suffix(".damaged")
        log.error("the search index is damaged (%s) and set aside as %s", error, aside)
        os.replace(path, aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        make_private(path)
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            _rebuild(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file for searches, with the temporary tables that they use.

    Raises:
        sqlite3.Error: where that fails.
    """
    connection = _connect(path)
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.executescript(_SCRATCH)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _rebuild(connection: sqlite3.Connection) -> None:
    """Begin anew: the index can be made again from the files."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
    ]
    drops = "".join(f'DROP TABLE "{name}";\n' for name in names)
    connection.executescript(f"BEGIN IMMEDIATE;\n{drops}{_TABLES}\nCOMMIT;")
