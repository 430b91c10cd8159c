"""Objects within one transaction: put, found, changed, deleted, and read in pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec

from studybuddy.engine.objects import (
    Assistant,
    File,
    FileBatch,
    Message,
    Run,
    RunStep,
    Thread,
    VectorStore,
    VectorStoreFile,
)

Thing = (
    Assistant | Thread | Message | Run | RunStep | File | VectorStore | VectorStoreFile | FileBatch
)
T = TypeVar(
    "T",
    Assistant,
    Thread,
    Message,
    Run,
    RunStep,
    File,
    VectorStore,
    VectorStoreFile,
    FileBatch,
)

_encode = msgspec.json.Encoder().encode
_KINDS: dict[type, str] = {
    kind: next(f.default for f in msgspec.structs.fields(kind) if f.name == "object")
    for kind in T.__constraints__
}
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind) for kind in T.__constraints__
}

Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list."""

    items: list[T]
    has_more: bool
    """Whether the list goes on after the last item, in the order asked for."""


class Objects:
    """The stored objects, seen from inside a transaction of `Store`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def insert(self, thing: Thing, *, note: Mapping[str, Any] | None = None) -> None:
        """Store a new object.

        Args:
            thing: the object; it is deleted with what it belongs to (see `parent_of`).
            note: what only the engine knows of it; not part of the object.
        """
        self._connection.execute(
            "INSERT INTO objects (kind, parent, id, status, body, note) VALUES (?, ?, ?, ?, ?, ?)",
            (
                thing.object,
                parent_of(thing),
                thing.id,
                getattr(thing, "status", ""),
                _encode(thing),
                _encode(note or {}),
            ),
        )

    def get(self, kind: type[T], id: str, *, parent: str | None = None) -> T | None:
        """The object of that id, or `None`; with `parent`, only where it belongs to that one."""
        sql = "SELECT body FROM objects WHERE id = ? AND kind = ?"
        values = [id, _kind(kind)]
        if parent is not None:
            sql += " AND parent = ?"
            values.append(parent)
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else _decode(kind, row[0])

    def note(self, thing: Thing) -> dict[str, Any]:
        """What the engine noted with an object."""
        row = self._connection.execute(
            "SELECT note FROM objects WHERE id = ? AND kind = ? AND parent = ?", _key(thing)
        ).fetchone()
        found: dict[str, Any] = msgspec.json.decode(row[0]) if row else {}
        return found

    def update(self, thing: Thing, *, note: Mapping[str, Any] | None = None) -> bool:
        """Write an object again, and its note where one is given; whether it was there."""
        if note is not None:
            self._connection.execute(
                "UPDATE objects SET note = ? WHERE id = ? AND kind = ? AND parent = ?",
                (_encode(note), *_key(thing)),
            )
        changed = self._connection.execute(
            "UPDATE objects SET status = ?, body = ? WHERE id = ? AND kind = ? AND parent = ?",
            (getattr(thing, "status", ""), _encode(thing), *_key(thing)),
        )
        return changed.rowcount > 0

    def delete(self, thing: Thing) -> None:
        """Delete an object and all that belongs to it."""
        self._connection.execute(
            """
            WITH RECURSIVE doomed (seq, id) AS (
                SELECT seq, id FROM objects WHERE id = ? AND kind = ? AND parent = ?
                UNION
                SELECT child.seq, child.id
                FROM objects child JOIN doomed ON child.parent = doomed.id
                WHERE child.parent != '' -- or the index of these would not be used
            )
            DELETE FROM objects WHERE seq IN (SELECT seq FROM doomed)
            """,
            _key(thing),
        )

    def page(
        self,
        kind: type[T],
        *,
        parent: str = "",
        limit: int = 20,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        status: str | None = None,
        having: Mapping[str, str] | None = None,
        noted: Mapping[str, str] | None = None,
    ) -> Page[T]:
        """A page of a list in the order of creation.

        Args:
            kind: what to list.
            parent: of what.
            limit: items at most.
            order: `desc` for the newest first.
            after: id after which, in that order, the page begins.
            before: id before which, in that order, it ends: the items nearest to it are taken.
            status: only objects of this status.
            having: only objects with these values in these fields.
            noted: only objects with these values in their notes.

        Raises:
            KeyError: where `after` or `before` is in no such list; its argument is the id.
        """
        forward = order == "asc"
        conditions = ["kind = ?", "parent = ?"]
        values: list[str | int] = [_kind(kind), parent]
        if status is not None:
            conditions.append("status = ?")
            values.append(status)
        for column, wanted in (("body", having), ("note", noted)):
            for field, value in (wanted or {}).items():
                # Text, since newer versions of SQLite take a BLOB for their own binary JSON.
                conditions.append(f"json_extract(CAST({column} AS TEXT), ?) = ?")
                values += [f"$.{field}", value]
        if after is not None:
            conditions.append("seq > ?" if forward else "seq < ?")
            values.append(self._place(kind, parent, after))
        if before is not None:
            conditions.append("seq < ?" if forward else "seq > ?")
            values.append(self._place(kind, parent, before))
        backwards = before is not None and after is None
        direction = "ASC" if forward is not backwards else "DESC"
        rows = self._connection.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(conditions)}"
            f" ORDER BY seq {direction} LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        items = [_decode(kind, body) for (body,) in rows[:limit]]
        return Page(items[::-1] if backwards else items, len(rows) > limit)

    def all(
        self,
        kind: type[T],
        *,
        parent: str | None = None,
        status: Collection[str] = (),
        id: str | None = None,
    ) -> list[T]:
        """All objects of a kind, oldest first; of one parent, some statuses or one id only."""
        conditions = ["kind = ?"]
        values = [_kind(kind)]
        if id is not None:
            conditions.append("id = ?")
            values.append(id)
        if parent is not None:
            conditions.append("parent = ?")
            values.append(parent)
        if status:
            conditions.append(f"status IN ({', '.join('?' * len(status))})")
            values.extend(status)
        rows = self._connection.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(conditions)} ORDER BY seq", values
        )
        return [_decode(kind, body) for (body,) in rows]

    def noted(self, kind: type[T], *, parent: str) -> list[tuple[T, dict[str, Any]]]:
        """All objects of a kind and one parent, oldest first, each with its note."""
        rows = self._connection.execute(
            "SELECT body, note FROM objects WHERE kind = ? AND parent = ? ORDER BY seq",
            (_kind(kind), parent),
        )
        return [(_decode(kind, body), msgspec.json.decode(note)) for body, note in rows]

    def _place(self, kind: type[T], parent: str, id: str) -> int:
        row = self._connection.execute(
            "SELECT seq FROM objects WHERE id = ? AND kind = ? AND parent = ?",
            (id, _kind(kind), parent),
        ).fetchone()
        if row is None:
            raise KeyError(id)
        return int(row[0])


_PARENTS: Mapping[type, str] = {
    Message: "thread_id",
    Run: "thread_id",
    RunStep: "run_id",
    VectorStoreFile: "vector_store_id",
    FileBatch: "vector_store_id",
}


def parent_of(thing: Thing) -> str:
    """Id of what an object belongs to; empty where it stands alone."""
    attribute = _PARENTS.get(type(thing))
    parent: str = getattr(thing, attribute) if attribute else ""
    return parent


def _key(thing: Thing) -> tuple[str, str, str]:
    return thing.id, thing.object, parent_of(thing)


def _kind(kind: type[Any]) -> str:
    return _KINDS[kind]


def _decode(kind: type[T], body: bytes) -> T:
    decoded: T = _DECODERS[kind].decode(body)
    return decoded
