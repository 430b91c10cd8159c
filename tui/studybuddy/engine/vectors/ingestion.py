"""Brings files into vector stores in the background: what the objects want, the index gets.

A file that is in progress in the store's objects is what is to be done; there is no other list.
So nothing is forgotten by a kill, and a file that was removed or cancelled meanwhile is seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from studybuddy.engine.objects import File, Json, VectorStoreFile
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.search.passages import Indexed, Unreadable
from studybuddy.engine.search.readers import COUNT
from studybuddy.engine.store.files import FileBox
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.store.store import Store
from studybuddy.engine.vectors.contents import Status, again, chunking_of, job_of, settle

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""Ids of a vector store and a file."""

CONCURRENCY = COUNT
"""Files that are brought in at the same time, each read by a process of its own."""

_BREATH = 1.0  # seconds after a failure of the engine's own
_FAULT = "The engine had an error of its own while it read this file. Its log tells more."


class Ingestion:
    """The workers; every method belongs to one event loop."""

    def __init__(self, store: Store, files: FileBox, search: SearchIndex) -> None:
        """Take what it works with; `open` begins the work."""
        self._store = store
        self._files = files
        self._search = search
        self._wanted = asyncio.Event()
        self._queue: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._in_hand: set[Key] = set()
        self._again: set[Key] = set()  # in hand, and to be looked at once more
        self._settled = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Bring contents and index in line with the objects, and take up what is in progress."""
        known = await self._store.read(lambda objects: {file.id for file in objects.all(File)})
        await asyncio.to_thread(self._files.sweep, known)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(CONCURRENCY)]
        self._tasks.append(asyncio.create_task(self._look()))
        self.wake()

    def wake(self) -> None:
        """Have the objects looked at for files that are in progress."""
        self._wanted.set()

    async def forget(self, store_id: str, file_id: str) -> None:
        """Take a file whose object was deleted out of the index too."""
        await self._search.remove(store_id, file_id)
        self.wake()

    async def forget_store(self, store_id: str) -> None:
        """Take all files of a store that was deleted out of the index too."""
        await self._search.remove_store(store_id)
        self.wake()

    def busy(self) -> bool:
        """Whether files are being brought in, or wait for it."""
        return self._wanted.is_set() or bool(self._waiting or self._in_hand or self._again)

    async def settled(self, store_ids: Collection[str]) -> None:
        """Return when no file of these vector stores is in progress any more."""
        async with self._settled:
            while await self._store.read(lambda objects: _any_underway(objects, store_ids)):
                await self._settled.wait()

    async def close(self) -> None:
        """Stop; what is in progress is taken up again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Queue what is in progress and in no worker's hands, whenever that may have changed."""
        try:
            await self._reconcile()
        except Exception:  # of the index: adding to it will tell
            log.exception("the index could not be compared with the files")
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                underway = await self._store.read(_underway)
            except Exception:
                log.exception("the files in progress could not be read")
                await asyncio.sleep(_BREATH)
                self.wake()
                continue
            for key in underway:
                if key in self._in_hand:
                    self._again.add(key)  # it may have been added anew
                elif key not in self._waiting:
                    self._waiting.add(key)
                    self._queue.put_nowait(key)
            await self._tell()

    async def _reconcile(self) -> None:
        """Undo what a kill left half done, or a lost index: the objects are what counts."""
        held = await self._search.members()
        there = await self._store.write(lambda objects: again(objects, held))
        for store_id, file_id in held - there:
            await self._search.remove(store_id, file_id)

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            self._waiting.discard(key)
            self._in_hand.add(key)
            try:
                await self._bring_in(*key)
            except Exception:
                log.exception("a file could not be brought into its vector store")
                self._again.add(key)
                await asyncio.sleep(_BREATH)  # a full disk, perhaps
            finally:
                self._in_hand.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.wake()
            await self._tell()

    async def _bring_in(self, store_id: str, file_id: str) -> None:
        """Index one file, and write down what became of it."""

        def read(objects: Objects) -> tuple[VectorStoreFile, str, File | None] | None:
            wanted = objects.get(VectorStoreFile, file_id, parent=store_id)
            if wanted is None or wanted.status != "in_progress":
                return None  # it was removed or cancelled while it waited
            return wanted, job_of(objects, wanted), objects.get(File, file_id)

        found = await self._store.read(read)
        if found is None:
            return
        wanted, job, file = found
        error: Json | None = None
        indexed: Indexed | None = None
        try:
            if file is None:
                raise Unreadable("invalid_file", "The file was deleted before it was read.")
            indexed = await self._search.add(
                store_id,
                file_id,
                self._files.path(file_id),
                file.filename,
                chunking=chunking_of(wanted),
                attributes=wanted.attributes,
            )
        except Unreadable as problem:
            error = {"code": problem.code, "message": problem.sentence}
        except Exception:
            log.exception("%s could not be read", file_id)
            error = {"code": "server_error", "message": _FAULT}
        await self._finish(wanted, job, indexed, error)

    async def _finish(
        self, wanted: VectorStoreFile, job: str, indexed: Indexed | None, error: Json | None
    ) -> None:
        def finish(objects: Objects) -> tuple[bool, bool]:
            found = objects.get(VectorStoreFile, wanted.id, parent=wanted.vector_store_id)
            if found is None or found.status != "in_progress":
                return False, True
            if job_of(objects, found) != job:
                return False, False  # it was added anew meanwhile: it is done once more
            status: Status = "completed" if indexed else "failed"
            size = indexed.bytes if indexed else 0
            settle(objects, found, status, usage_bytes=size, error=error)
            return found.attributes != wanted.attributes, False

        changed, unwanted = await self._store.write(finish)
        if unwanted:
            await self._search.remove(wanted.vector_store_id, wanted.id)
        elif changed:
            await self.share_attributes(wanted.vector_store_id, wanted.id)

    async def _tell(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    async def share_attributes(self, store_id: str, file_id: str) -> None:
        """Let the index have the attributes that a file's object has."""
        found = await self._store.read(lambda o: o.get(VectorStoreFile, file_id, parent=store_id))
        if found is not None:
            await self._search.set_attributes(store_id, file_id, found.attributes)


def _underway(objects: Objects) -> list[Key]:
    files = objects.all(VectorStoreFile, status={"in_progress"})
    return [(file.vector_store_id, file.id) for file in files]


def _any_underway(objects: Objects, store_ids: Collection[str]) -> bool:
    return any(
        objects.page(VectorStoreFile, parent=store_id, status="in_progress", limit=1).items
        for store_id in store_ids
    )
