"""Going to a message, to words in it, and back to where one was."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from re import Pattern

from studybuddy.ui.transcript.book import Position
from studybuddy.ui.transcript.unfolding import Unfolding

_BODY = 2
"""Number of the first part that has text."""
_ABOVE = 3
"""Which part of the screen, counted so from its top, is left above what was looked for."""
_WIDE = "\u2e80"
"""From here on are scripts that put no spaces between words."""


class Placing(Unfolding):
    """Says where it is scrolled to, and goes there."""

    _wanted: Callable[[], None] | None = None  # where to go once there is a size

    @property
    def place(self) -> str:
        """Where it is scrolled to, to be kept: "message id:character"; empty at the end.

        The character is about the one of the message's text with which the screen begins.
        """
        if self._view.following or self._view.top is None:
            return ""
        item, part, row = self._view.top
        if item >= len(self._book.messages):
            return ""
        parts = self._book.entry(item).parts
        character = sum(len(p.section.source) for p in parts[_BODY:part] if p.section)
        if part >= _BODY and row < len(lines := self._book.layout(item, part).lines):
            character += lines[row].at
        return f"{self._book.messages[item].id}:{character}"

    def go_to(self, place: str) -> None:
        """Scroll to a place that was kept; to the end where it is empty or not there any more."""
        message_id, _, character = place.rpartition(":")
        if message_id in self._book and character.isdecimal():
            self._when_sized(partial(self._go_to, message_id, int(character)))
        else:
            self._wanted = None
            self.follow_end()

    def _go_to(self, message_id: str, character: int) -> None:
        item = self._book.place_of(message_id)
        position = Position(item, 0, 0)
        parts = self._book.entry(item).parts
        bodies = [number for number, part in enumerate(parts) if part.section and number >= _BODY]
        for number in bodies if character else ():
            section = parts[number].section
            size = len(section.source) if section else 0
            if character < size or number == bodies[-1]:
                lines = self._book.layout(item, number).lines
                rows = [row for row, line in enumerate(lines) if line.at <= character]
                position = Position(item, number, max(rows, default=0))
                break
            character -= size
        self._view.show(position)
        self._update()

    def show_message(self, message_id: str, words: Sequence[str] = ()) -> bool:
        """Scroll to a message, choose it, unfold it, and mark words until the cursor moves.

        Words are found where one begins so, in upper or lower case. Returns whether there is such
        a message.
        """
        if message_id not in self._book:
            return False
        self._when_sized(partial(self._show_message, message_id, _pattern(words)))
        return True

    def _show_message(self, message_id: str, words: Pattern[str] | None) -> None:
        item = self._book.place_of(message_id)
        self._move_cursor(item)
        found = None
        if words is not None:
            self._fold(item, False)
            found = self._first(item, words)
            self._found = (message_id, words)
        above = self._view.height // _ABOVE if found is not None else 0
        first = Position(item, 0, 0)
        self._view.show(max(first, self._book.moved(found or first, -above)))
        self._update()

    def _first(self, item: int, words: Pattern[str]) -> Position | None:
        """Return the first line that has one of the words, laying out no more than that part."""
        for number, part in enumerate(self._book.entry(item).parts):
            if part.section is None or not words.search(part.section.source):
                continue
            for row, line in enumerate(self._book.layout(item, number).lines):
                if words.search(line.text):
                    return Position(item, number, row)
        return None

    def _when_sized(self, go: Callable[[], None]) -> None:
        """Go somewhere now, or as soon as it is known how wide and high the pane is."""
        self._wanted = go
        if self.is_mounted and self.size:
            self._fit()
            self._go_where_wanted()

    def _go_where_wanted(self) -> None:
        go, self._wanted = self._wanted, None
        if go is not None:
            go()


def _pattern(words: Sequence[str]) -> Pattern[str] | None:
    parts = []
    for word in sorted({word.strip() for word in words} - {""}, key=len, reverse=True):
        text = r"\s+".join(map(re.escape, word.split()))
        spaced = word[0].isalnum() and word[0] < _WIDE
        parts.append(rf"\b{text}\w*" if spaced else text)
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None
