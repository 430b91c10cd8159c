"""The list of conversations, newest first, grouped by day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.messages import Conversation, Mode
from studybuddy.ui.as_written import is_spoken
from studybuddy.ui.commands import Scope, bindings

if TYPE_CHECKING:
    from studybuddy.ui.numbering import Typed

UNTITLED = "New conversation"
UNTITLED_THREAD = "New thread"
PINNED = "Pinned"


class Mark(StrEnum):
    """What a conversation is marked with in the list."""

    QUEUED = "○"
    BUSY = "●"
    WAITING = "?"
    DONE = "✓"
    FAILED = "✗"

    @property
    def seen(self) -> bool:
        """Whether it goes when the conversation is looked at."""
        return self in (Mark.DONE, Mark.FAILED)


_COLOURS = {
    Mark.QUEUED: "$text-muted",
    Mark.BUSY: "$text-accent",
    Mark.WAITING: "bold $text-warning",
    Mark.DONE: "$text-success",
    Mark.FAILED: "$text-error",
}


def day_name(moment: float, today: datetime.date) -> str:
    """The heading under which a conversation of that Unix time stands."""
    day = datetime.datetime.fromtimestamp(moment).date()
    days = (today - day).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days < 7:
        return day.strftime("%A")
    if day.year == today.year:
        return f"{day.day} {day:%B}"
    return day.strftime("%B %Y")


class ConversationList(OptionList):
    """Shows pages of conversations, and asks for more where its end comes into reach."""

    BINDINGS = bindings(Scope.CONVERSATIONS)

    @dataclass
    class Chosen(Message):
        """A conversation was chosen."""

        conversation_id: str

    class EndReached(Message):
        """The student nears the last conversation that is loaded."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Conversation, ...] = ()
        self._current = ""
        self._marks: dict[str, Mark] = {}
        self._asked_at = -1
        self._digits: Typed | None = None

    def on_key(self, event: events.Key) -> None:
        """Point at the conversation whose number is typed, for a screen reader."""
        if event.key.isdigit() and is_spoken(self):
            from studybuddy.ui.numbering import Typed, point

            event.stop()
            self._digits = self._digits or Typed()
            point(self, int(event.key), self._digits)

    @property
    def chosen_id(self) -> str | None:
        """The conversation under the cursor."""
        return self.highlighted_option.id if self.highlighted_option else None

    def show(
        self,
        conversations: Sequence[Conversation],
        current: str,
        marks: Mapping[str, Mark],
        name: str = "",
    ) -> None:
        """Show these conversations, one of them as the one on screen, below the list's name."""
        today = datetime.date.today()
        self._shown = tuple(conversations)
        self._current = current
        self._marks = dict(marks)
        highlighted, at = self.chosen_id, self.highlighted
        options: list[Option] = []
        if name:
            options.append(Option(Content(name).stylize("bold $text-primary"), disabled=True))
            if not conversations:
                options.append(Option(Content("Nothing is here.").stylize("dim"), disabled=True))
        heading = ""
        spoken = is_spoken(self)
        for number, conversation in enumerate(conversations, 1):
            pinned = conversation.pinned
            day = PINNED if pinned else day_name(conversation.updated_at, today)
            if day != heading:
                heading = day
                options.append(Option(Content(day).stylize("bold $text-muted"), disabled=True))
            line = self._line(conversation)
            line = Content.assemble(f"{number}. ", line) if spoken else line
            options.append(Option(line, id=conversation.id))
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(options)
            wanted = highlighted if self.has_focus and highlighted else current
            if wanted in {conversation.id for conversation in conversations}:
                self.highlighted = self.get_option_index(wanted)
            elif self.has_focus and at is not None and conversations:
                # It is gone from here: the next one takes its place under the cursor.
                places = [n for n, option in enumerate(options) if not option.disabled]
                self.highlighted = min(places, key=lambda n: (abs(n - at), n < at))

    def forget_pages(self) -> None:
        """Ask for more again, since another list begins."""
        self._asked_at = -1

    def _line(self, conversation: Conversation) -> Content:
        untitled = UNTITLED if conversation.mode is Mode.COMPLETION else UNTITLED_THREAD
        title = Content(conversation.title or untitled)
        if not conversation.title:
            title = title.stylize("italic")
        if conversation.id == self._current:
            title = title.stylize("bold")
        mark = self._marks.get(conversation.id)
        return Content.assemble((f"{mark} ", _COLOURS[mark]), title) if mark else title

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which conversation was chosen."""
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Ask for the next page in good time."""
        event.stop()
        self._ask_for_more(event.option_index)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the next page when the wheel nears the end."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more(int(new_value) + self.size.height)

    def _ask_for_more(self, position: int) -> None:
        loaded = self.option_count
        if position >= loaded - 10 and self._asked_at != loaded:
            self._asked_at = loaded
            self.post_message(self.EndReached())
