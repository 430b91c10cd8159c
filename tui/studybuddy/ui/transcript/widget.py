"""The conversation pane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message as Event
from textual.selection import Selection
from textual.timer import Timer

from studybuddy.domain.messages import Message
from studybuddy.ui.transcript.css import CSS
from studybuddy.ui.transcript.look import Keys, Look
from studybuddy.ui.transcript.opening import openable
from studybuddy.ui.transcript.palette import Palette, make_palette
from studybuddy.ui.transcript.placing import Placing
from studybuddy.ui.transcript.selecting import selected_text, whole_message

FRAME = 0.045
"""Seconds between two pictures while an answer streams."""
_REST = 3
"""A picture is followed by a rest of so many times its own time, so that keys get through."""


class Transcript(Placing, can_focus=True):
    """Shows messages, of which only those on the screen are parsed and laid out.

    Give it messages by `set_messages`, `append` and `replace`, and the text of an answer that is
    being written by `stream`. While it is at the end it follows the end.
    """

    DEFAULT_CSS = CSS

    class LinkClicked(Event):
        """A link was clicked; its address is an http, https or mailto one."""

        def __init__(self, url: str) -> None:
            self.url = url
            super().__init__()

    def __init__(
        self,
        messages: Sequence[Message] = (),
        *,
        empty: Content | str = "",
        user_name: str = "You",
        assistant_name: str = "Study Buddy",
        hint: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`empty` is shown where there are no messages; `hint` below the error of a failed last
        answer, such as "Press Ctrl+R to try again."."""
        palette = make_palette(lambda _: Style())
        look = Look(80, palette, user_name, assistant_name, hint)
        content = Content(empty) if isinstance(empty, str) else empty
        super().__init__(look, content, name=name, id=id, classes=classes)
        self._timer: Timer | None = None
        self._next_frame = 0.0
        if messages:
            self._book.set_messages(messages)

    def _look(self, width: int, palette: Palette) -> Look:
        return replace(self._book.look, width=width, palette=palette)

    def _change_look(self, **fields: Any) -> None:
        self._view.relay(replace(self._book.look, **fields))
        self._update()

    # What is shown

    @property
    def messages(self) -> Sequence[Message]:
        """The messages, without what has been streamed since they were given."""
        return tuple(self._book.messages)

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Show these messages, oldest first, from the end. Raises ValueError for equal ids."""
        self._book.set_messages(messages)
        self._move_cursor(None)
        self._unselect()
        self._wanted = None
        self.follow_end()

    def append(self, message: Message) -> None:
        """Add a message at the end. Raises ValueError where its id is there already."""
        self._book.append(message)
        self._update()

    def replace(self, message: Message) -> None:
        """Show the new state or text of a message at once; one that is not shown is ignored."""
        if message.id in self._book:
            self._book.replace(message)
            self._frame()

    def remove_message(self, message_id: str) -> None:
        """Take a message away; one that is not shown is ignored."""
        if message_id in self._book:
            self._unselect()
            self._view.removing(self._book.place_of(message_id))
            self._book.remove(message_id)
            self._update()

    def stream(self, message_id: str, text_delta: str) -> None:
        """Add text to a message; one that is not shown is ignored.

        It is on the screen within two frames, together with what else comes until then.
        """
        if message_id not in self._book or not text_delta:
            return
        self._book.add_text(message_id, text_delta)
        self._frame_soon()

    def reasoning(self, message_id: str, delta: str) -> None:
        """Add to what the model thinks before it answers; one that is not shown is ignored.

        It is folded to a line that tells how much it is, until the student unfolds it.
        """
        if message_id in self._book and delta:
            self._book.add_thought(message_id, delta)
            self._frame_soon()

    def _frame_soon(self) -> None:
        if self._timer is None and self.is_mounted:
            wait = self._next_frame - monotonic()
            if wait <= 0:
                self._frame()
            else:
                self._timer = self.set_timer(wait, self._frame)

    def set_outside(self, ids: frozenset[str]) -> None:
        """Mark these messages, and no others, as what the model does not get."""
        self._book.set_outside(ids)
        self._update()

    def set_alternatives(self, versions: Mapping[str, tuple[int, int]]) -> None:
        """Say in heads which alternative a message is, from 1, and of how many; and in no others.

        By message ids; messages that are not there, or that have no other, tell nothing.
        """
        self._book.set_versions(versions)
        self._update()

    def clear(self) -> None:
        """Show no messages."""
        self.set_messages(())

    @property
    def empty(self) -> Content:
        """What is shown where there are no messages."""
        return self._empty

    @empty.setter
    def empty(self, content: Content) -> None:
        self._empty = content
        self._update()

    @property
    def hint(self) -> str:
        """What to do about a failed answer; shown below the error of the last message."""
        return self._book.look.hint

    @hint.setter
    def hint(self, hint: str) -> None:
        self._change_look(hint=hint)

    @property
    def keys(self) -> Keys:
        """Names of the keys that are told of beside what they do."""
        return self._book.look.keys

    @keys.setter
    def keys(self, keys: Keys) -> None:
        if keys != self._book.look.keys:
            self._change_look(keys=keys)

    @property
    def reduced_motion(self) -> bool:
        """Whether nothing moves but the text: no count of words while the model thinks."""
        return self._book.look.still

    @reduced_motion.setter
    def reduced_motion(self, still: bool) -> None:
        if still is not self._book.look.still:
            self._change_look(still=still)

    @property
    def spoken(self) -> bool:
        """Whether it is laid out for a screen reader."""
        return self._book.look.spoken

    @spoken.setter
    def spoken(self, spoken: bool) -> None:
        if spoken is not self._book.look.spoken:
            self._shape = (0, 0, False)  # the margin is another one
            self._new_styles = True  # and so are the marks beside the text
            self._slides.clear()
            self._change_look(spoken=spoken, wrap_code=spoken)

    def _frame(self) -> None:
        """Show what has come, and plan the earliest time of the next picture."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        start = monotonic()
        self._update()
        end = monotonic()
        self._next_frame = end + max(FRAME, _REST * (end - start))

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Open a link or a citation, or move the cursor to the message that was clicked."""
        url = event.style.meta.get("url")
        if isinstance(url, str) and openable(url):
            self.post_message(self.LinkClicked(url))
        elif isinstance(url, str) and 0 <= event.y < len(self._rows):
            self._choose_citation(self._rows[event.y].position.item, url)
        elif self.text_selection is None and 0 <= event.y < len(self._rows):
            if self._clicked(event.y):
                return
            self._move_cursor(self._rows[event.y].position.item)
            self._update()

    def text_select_all(self) -> None:
        """Select the message under the cursor, which a double click has moved there."""
        item = self._cursor.item
        if item is not None:
            self.screen.selections = {self: whole_message(self._book, item)}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and what separates it from that of other widgets."""
        return selected_text(self._book, selection), "\n"

    def _unselect(self) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()
