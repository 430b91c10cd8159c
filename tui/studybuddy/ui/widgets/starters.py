"""What a conversation may begin with: a list above the prompt for as long as nothing was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.text import harmless
from studybuddy.ui.as_written import is_spoken

if TYPE_CHECKING:
    from studybuddy.ui.numbering import Typed

HEADING = "Begin with one of these: ↓ Enter, or a click"


class Starters(OptionList):
    """Shows questions; the one that is chosen goes into the prompt, and is not sent."""

    BINDINGS = [
        Binding("escape", "back", "Back", show=False),
        Binding("up", "up", "Up", show=False),
    ]
    DEFAULT_CSS = """
    Starters, Starters:focus {
        height: auto;
        max-height: 6;
        margin: 0 1;
        padding: 0 1;
        border: none;
        background: transparent;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        scrollbar-size-vertical: 1;
    }
    """

    @dataclass
    class Chosen(Message):
        """A question was chosen."""

        text: str

    class Left(Message):
        """The student goes back to the prompt."""

        def __init__(self, key: events.Key | None = None) -> None:
            super().__init__()
            self.key = key
            """What is typed into the prompt."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.texts: Sequence[str] = ()
        """What is offered."""
        self._digits: Typed | None = None

    def offer(self, texts: Sequence[str]) -> None:
        """Show these questions."""
        if texts == self.texts:
            return
        self.texts = texts
        heading = Option(Content(HEADING).stylize("$foreground 60%"), disabled=True)
        spoken = is_spoken(self)
        rows = [
            Option(Content(f"{number}. {harmless(text)}" if spoken else f"› {harmless(text)}"))
            for number, text in enumerate(texts, 1)
        ]
        self.set_options([heading, *rows] if rows else [])

    def begin(self) -> None:
        """Take the keys, from the first question on."""
        self.highlighted = 1
        self.focus()

    def on_blur(self) -> None:
        """Point at nothing."""
        self.highlighted = None

    def action_up(self) -> None:
        """Go up, from the first question to the prompt."""
        if (self.highlighted or 0) <= 1:
            self.action_back()
        else:
            self.action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go down, and no further than the last question."""
        if self.highlighted is None or self.highlighted < self.option_count - 1:
            super().action_cursor_down()

    def action_back(self) -> None:
        """Go back to the prompt."""
        self.post_message(self.Left())

    def on_key(self, event: events.Key) -> None:
        """Let the prompt have what is typed."""
        if event.key.isdigit() and is_spoken(self):
            from studybuddy.ui.numbering import Typed, point

            event.stop()
            self._digits = self._digits or Typed()
            point(self, int(event.key), self._digits)
        elif event.is_printable:
            event.stop()
            self.post_message(self.Left(event))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_index > 0:
            self.post_message(self.Chosen(self.texts[event.option_index - 1]))
