"""All messages of the transcript, with the places of their lines."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.heights import Heights
from studybuddy.ui.transcript.lines import Layout
from studybuddy.ui.transcript.look import Look, citations_of, estimate

if TYPE_CHECKING:
    from studybuddy.ui.transcript.entry import Entry

LINES_KEPT = 12_000
"""Laid-out lines above which those longest out of sight are dropped."""
_UNSEEN = 4_000
"""Characters that came out of sight above which an answer is laid out anew when it is seen."""


class Position(NamedTuple):
    """A line: the number of its message, the part of that, the line in the part."""

    item: int
    part: int
    row: int


class Book:
    """The messages in order, laid out only where they were looked at."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.messages: list[Message] = []
        self.heights = Heights()
        self._outside: frozenset[str] = frozenset()
        self._places: dict[str, int] = {}
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._kept = 0

    # What is in it

    def set_messages(self, messages: Iterable[Message]) -> None:
        """Show these and no others; what is laid out of those that stay is kept."""
        self.messages = list(messages)
        self._places = {message.id: place for place, message in enumerate(self.messages)}
        if len(self._places) != len(self.messages):
            raise ValueError("two messages have the same id")
        kept = self._entries
        self._entries = OrderedDict()
        self._kept = 0
        for key, entry in kept.items():
            place = self._places.get(key)
            if place is not None and self.messages[place] == entry.message and not entry.live:
                self._entries[key] = entry
                self._kept += entry.kept_lines
        width = self.look.width
        heights = [estimate(message, width) for message in self.messages]
        for key, entry in self._entries.items():
            heights[self._places[key]] = entry.height
        self.heights = Heights(heights)
        for key in self._entries:
            self._restate(self._places[key])

    def append(self, message: Message) -> None:
        """Add a message at the end. Raises ValueError where its id is there already."""
        if message.id in self._places:
            raise ValueError(f"message {message.id} is there already")
        self._places[message.id] = len(self.messages)
        self.messages.append(message)
        self.heights.append(estimate(message, self.look.width))
        self._restate(len(self.messages) - 2)

    def replace(self, message: Message) -> None:
        """Show a message's new state or text. Raises KeyError where its id is unknown."""
        place = self._places[message.id]
        self.messages[place] = message
        entry = self._entries.get(message.id)
        if entry is None:
            self.heights.set(place, estimate(message, self.look.width))
            return
        if self._takes(entry, message):
            entry.restate(message, self.look, last=self._is_last(place))
            self.heights.set(place, entry.height)
        else:
            self._drop(message.id)
            self.heights.set(place, estimate(message, self.look.width))

    def remove(self, message_id: str) -> None:
        """Take a message out. Raises KeyError where its id is unknown."""
        place = self._places[message_id]
        self._drop(message_id)
        del self.messages[place]
        self.heights.remove(place)
        self._places = {message.id: place for place, message in enumerate(self.messages)}
        self._restate(len(self.messages) - 1)

    def add_text(self, message_id: str, text: str) -> None:
        """Add text to a message that is being written. Raises KeyError where it is unknown."""
        place = self._places[message_id]
        entry = self._entry(place)
        if entry.live is None:  # it was not said to be streaming before
            message = self.messages[place]
            message = replace(message, text=message.text + text, state=MessageState.STREAMING)
            self.replace(message)
            return
        entry.expect(text, self.look)
        self.heights.set(place, entry.height)

    def set_outside(self, ids: frozenset[str]) -> None:
        """Say in the heads of these messages that the model does not get them, and of no others."""
        changed, self._outside = ids ^ self._outside, ids
        for key in changed & self._entries.keys():
            self._entries[key].set_outside(key in ids, self.look)  # as high as before

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._places

    def place_of(self, message_id: str) -> int:
        """Return where a message stands. Raises KeyError where it is unknown."""
        return self._places[message_id]

    def message(self, place: int) -> Message:
        """Return a message, with the text that has come so far where it is being written."""
        message = self.messages[place]
        entry = self._entries.get(message.id)
        if entry is None or entry.live is None:
            return message
        return replace(message, text=entry.live.text + harmless("".join(entry.pending)))

    def _takes(self, entry: Entry, message: Message) -> bool:
        """Tell whether `entry` shows the text of `message`, finishing what is being written."""
        if citations_of(message) != citations_of(entry.message):
            return False
        if entry.live is None:
            same_role = entry.message.role is message.role
            streaming = message.state is MessageState.STREAMING
            return same_role and not streaming and entry.message.text == message.text
        text = harmless(message.text)
        unseen = sum(map(len, entry.pending))
        if unseen > _UNSEEN or not text.startswith(entry.live.text):
            return False
        if message.state is MessageState.STREAMING:
            return text == self.message(self._places[message.id]).text
        kept = entry.kept_lines
        entry.pending = [text[len(entry.live.text) :]]
        entry.finish()
        self._kept += entry.kept_lines - kept
        return True

    def _is_last(self, place: int) -> bool:
        return place == len(self.messages) - 1

    def _restate(self, place: int) -> None:
        """Make the foot of a message anew: it may have become the last, or no longer be it."""
        if place < 0 or self.messages[place].state is not MessageState.FAILED:
            return
        entry = self._entries.get(self.messages[place].id)
        if entry is not None:
            entry.restate(entry.message, self.look, last=self._is_last(place))
            self.heights.set(place, entry.height)

    # How it is laid out

    def relay(self, look: Look) -> None:
        """Lay everything out anew, for another width or palette, when it is looked at."""
        if look.width != self.look.width:
            self.heights = Heights([estimate(message, look.width) for message in self.messages])
        self.look = look
        for key in list(self._entries):
            entry = self._entries[key]
            if entry.live is None:
                self._drop(key)
            else:
                place = self._places[key]
                entry.relay(look, last=self._is_last(place))
                self.heights.set(place, entry.height)
        self._kept = sum(entry.kept_lines for entry in self._entries.values())

    def entry(self, item: int) -> Entry:
        """Return a message with its parts, as they are after all text that came."""
        entry = self._entry(item)
        if entry.pending:
            self._laying_out(item, entry, len(entry.parts) - 2)
        return entry

    def layout(self, item: int, part: int) -> Layout:
        """Return the lines of a part, laid out now if they were not."""
        entry = self.entry(item)
        return entry.parts[part].layout or self._laying_out(item, entry, part)

    def _laying_out(self, item: int, entry: Entry, part: int) -> Layout:
        kept = entry.kept_lines
        layout = entry.layout(part, self.look)
        self._kept += entry.kept_lines - kept
        self.heights.set(item, entry.height)
        return layout

    def tidy(self, shown: Sequence[int]) -> None:
        """Drop the lines longest out of sight if there are too many; none of those in `shown`."""
        while self._kept > LINES_KEPT and self._entries:
            key, entry = next(iter(self._entries.items()))
            if entry.live is not None or self._places[key] in shown:
                return
            self._drop(key)

    def _entry(self, item: int) -> Entry:
        message = self.messages[item]
        entry = self._entries.get(message.id)
        if entry is None:
            # What draws messages is not loaded before the first frame.
            from studybuddy.ui.transcript.entry import open_entry

            entry = open_entry(
                message,
                self.look,
                last=self._is_last(item),
                outside=message.id in self._outside,
            )
            self._entries[message.id] = entry
            self._kept += entry.kept_lines
            self.heights.set(item, entry.height)
        else:
            self._entries.move_to_end(message.id)
        return entry

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._kept -= entry.kept_lines

    # Where its lines are

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
