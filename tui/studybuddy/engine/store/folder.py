"""The folder that holds all that an engine keeps, and the lock that makes it one engine's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

PATIENCE = 5.0
"""Seconds to wait for an engine that is about to end."""

_LOOK_EVERY = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where each thing lies; without a folder, nothing outlives the engine."""

    path: Path | None

    @property
    def database(self) -> Path | None:
        """The objects."""
        return self.path and self.path / "engine.sqlite3"

    @property
    def files(self) -> Path | None:
        """Folder of the uploaded files."""
        return self.path and self.path / "files"

    @property
    def search(self) -> Path | None:
        """The search index."""
        return self.path and self.path / "search.sqlite3"

    @asynccontextmanager
    async def held(self, patience: float = PATIENCE) -> AsyncIterator[None]:
        """Keep other engines off until the block ends.

        Args:
            patience: seconds to wait for another engine's end.

        Raises:
            StudyBuddyError: where another engine has it, or it can't be made or written to.
        """
        if self.path is None:
            yield
            return
        from filelock import FileLock, Timeout  # 50 ms

        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self.path / "engine.lock", mode=0o600, thread_local=False)
            await asyncio.to_thread(lock.acquire, timeout=patience, poll_interval=_LOOK_EVERY)
        except Timeout:
            raise _problem(
                f"Another engine uses the folder {self.path}.",
                "End it first, or name another folder with --data-dir.",
            ) from None
        except OSError as error:
            raise _problem(
                f"The folder {self.path} can't be used: {error.strerror or error}.",
                "Name another with --data-dir.",
            ) from error
        try:
            yield
        finally:
            lock.release()


def _problem(sentence: str, advice: str) -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))
