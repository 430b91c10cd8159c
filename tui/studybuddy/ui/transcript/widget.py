"""The conversation pane."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message as Event
from textual.selection import Selection
from textual.timer import Timer

from studybuddy.domain.messages import Message, Role
from studybuddy.ui.transcript.css import CSS
from studybuddy.ui.transcript.cursor import CodePlace, code_after, code_before, code_text
from studybuddy.ui.transcript.inline import openable
from studybuddy.ui.transcript.look import Look
from studybuddy.ui.transcript.palette import Palette, make_palette
from studybuddy.ui.transcript.pane import Pane
from studybuddy.ui.transcript.selecting import selected_text, whole_message

FRAME = 0.045
"""Seconds between two pictures while an answer streams."""
_REST = 3
"""A picture is followed by a rest of so many times its own time, so that keys get through."""


class Transcript(Pane, can_focus=True):
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

    class CursorMoved(Event):
        """The cursor stands on another message, or on none."""

        def __init__(self, index: int | None, message: Message | None) -> None:
            self.index = index
            self.message = message
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
        self._user_name = user_name
        self._assistant_name = assistant_name
        self._hint = hint
        look = self._look(80, make_palette(lambda _: Style()))
        content = Content(empty) if isinstance(empty, str) else empty
        super().__init__(look, content, name=name, id=id, classes=classes)
        self._timer: Timer | None = None
        self._next_frame = 0.0
        if messages:
            self._book.set_messages(messages)

    def _look(self, width: int, palette: Palette) -> Look:
        return Look(width, palette, self._user_name, self._assistant_name, self._hint)

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
        if self._timer is None and self.is_mounted:
            wait = self._next_frame - monotonic()
            if wait <= 0:
                self._frame()
            else:
                self._timer = self.set_timer(wait, self._frame)

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
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        self._hint = hint
        look = self._book.look
        self._view.relay(self._look(look.width, look.palette))
        self._update()

    def _frame(self) -> None:
        """Show what has come, and plan the earliest time of the next picture."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        start = monotonic()
        self._update()
        end = monotonic()
        self._next_frame = end + max(FRAME, _REST * (end - start))

    # The cursor

    @property
    def cursor(self) -> int | None:
        """The number of the message under the cursor, or `None`; it is shown with the focus."""
        return self._cursor.item

    @property
    def on_code(self) -> bool:
        """Whether the cursor is on a code block, and not on a whole message."""
        return self._cursor.code is not None

    def cursor_previous(self) -> None:
        """Move the cursor to the message before, at first to the last one on the screen."""
        self._step(-1)

    def cursor_next(self) -> None:
        """Move the cursor to the message after."""
        self._step(1)

    def code_previous(self) -> None:
        """Move the cursor to the code block before."""
        place = self._cursor.code or CodePlace(self._item_or(len(self._book.messages)), 0, 0)
        self._move_to_code(code_before(self._book, place))

    def code_next(self) -> None:
        """Move the cursor to the code block after."""
        first = self._rows[0].position.item if self._rows else 0
        place = self._cursor.code or CodePlace(self._item_or(first), 0, -1)
        self._move_to_code(code_after(self._book, place))

    def current_message(self) -> Message | None:
        """Return the message under the cursor, else the last answer, as far as it has come."""
        item = self._cursor.item
        return self.last_answer() if item is None else self._book.message(item)

    def last_answer(self) -> Message | None:
        """Return the last answer, as far as it has come."""
        places = range(len(self._book.messages) - 1, -1, -1)
        answers = (i for i in places if self._book.messages[i].role is Role.ASSISTANT)
        item = next(answers, None)
        return None if item is None else self._book.message(item)

    def current_code(self) -> str | None:
        """Return the code block under the cursor, else the last one of the message under it, else
        the last one of the conversation."""
        place = self._cursor.code
        if place is None:
            item = self._item_or(len(self._book.messages))
            place = code_before(self._book, CodePlace(item + 1, 0, 0))
        return None if place is None else code_text(self._book, place)

    def _item_or(self, default: int) -> int:
        item = self._cursor.item
        return default if item is None else item

    def _step(self, by: int) -> None:
        if not self._rows:
            return
        item = self._cursor.item
        if item is None:
            target = self._rows[-1].position.item
        elif self._cursor.code is not None and by < 0:
            target = item
        else:
            target = min(max(item + by, 0), len(self._book.messages) - 1)
        self._move_cursor(target)
        self._reveal()

    def _move_to_code(self, place: CodePlace | None) -> None:
        if place is not None:
            self._move_cursor(place.item)
            self._cursor.put_on_code(place)
            self._reveal()

    def _move_cursor(self, item: int | None) -> None:
        before = self._cursor.item
        self._cursor.put(item)
        if item != before:
            message = None if item is None else self._book.message(item)
            self.post_message(self.CursorMoved(item, message))

    def _reveal(self) -> None:
        lines = self._cursor.lines()
        if lines is not None:
            self._view.reveal(*lines)
        self._update()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Open a link, or move the cursor to the message that was clicked."""
        url = event.style.meta.get("url")
        if isinstance(url, str) and openable(url):
            self.post_message(self.LinkClicked(url))
        elif self.text_selection is None and 0 <= event.y < len(self._rows):
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
