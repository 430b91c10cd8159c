"""A file on its way to a server, in pieces, with how far it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

REPORT_EVERY = 256 * 1024
"""Bytes between two reports."""


class CountedFile(io.FileIO):
    """A file that tells how much of it was read.

    It is read in the event loop, as the SDK's transport does with files, in pieces so small that
    no one notices.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            OSError: where it can't be opened.
        """
        super().__init__(path)
        self._total = self.seek(0, io.SEEK_END)
        self.seek(0)
        self._on_progress: Callable[[int, int], None] | None = None
        self._reported = 0

    def report_to(self, on_progress: Callable[[int, int], None]) -> None:
        """Tell from now on how many bytes were read, and how many there are in all."""
        self._on_progress = on_progress
        on_progress(0, self._total)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        data = super().read(size) or b""
        done = self.tell()
        enough = done - self._reported >= REPORT_EVERY or done == self._total
        if data and enough and self._on_progress is not None:
            self._reported = done
            self._on_progress(done, max(done, self._total))
        return data
