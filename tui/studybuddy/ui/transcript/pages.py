"""The messages of the transcript, each opened when it is first looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.beside import Beside
from studybuddy.ui.transcript.heights import Heights
from studybuddy.ui.transcript.lines import Layout
from studybuddy.ui.transcript.look import Around, Look, estimate

if TYPE_CHECKING:
    from studybuddy.ui.transcript.entry import Entry

LINES_KEPT = 12_000
"""Laid-out lines above which those longest out of sight are dropped."""
_UNSEEN = 4_000
"""Characters that came out of sight above which an answer is laid out anew when it is seen."""


class Pages:
    """The messages in order, and what is known of each beside itself."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.messages: list[Message] = []
        self.heights = Heights()
        self.beside = Beside()
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
                self._kept += entry.counted
        heights = [self._guess(message) for message in self.messages]
        for key, entry in self._entries.items():
            heights[self._places[key]] = entry.height
        self.heights = Heights(heights)
        self._restate(self._entries)

    def append(self, message: Message) -> None:
        """Add a message at the end. Raises ValueError where its id is there already."""
        if message.id in self._places:
            raise ValueError(f"message {message.id} is there already")
        self._places[message.id] = len(self.messages)
        self.messages.append(message)
        self.heights.append(self._guess(message))
        self._restate([message.id for message in self.messages[-2:-1]])

    def replace(self, message: Message) -> None:
        """Show a message's new state or text. Raises KeyError where its id is unknown."""
        place = self._places[message.id]
        entry = self._entries.get(message.id)
        if entry is not None and entry.thoughts and not message.reasoning:
            message = replace(message, reasoning=entry.thoughts.text)  # it was only streamed
        self.messages[place] = message
        if entry is not None and self._takes(entry, message):
            entry.restate(message, self.look, self._around(place))
            self._measure(place, entry)
        else:
            self._drop(message.id)
            self.heights.set(place, self._guess(message))

    def remove(self, message_id: str) -> None:
        """Take a message out. Raises KeyError where its id is unknown."""
        place = self._places[message_id]
        self._drop(message_id)
        del self.messages[place]
        self.heights.remove(place)
        self._places = {message.id: place for place, message in enumerate(self.messages)}
        self._restate([message.id for message in self.messages[-1:]])

    def add_text(self, message_id: str, text: str) -> None:
        """Add text to a message that is being written. Raises KeyError where it is unknown."""
        place = self._places[message_id]
        entry = self._entry(place)
        if entry.live is None:  # it was not said to be streaming before
            message = self.messages[place]
            message = replace(message, text=message.text + text, state=MessageState.STREAMING)
            self.replace(message)
            return
        self._answers(message_id, entry)
        entry.expect(text, self.look)
        self._measure(place, entry)

    def _answers(self, message_id: str, entry: Entry) -> None:
        seconds = self.beside.answers(message_id)
        if seconds is not None:
            entry.thought(seconds)

    def add_thought(self, message_id: str, text: str) -> None:
        """Add reasoning to a message that is being written. Raises KeyError where it is unknown."""
        place = self._places[message_id]
        entry = self._entry(place)
        if entry.live is None:
            return  # it has ended, with all that belongs to it
        self.beside.thinks(message_id)
        entry.think(text, self.look)
        self._measure(place, entry)

    # What is known of messages beside themselves

    def set_outside(self, ids: frozenset[str]) -> None:
        """Say in the heads of these messages that the model does not get them, and of no others."""
        changed, self.beside.outside = ids ^ self.beside.outside, ids
        self._restate(changed)

    def set_versions(self, versions: Mapping[str, tuple[int, int]]) -> None:
        """Say in the heads of these messages which of how many alternatives each is."""
        old, self.beside.versions = self.beside.versions, dict(versions)
        self._restate({key for key, _ in old.items() ^ self.beside.versions.items()})

    def is_folded(self, item: int) -> bool:
        """Tell whether only the first lines of a message are shown."""
        return self.beside.is_folded(self.messages[item])

    def fold(self, item: int, folded: bool) -> None:
        """Show only the first lines of a message, or all of it."""
        message = self.messages[item]
        if self.beside.fold(message, folded):
            self._drop(message.id)
            self.heights.set(item, self._guess(message))

    def thoughts_shown(self, item: int) -> bool | None:
        """Tell whether the reasoning of a message is unfolded; `None` where it has none."""
        message = self.messages[item]
        entry = self._entries.get(message.id)
        if not (entry.thoughts if entry is not None else message.reasoning):
            return None
        return self.beside.shows_thoughts(message.id)

    def show_thoughts(self, item: int, shown: bool) -> None:
        """Unfold the reasoning of a message, or fold it to its line."""
        self.beside.show_thoughts(self.messages[item].id, shown)
        entry = self._entry(item)
        entry.show_thoughts(shown, self.look)
        self._measure(item, entry)

    def _around(self, place: int) -> Around:
        return self.beside.around(self.messages[place], last=place == len(self.messages) - 1)

    def _guess(self, message: Message) -> int:
        return estimate(message, self.look.width, folded=self.beside.is_folded(message))

    def _restate(self, keys: Iterable[str]) -> None:
        """Make heads and feet of messages anew: one may have become the last, or not be it."""
        for key in keys:
            if (entry := self._entries.get(key)) is not None:
                place = self._places[key]
                entry.restate(entry.message, self.look, self._around(place))
                self._measure(place, entry)

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
            old = entry.message
            same = (old.text, old.reasoning) == (message.text, message.reasoning)
            return same_role and not streaming and same
        if message.reasoning.strip() != entry.thoughts.text.strip():
            return False
        text = harmless(message.text)
        unseen = sum(map(len, entry.pending))
        if unseen > _UNSEEN or not text.startswith(entry.live.text):
            return False
        if message.state is MessageState.STREAMING:
            return text == self.message(self._places[message.id]).text
        entry.pending = [text[len(entry.live.text) :]]
        self._answers(message.id, entry)
        entry.finish()
        return True

    # How it is laid out

    def relay(self, look: Look) -> None:
        """Lay everything out anew, for another width or palette, when it is looked at."""
        if look.width != self.look.width:
            self.look = look
            self.heights = Heights([self._guess(message) for message in self.messages])
        self.look = look
        for key in list(self._entries):
            entry = self._entries[key]
            if entry.live is None:
                self._drop(key)
            else:
                place = self._places[key]
                entry.relay(look, self._around(place))
                self._measure(place, entry)

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

    def whole(self, item: int) -> Sequence[Layout]:
        """Return all of a message laid out, its parts as they are when it is not folded."""
        if not self.is_folded(item):
            return [self.layout(item, part) for part in range(len(self.entry(item).parts))]
        entry = self.entry(item).whole(self.look)
        return [entry.layout(part, self.look) for part in range(len(entry.parts))]

    def _laying_out(self, item: int, entry: Entry, part: int) -> Layout:
        layout = entry.layout(part, self.look)
        self._measure(item, entry)
        return layout

    def _measure(self, item: int, entry: Entry) -> None:
        """Take over how high an entry is, and how many lines of it are kept."""
        self.heights.set(item, entry.height)
        kept = entry.kept_lines
        self._kept += kept - entry.counted
        entry.counted = kept

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

            entry = open_entry(message, self.look, self._around(item))
            self._entries[message.id] = entry
            self._measure(item, entry)
        else:
            self._entries.move_to_end(message.id)
        return entry

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._kept -= entry.counted
