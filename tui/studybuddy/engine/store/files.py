"""The contents of uploaded files: one file each, named by its id."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_UNFINISHED = ".part"
_NAME = re.compile(rf"file-[0-9A-Za-z]{{24}}({re.escape(_UNFINISHED)})?")


class FileBox:
    """A folder of contents; one that came in whole is put in place in one step."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder; without one, a temporary one is used, and removed at the end."""
        self._folder = folder
        self._temporary = folder is None

    async def open(self) -> None:
        """Make the folder.

        Raises:
            OSError: where that fails.
        """
        await asyncio.to_thread(self._open)

    @property
    def folder(self) -> Path:
        """Where they lie; it must be open."""
        if self._folder is None:
            raise RuntimeError("the files' folder is not open")
        return self._folder

    def path(self, file_id: str) -> Path:
        """Where the content of a stored file lies."""
        return self.folder / file_id

    def unfinished(self, file_id: str) -> Path:
        """Where it lies while it comes in."""
        return self.folder / (file_id + _UNFINISHED)

    def keep(self, file_id: str) -> None:
        """Put what has come in in its place, safe from a power cut; blocks.

        Raises:
            OSError: where that fails.
        """
        unfinished = self.unfinished(file_id)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, self.path(file_id))

    def drop(self, file_id: str) -> None:
        """Remove a content, whole or not; blocks."""
        for path in (self.path(file_id), self.unfinished(file_id)):
            with suppress(OSError):
                path.unlink()

    def sweep(self, known: Collection[str]) -> None:
        """Remove all contents but those of these files; blocks.

        What has another name than contents have was put there by someone else, and stays.
        """
        for path in self.folder.iterdir():
            if path.name not in known and _NAME.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()

    async def close(self) -> None:
        """Remove the folder, where it is a temporary one."""
        if self._temporary and self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    def _open(self) -> None:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="studybuddy-"))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
