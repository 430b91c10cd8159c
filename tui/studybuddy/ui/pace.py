"""What is done often, but no more often than somebody can read it."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget


class Pace:
    """Does something at once, then at most once in an interval; the last time is never left out."""

    def __init__(self, node: Widget, seconds: float, do: Callable[[], None]) -> None:
        """Take the widget whose clock is used, and the interval."""
        self._node = node
        self._seconds = seconds
        self._do = do
        self._next = 0.0
        self._timer: Timer | None = None

    def ask(self) -> None:
        """Do it now, or as soon as it is time again."""
        if self._timer is not None:
            return
        left = self._next - time.monotonic()
        if left <= 0:
            self._now()
        else:
            self._timer = self._node.set_timer(left, self._now)

    def _now(self) -> None:
        self._timer = None
        self._next = time.monotonic() + self._seconds
        self._do()
