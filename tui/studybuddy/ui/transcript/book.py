"""All messages of the transcript, with the places of their lines."""

from __future__ import annotations

from typing import NamedTuple

from studybuddy.ui.transcript.pages import LINES_KEPT, Pages

__all__ = ["LINES_KEPT", "Book", "Position"]


class Position(NamedTuple):
    """A line: the number of its message, the part of that, the line in the part."""

    item: int
    part: int
    row: int


class Book(Pages):
    """The messages in order, laid out only where they were looked at."""

    def line_of(self, position: Position) -> int:
        """Return the line's number in the whole, counted from 0."""
        item, part, row = position
        parts = self.entry(item).parts
        return self.heights.before(item) + sum([p.height for p in parts[:part]]) + row

    def at(self, line: int) -> Position:
        """Return the position of a line by its number, or the nearest one.

        What is unseen there is laid out, by which the numbers of lines below it may change.
        """
        item, rest = self.heights.find(line)
        for number, part in enumerate(self.entry(item).parts):
            if rest < part.height:
                lines = self.layout(item, number).lines
                if lines:
                    return Position(item, number, min(rest, len(lines) - 1))
            rest -= part.height
        return self._last_of(item)

    def moved(self, position: Position, lines: int) -> Position:
        """Return the position so many lines further down, or up, but not beyond the ends."""
        item, part, row = position
        row += lines
        while row < 0:
            if part > 0:
                part -= 1
            elif item > 0:
                item -= 1
                part = len(self.entry(item).parts) - 1
            else:
                return Position(0, 0, 0)
            row += self._rows(item, part)
        while row >= (count := self._rows(item, part)):
            if part + 1 < len(self.entry(item).parts):
                part += 1
            elif item + 1 < len(self.messages):
                item += 1
                part = 0
            else:
                return self._last_of(item)
            row -= count
        return Position(item, part, row)

    def end(self) -> Position:
        """Return the position of the last line. Raises IndexError where there are no messages."""
        return self._last_of(len(self.messages) - 1)

    def _last_of(self, item: int) -> Position:
        part = len(self.entry(item).parts) - 1
        while not (rows := self._rows(item, part)):
            part -= 1
        return Position(item, part, rows - 1)

    def _rows(self, item: int, part: int) -> int:
        return len(self.layout(item, part).lines)
