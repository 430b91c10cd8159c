"""All that a program wrote, and when each piece of it came."""

from __future__ import annotations

import bisect
import threading
import time


class Recording:
    """Bytes with the time of each read that brought them; written by one thread, read by any.

    Times are `time.monotonic()`, in seconds; offsets count bytes from the first.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends: list[int] = []  # offset after each read
        self._times: list[float] = []
        self._ended = False
        self._news = threading.Condition()

    def add(self, data: bytes, at: float) -> None:
        """Record a read."""
        with self._news:
            self._data += data
            self._ends.append(len(self._data))
            self._times.append(at)
            self._news.notify_all()

    def end(self) -> None:
        """Record that there will be no more."""
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def ended(self) -> bool:
        """Whether there will be no more."""
        with self._news:
            return self._ended

    @property
    def size(self) -> int:
        """How many bytes there are."""
        with self._news:
            return len(self._data)

    @property
    def reads(self) -> int:
        """How many reads there are."""
        with self._news:
            return len(self._ends)

    def read(self, index: int) -> tuple[bytes, float] | None:
        """Return the bytes and the time of one read; `None` where there is none yet."""
        with self._news:
            if index >= len(self._ends):
                return None
            start = self._ends[index - 1] if index else 0
            return bytes(self._data[start : self._ends[index]]), self._times[index]

    def find(self, needle: bytes, since: int = 0) -> float | None:
        """Return the time of the read that first completed `needle` after the offset `since`."""
        with self._news:
            found = self._data.find(needle, since)
            if found < 0:
                return None
            return self._times[bisect.bisect_left(self._ends, found + len(needle))]

    def times(self, since: float) -> list[float]:
        """Return the times of the reads after the time `since`."""
        with self._news:
            return self._times[bisect.bisect_right(self._times, since) :]

    def wait(self, seen: int, deadline: float) -> bool:
        """Wait until there are more than `seen` reads; `False` if there will be none in time."""
        with self._news:
            while len(self._ends) <= seen:
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    return False
                self._news.wait(left)
            return True
