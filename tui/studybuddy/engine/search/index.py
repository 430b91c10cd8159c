"""The search index of the engine's vector stores."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Concatenate, ParamSpec, TypeVar

from studybuddy.engine.search import sampling, schema, searching, writing
from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.connections import ConnectionThread, IndexClosed
from studybuddy.engine.search.filters import BadFilter, checked
from studybuddy.engine.search.passages import Indexed, Passage, Unreadable
from studybuddy.engine.search.ranking import CHOSEN, Ranking
from studybuddy.engine.search.readers import COUNT, Readers
from studybuddy.engine.search.reading import TIMEOUT, Reader

__all__ = [
    "BadFilter",
    "Chunking",
    "IndexClosed",
    "Indexed",
    "Passage",
    "SearchIndex",
    "Unreadable",
]

_STOPPED = "The engine was stopped before this file was read. Add it again."

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Adding:
    """A file that is on its way into a store."""

    store_id: str
    file_id: str
    wanted: bool = True

    def check(self) -> None:
        """Stop where it was removed meanwhile."""
        if not self.wanted:
            raise Unreadable("server_error", "The file was removed while it was being read.")


class SearchIndex:
    """Files of many vector stores in one SQLite file; every method belongs to one event loop.

    A file is read once however many stores have it, in child processes; changes are made in
    one thread and searches in another, so that a long file holds neither the engine nor a
    search up. What a killed engine was adding is not there at all afterwards.
    """

    def __init__(
        self,
        database: Path | None,
        *,
        timeout: float = TIMEOUT,
        ranking: Ranking = CHOSEN,
        readers: Sequence[Reader] | None = None,
    ) -> None:
        """Prepare it; the file is opened, and made where it is missing, by the first call.

        Args:
            database: its file; `None` for one that goes with the index.
            timeout: seconds that reading one file may take at most.
            ranking: how chunks are judged.
            readers: who read files; two of its own by default.
        """
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if database is None:
            self._temporary = tempfile.TemporaryDirectory(
                prefix="studybuddy-search", ignore_cleanup_errors=True
            )
            database = Path(self._temporary.name) / "search.sqlite3"
        self._ranking = ranking
        self._readers = Readers(readers or [Reader(timeout) for _ in range(COUNT)])
        self._writer = ConnectionThread(database, schema.open_writer, "studybuddy-index")
        self._searcher = ConnectionThread(database, schema.open_reader, "studybuddy-search")
        self._ready: asyncio.Task[None] | None = None
        self._reading: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._adding: set[_Adding] = set()
        self._closed = False

    async def add(
        self,
        store_id: str,
        file_id: str,
        path: Path,
        name: str,
        *,
        chunking: Chunking | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Indexed:
        """Read a file and make it findable in a store; all of it appears at once, or nothing.

        A file that is in the store already gets this name, chunking and these attributes. One
        that is removed from the store meanwhile does not come back. Cancelling it stops the
        reading, but not a writing that has begun: remove the file after that.

        Args:
            store_id: the vector store.
            file_id: the file, whose bytes never change under the same id.
            path: where its bytes are.
            name: as the student knows it; its ending tells text formats apart.
            chunking: how it is cut; by the measured default where it is `None`.
            attributes: for filters; strings, numbers and booleans.

        Raises:
            Unreadable: where it can't be read; its sentence says why.
        """
        adding = _Adding(store_id, file_id)
        self._adding.add(adding)
        try:
            return await self._add(adding, path, name, chunking or Chunking(), attributes or {})
        except IndexClosed as error:
            raise Unreadable("server_error", _STOPPED) from error
        except sqlite3.Error as error:
            raise Unreadable(
                "server_error", f"The search index can't be written: {error}."
            ) from error
        finally:
            self._adding.discard(adding)

    async def _add(
        self,
        adding: _Adding,
        path: Path,
        name: str,
        chunking: Chunking,
        attributes: Mapping[str, Any],
    ) -> Indexed:
        store_id, file_id = adding.store_id, adding.file_id
        async with self._alone(file_id):
            adding.check()
            held = await self._write(writing.join, store_id, file_id, name, chunking, attributes)
            if held is not None:
                return held
            document = await self._read(writing.known_document, file_id)
            if document is None:
                document, chunks = await self._readers.read(path, name, chunking)
            else:
                chunks = await self._readers.cut(document, chunking)
            adding.check()
            return await self._write(
                writing.insert, store_id, file_id, name, document, chunks, chunking, attributes
            )

    async def remove(self, store_id: str, file_id: str) -> None:
        """Take a file out of a store; nothing where it is not in it."""
        self._call_off(store_id, file_id)
        await self._write(writing.remove, store_id, file_id)

    async def remove_store(self, store_id: str) -> None:
        """Take all files out of a store."""
        self._call_off(store_id, None)
        await self._write(writing.remove, store_id, None)

    async def search(
        self,
        store_ids: Sequence[str],
        query: str | Sequence[str],
        *,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        score_threshold: float = 0,
    ) -> list[Passage]:
        """The passages that answer best, best first.

        Args:
            store_ids: the vector stores that are searched; a file of several counts once.
            query: one question, or several ways to put it.
            limit: how many at most.
            filters: OpenAI's comparison or compound filter on the files' attributes.
            score_threshold: the least score, 0..1.

        Raises:
            BadFilter: where `filters` is none.
        """
        checked(filters)
        queries = [query] if isinstance(query, str) else list(query)
        return await self._read(
            searching.search, store_ids, queries, limit, filters, score_threshold, self._ranking
        )

    async def sample(
        self, store_ids: Sequence[str], limit: int, chance: Random | None = None
    ) -> list[Passage]:
        """Passages that are about nothing in particular, in their order, spread over the files.

        Args:
            store_ids: the vector stores that they are from; a file of several counts once.
            limit: how many at most.
            chance: what chooses them; another choice each time by default.
        """
        return await self._read(sampling.sample, store_ids, limit, chance or Random())

    async def text(self, store_id: str, file_id: str) -> list[str] | None:
        """The extracted text, one entry a page; `None` where the file is not in the store."""
        return await self._read(writing.pages_of, store_id, file_id)

    async def members(self) -> set[tuple[str, str]]:
        """Vector store and file of all that is indexed."""
        return await self._read(writing.members)

    async def set_attributes(
        self, store_id: str, file_id: str, attributes: Mapping[str, Any]
    ) -> None:
        """Replace a file's attributes in a store; nothing where it is not in it."""
        await self._write(writing.set_attributes, store_id, file_id, attributes)

    async def close(self) -> None:
        """End what is being read, finish what is being written, and close the file."""
        if self._closed:
            return
        self._closed = True
        await self._readers.close()
        await self._searcher.close()
        await self._writer.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _call_off(self, store_id: str, file_id: str | None) -> None:
        """Let what is being added to a store not come in; all of it where no file is named."""
        for adding in self._adding:
            if adding.store_id == store_id and file_id in (None, adding.file_id):
                adding.wanted = False

    @asynccontextmanager
    async def _alone(self, file_id: str) -> AsyncGenerator[None]:
        """Let no one else read the same file meanwhile: the second finds it read."""
        lock = self._reading.setdefault(file_id, asyncio.Lock())
        self._waiting[file_id] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[file_id] -= 1
            if not self._waiting[file_id]:
                del self._waiting[file_id], self._reading[file_id]

    async def _write(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return await self._writer.run(work, *args, **kwargs)

    async def _read(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._ready is None:  # the writer makes the tables
            self._ready = asyncio.create_task(self._writer.run(_nothing))
        try:
            await asyncio.shield(self._ready)
        except BaseException:
            self._ready = None  # the next call tries again
            raise
        return await self._searcher.run(work, *args, **kwargs)


def _nothing(_connection: sqlite3.Connection) -> None: ...
