"""Changes of the index; each is one transaction on the writing thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from studybuddy.engine.search.chunks import Chunk, Chunking
from studybuddy.engine.search.documents import Document, Kind
from studybuddy.engine.search.passages import Indexed
from studybuddy.engine.search.words import extra


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def known_document(connection: sqlite3.Connection, file_id: str) -> Document | None:
    """The text of a file that is in some store already."""
    row = connection.execute(
        "SELECT kind, text, pages FROM documents WHERE file_id = ?", (file_id,)
    ).fetchone()
    return None if row is None else Document(Kind(row[0]), *_pages(row[1], row[2]))


def pages_of(connection: sqlite3.Connection, store_id: str, file_id: str) -> list[str] | None:
    """The text by pages of a file in a store."""
    row = connection.execute(
        "SELECT d.text, d.pages FROM members m JOIN documents d USING (file_id) "
        "WHERE m.store_id = ? AND m.file_id = ?",
        (store_id, file_id),
    ).fetchone()
    return None if row is None else list(_pages(*row)[0])


def _pages(text: str, lengths: str | None) -> tuple[tuple[str, ...], bool]:
    if lengths is None:
        return (text,), False
    pages: list[str] = []
    position = 0
    for length in json.loads(lengths):
        pages.append(text[position : position + length])
        position += length
    return tuple(pages), True


def join(
    connection: sqlite3.Connection,
    store_id: str,
    file_id: str,
    name: str,
    chunking: Chunking,
    attributes: Mapping[str, Any],
) -> Indexed | None:
    """Make a file that is cut this way already a member of a store; `None` where it is not."""
    with transaction(connection):
        row = connection.execute(
            "SELECT c.id FROM cuts c JOIN documents d ON d.id = c.document "
            "WHERE d.file_id = ? AND c.max_tokens = ? AND c.overlap_tokens = ?",
            (file_id, chunking.max_tokens, chunking.overlap_tokens),
        ).fetchone()
        if row is None:
            return None
        return _enlist(connection, store_id, file_id, name, row[0], attributes)


def insert(
    connection: sqlite3.Connection,
    store_id: str,
    file_id: str,
    name: str,
    document: Document,
    chunks: Sequence[Chunk],
    chunking: Chunking,
    attributes: Mapping[str, Any],
) -> Indexed:
    """Store a file's text where that is new, its chunks, and make it a member of a store."""
    text = "".join(document.pages)
    with transaction(connection):
        number = _document(connection, file_id, name, document, text)
        cut = _cut(connection, number, name, text, chunks, chunking)
        return _enlist(connection, store_id, file_id, name, cut, attributes)


def _document(
    connection: sqlite3.Connection, file_id: str, name: str, document: Document, text: str
) -> int:
    row = connection.execute("SELECT id FROM documents WHERE file_id = ?", (file_id,)).fetchone()
    if row is not None:
        return int(row[0])
    lengths = json.dumps([len(page) for page in document.pages]) if document.has_pages else None
    cursor = connection.execute(
        "INSERT INTO documents (file_id, name, kind, pages, characters, text) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (file_id, name, document.kind, lengths, len(text), text),
    )
    return int(cursor.lastrowid or 0)


def _cut(
    connection: sqlite3.Connection,
    document: int,
    name: str,
    text: str,
    chunks: Sequence[Chunk],
    chunking: Chunking,
) -> int:
    (first,) = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM chunks").fetchone()
    bodies = [text[chunk.start : chunk.end] for chunk in chunks]
    cursor = connection.execute(
        "INSERT INTO cuts (document, max_tokens, overlap_tokens, first, last, bytes) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            document,
            chunking.max_tokens,
            chunking.overlap_tokens,
            first,
            first + len(chunks) - 1,
            sum(len(body.encode()) for body in bodies),
        ),
    )
    cut = int(cursor.lastrowid or 0)
    connection.executemany(
        'INSERT INTO chunks (id, cut, start, "end", page, line) VALUES (?, ?, ?, ?, ?, ?)',
        (
            (first + place, cut, chunk.start, chunk.end, chunk.page, chunk.line)
            for place, chunk in enumerate(chunks)
        ),
    )
    title = PurePath(name).stem
    connection.executemany(
        "INSERT INTO words (rowid, heading, body, extra) VALUES (?, ?, ?, ?)",
        (
            (first + place, _heading(title, chunk), body, chunk.extra)
            for place, (chunk, body) in enumerate(zip(chunks, bodies, strict=True))
        ),
    )
    return cut


def _heading(title: str, chunk: Chunk) -> str:
    heading = f"{title}\n{chunk.headings}"
    more = extra(heading)
    return f"{heading}\n{more}" if more else heading


def _enlist(
    connection: sqlite3.Connection,
    store_id: str,
    file_id: str,
    name: str,
    cut: int,
    attributes: Mapping[str, Any],
) -> Indexed:
    before = connection.execute(
        "SELECT cut FROM members WHERE store_id = ? AND file_id = ?", (store_id, file_id)
    ).fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO members (store_id, file_id, name, cut, attributes) "
        "VALUES (?, ?, ?, ?, ?)",
        (store_id, file_id, name, cut, json.dumps(dict(attributes))),
    )
    if before is not None and before[0] != cut:
        _sweep(connection)
    return _size(connection, cut)


def _size(connection: sqlite3.Connection, cut: int) -> Indexed:
    row = connection.execute(
        "SELECT c.last - c.first + 1, d.characters, c.bytes FROM cuts c "
        "JOIN documents d ON d.id = c.document WHERE c.id = ?",
        (cut,),
    ).fetchone()
    return Indexed(*row)


def members(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Vector store and file of all that is indexed."""
    return set(connection.execute("SELECT store_id, file_id FROM members"))


def remove(connection: sqlite3.Connection, store_id: str, file_id: str | None) -> None:
    """Take a file, or all where it is `None`, out of a store; what no store has goes for good."""
    with transaction(connection):
        if file_id is None:
            connection.execute("DELETE FROM members WHERE store_id = ?", (store_id,))
        else:
            connection.execute(
                "DELETE FROM members WHERE store_id = ? AND file_id = ?", (store_id, file_id)
            )
        _sweep(connection)


def _sweep(connection: sqlite3.Connection) -> None:
    unused = connection.execute(
        "SELECT id, first, last FROM cuts c "
        "WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.cut = c.id)"
    ).fetchall()
    for cut, first, last in unused:
        connection.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", (first, last))
        connection.execute("DELETE FROM chunks WHERE cut = ?", (cut,))
        connection.execute("DELETE FROM cuts WHERE id = ?", (cut,))
    if unused:
        connection.execute(
            "DELETE FROM documents WHERE NOT EXISTS "
            "(SELECT 1 FROM cuts c WHERE c.document = documents.id)"
        )


def set_attributes(
    connection: sqlite3.Connection, store_id: str, file_id: str, attributes: Mapping[str, Any]
) -> None:
    """Replace a file's attributes in a store."""
    connection.execute(
        "UPDATE members SET attributes = ? WHERE store_id = ? AND file_id = ?",
        (json.dumps(dict(attributes)), store_id, file_id),
    )
