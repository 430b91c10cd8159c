"""What changed between two states of a text that is held in lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.domain.common_ends import common_end, common_start


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a text that was replaced; positions are in characters."""

    start: int
    end: int
    """Where it ended before."""
    delta: int
    """Characters by which the text became longer."""


class TrackedText:
    """A text in lines, joined by line feeds, that finds out by itself what became of it.

    Nothing is done character by character: whole slices are compared, which costs some ten
    microseconds for a hundred thousand characters or lines.
    """

    def __init__(self) -> None:
        self._lines = [""]
        self._row = 0
        self._row_at = 0
        """Where the line `_row`, the first one of the last change, begins."""
        self._next = 1
        self._next_at = 1
        """Where the line after that change begins."""
        self._changed = ""
        """All lines of that change."""

    def update(self, lines: Sequence[str]) -> Change | None:
        """Take over the lines, and tell what is new; `None` where they are the same."""
        new = lines if isinstance(lines, list) else list(lines)
        new = new or [""]
        old = self._lines
        first = self._same_lines(new)
        if first == len(old) == len(new):
            return None
        same_after = common_end(old, new, min(len(old), len(new)) - first)
        old_end, new_end = len(old) - same_after, len(new) - same_after
        if first in (old_end, new_end):  # lines came or went: with a line beside, there is text
            if first:
                first -= 1
            else:
                old_end, new_end = old_end + 1, new_end + 1
        before, after = "\n".join(old[first:old_end]), "\n".join(new[first:new_end])
        begin = self._position(first)
        head = common_start(before, after)
        tail = common_end(before, after, min(len(before), len(after)) - head)
        old[first:old_end] = new[first:new_end]
        self._row, self._row_at = first, begin
        self._next, self._next_at = new_end, begin + len(after) + 1
        self._changed = after
        return Change(begin + head, begin + len(before) - tail, len(after) - len(before))

    def part(self, start: int, end: int) -> str:
        """Characters from `start` to `end`, between which lies all of the last change."""
        lines = self._lines
        row, row_at, step = self._row, self._row_at, 4
        while row_at > start:
            further = max(0, row - step)
            row_at -= _length(lines[further:row])
            row, step = further, 2 * step
        after, after_at, step = self._next, self._next_at, 4
        while after_at <= end:  # the line feed before it is needed too
            after_at += _length(lines[after : after + step])
            after, step = after + step, 2 * step
        parts = (*lines[row : self._row], self._changed, *lines[self._next : after])
        return "\n".join(parts)[start - row_at : end - row_at]

    def _same_lines(self, new: list[str]) -> int:
        """How many lines are the same from the first one on."""
        old, row = self._lines, self._row
        # The line that changed last is most often the one that changes next.
        if row < min(len(old), len(new)) and old[row] != new[row] and old[:row] == new[:row]:
            return row
        return common_start(old, new)

    def _position(self, row: int) -> int:
        """Where a line begins that is the same as before, with all lines before it."""
        if row < self._row:
            return self._row_at - _length(self._lines[row : self._row])
        return self._row_at + _length(self._lines[self._row : row])


def _length(lines: list[str]) -> int:
    return sum(map(len, lines)) + len(lines)
