"""What a terminal would show of the bytes that a program writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyte

# Sequences that pyte would show as text: Kitty's keyboard protocol and xterm's key modifiers.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<=>][0-9;:]*[A-Za-z]")


class _Screen(pyte.Screen):
    """A screen that passes over private variants it does not know."""

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attrs)

    def report_device_status(self, mode: int = 0, **_: Any) -> None:
        """Answer nothing, as a terminal that does not know the question."""


class ScreenModel:
    """A screen of `columns` by `rows` cells, kept as lines of text.

    `pyte.Screen.display` builds every line anew each time; here only those that changed are.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.lines: list[str] = []
        self.resize(columns, rows)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def cursor_shown(self) -> bool:
        """Whether the program lets the cursor be seen."""
        return not self._screen.cursor.hidden

    def feed(self, data: bytes) -> None:
        """Show what was written."""
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        self._refresh(self._screen.dirty)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; what does not fit is cut off."""
        self._screen.resize(rows, columns)
        self.lines = [""] * rows
        self._refresh(range(rows))

    def _refresh(self, rows: Iterable[int]) -> None:
        columns = range(self._screen.columns)
        for row in rows:
            if row < len(self.lines):
                cells = self._screen.buffer[row]
                self.lines[row] = "".join(cells[column].data for column in columns)
        self._screen.dirty.clear()
