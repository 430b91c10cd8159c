"""Several reading processes, so that one bad file does not hold all others up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from studybuddy.engine.search.chunks import Chunk, Chunking
from studybuddy.engine.search.documents import Document
from studybuddy.engine.search.reading import Reader

COUNT = 2
"""Files that are read at the same time."""


class Readers:
    """Gives each file to a reader that is free; belongs to one event loop."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Take the readers, which are closed with it."""
        self._all = tuple(readers)
        self._free = list(readers)
        self._places = asyncio.Semaphore(len(self._free))

    async def read(self, path: Path, name: str, chunking: Chunking) -> tuple[Document, list[Chunk]]:
        """As `Reader.read`, as soon as one is free."""
        async with self._one() as reader:
            return await reader.read(path, name, chunking)

    async def cut(self, document: Document, chunking: Chunking) -> list[Chunk]:
        """As `Reader.cut`, as soon as one is free."""
        async with self._one() as reader:
            return await reader.cut(document, chunking)

    async def close(self) -> None:
        """End all; what waits, and what is asked for later, is refused."""
        await asyncio.gather(*(reader.close() for reader in self._all))

    @asynccontextmanager
    async def _one(self) -> AsyncGenerator[Reader]:
        async with self._places:
            reader = self._free.pop()  # the one used last: its process is there already
            try:
                yield reader
            finally:
                self._free.append(reader)
