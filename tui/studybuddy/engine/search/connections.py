"""A thread of its own for each connection to the index."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class IndexClosed(Exception):
    """The index was asked for something after it was closed."""

    def __str__(self) -> str:
        """One sentence for all."""
        return "The search index is closed."


class ConnectionThread:
    """The one thread that a connection is used on; opens it for the first call."""

    def __init__(
        self, path: Path, connect: Callable[[Path], sqlite3.Connection], name: str
    ) -> None:
        """Take the file, what opens it, and the thread's name."""
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, name)
        self._closed = False

    async def run(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do the work; it is done in the order asked, also where the caller is cancelled.

        Raises:
            IndexClosed: after the end.
            sqlite3.Error: where the database fails.
        """
        if self._closed:
            raise IndexClosed
        future = self._thread.submit(lambda: work(self._opened(), *args, **kwargs))
        return await asyncio.shield(asyncio.wrap_future(future))

    async def close(self) -> None:
        """Finish what was asked for and close the connection; may be repeated."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.wrap_future(self._thread.submit(self._close))
        self._thread.shutdown(wait=False)
        await asyncio.shield(closing)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect(self._path)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
