"""The prompt: an editor that grows, sends on Enter, and remembers what was asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events
from textual.document._document import Location
from textual.message import Message

from studybuddy.domain.text import harmless
from studybuddy.ui.commands import Scope, bindings
from studybuddy.ui.widgets.editor import Editor

if TYPE_CHECKING:
    from studybuddy.ui.widgets.completion import Completer

PLACEHOLDER = "Ask Study Buddy…  (Enter sends, Ctrl+J starts a new line)"
MOST_LINES = 10
"""Lines that the prompt grows to, where the screen has room for three times as many."""
_BEGINNINGS = ("/", "@")
"""Characters that something may be offered for."""
_MOST_SHORT = 10


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that came to the prompt, and what was pasted."""

    count: int = 0
    last: float = 0.0
    """When the last one came, in seconds of `time.monotonic`."""


class Prompt(Editor):
    """Where the student writes."""

    BINDINGS = bindings(Scope.PROMPT)

    @dataclass
    class Submitted(Message):
        """The student pressed Enter on a text that is not blank."""

        text: str

    @dataclass
    class Scrolled(Message):
        """The conversation is to be scrolled: pages up (-1) or down (1), or to its end (0)."""

        pages: int

    class WentDown(Message):
        """Down was pressed where nothing is written."""

    @dataclass
    class TemplateChosen(Message):
        """A template is to be filled in; the prompt keeps what calls it until it is `put` over."""

        name: str
        rest: str
        """What was typed behind the name."""

    @dataclass
    class CommandChosen(Message):
        """A command of the table is to be carried out."""

        command_id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            placeholder=PLACEHOLDER,
            highlight_cursor_line=False,
        )
        self._earlier: Sequence[str] = ()
        self._recalled = -1
        self._kept = ""
        self.keys = Keys()
        """What came from the keyboard; Enter and what the app puts here do not count."""
        self.completing: Callable[[], Completer] | None = None
        """Makes what is offered while a `/name` or an `@file` is typed, when that is first done."""
        self._completer: Completer | None = None
        self._begun: tuple[str, Location] | None = None
        self._short: dict[str, str] = {}

    @property
    def completer(self) -> Completer | None:
        """What is offered for what is typed; `None` where nothing is."""
        if self._completer is None and self.completing is not None:
            self._completer = self.completing()
        return self._completer

    async def _on_key(self, event: events.Key) -> None:
        """Count it; it may be for what is offered, or begin something that is."""
        self._count()
        if self._completer is not None and self._completer.took(event.key):
            event.stop()
            event.prevent_default()
        elif event.character in _BEGINNINGS:
            await super()._on_key(event)
            self._begin_completing(event.character)

    def _begin_completing(self, character: str | None) -> None:
        """Offer what a character begins, once that is on the screen."""
        at = self.cursor_location
        if character == "/" and at != (0, 1):
            return  # a slash in a text is none of ours
        if character is not None and self.completing is not None:
            self._begun = character, at
            self.call_after_refresh(self._complete)

    def _complete(self) -> None:
        begun, self._begun = self._begun, None
        if begun is not None and (completer := self.completer) is not None:
            completer.typed(*begun)

    def _count(self) -> None:
        self.keys = Keys(self.keys.count + 1, time.monotonic())

    def on_paste(self) -> None:
        """Count it as a key."""
        self._count()

    def set_earlier(self, prompts: Sequence[str]) -> None:
        """Give the prompts that Up recalls, newest first."""
        self._earlier = prompts
        self._recalled = -1

    def put(self, text: str) -> None:
        """Replace the text and set the cursor behind it."""
        self._begun = None
        if self._completer is not None:
            self._completer.close()
        self.load_text(text)
        self.move_cursor(self.document.end)
        self._recalled = -1

    def write(self, text: str, begin: Location, end: Location) -> None:
        """Put a text in place of a part, as if it were typed, and set the cursor behind it."""
        if result := self._replace_via_keyboard(text, begin, end):
            self.move_cursor(result.end_location)

    def pick(self) -> None:
        """Begin to choose a file at the cursor."""
        self.focus()
        start, end = sorted(self.selection)
        before = self.document[start[0]][: start[1]]
        blank = " " if before and not before[-1].isspace() else ""
        self.write(f"{blank}@", start, end)
        self._begin_completing("@")

    def action_send(self) -> None:
        """Send what is written, if it is more than blanks."""
        # Behind the keys that are still in the queue: a binding would overtake them.
        self.call_later(self._send)

    def _send(self) -> None:
        self._complete()  # Enter may be quicker than what was to be offered
        text = self.text
        completer = self.completer if text.startswith(_BEGINNINGS) else self._completer
        if completer is not None and completer.entered():
            return
        if text.strip():
            self.put("")
            self.post_message(self.Submitted(harmless(text)))

    def remember(self, short: str, whole: str) -> None:
        """Show a question as it was typed where it comes back as it was asked."""
        self._short[whole] = short
        if len(self._short) > _MOST_SHORT:
            del self._short[next(iter(self._short))]

    def as_typed(self, text: str) -> str:
        """A question as it was typed, where that is remembered; else as it is."""
        return self._short.get(text, text)

    def give_back(self, text: str) -> None:
        """Put a text that was not sent in front of what was typed since."""
        text = self.as_typed(text)
        self.put(f"{text}\n{self.text}" if self.text else text)

    def without(self, text: str) -> str | None:
        """What was typed beside a text that was given back; `None` where that was changed."""
        text, now = self.as_typed(text), self.text
        if now == text:
            return ""
        return now[len(text) + 1 :] if now.startswith(f"{text}\n") else None

    def action_newline(self) -> None:
        """Start a new line."""
        self.call_later(self._newline)

    def _newline(self) -> None:
        self._count()
        if result := self._replace_via_keyboard("\n", *self.selection):
            self.move_cursor(result.end_location)

    def action_page_up(self) -> None:
        """Scroll the conversation a page up."""
        self.post_message(self.Scrolled(-1))

    def action_page_down(self) -> None:
        """Scroll the conversation a page down."""
        self.post_message(self.Scrolled(1))

    def action_follow(self) -> None:
        """Go to the end of the conversation."""
        self.post_message(self.Scrolled(0))

    def action_cursor_line_end(self, select: bool = False) -> None:
        """Go to the end of the line, or of the conversation where the text has no more."""
        if not select and self.cursor_at_end_of_text:
            self.action_follow()
        else:
            super().action_cursor_line_end(select)

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up, or recall an earlier prompt where there is no line above."""
        recalling = self._recalled >= 0 and self.cursor_at_first_line
        if not select and (self.cursor_at_start_of_text or recalling):
            self._recall(self._recalled + 1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down, or go back through the recalled prompts to what was being written."""
        if not select and self._recalled >= 0 and self.cursor_at_last_line:
            self._recall(self._recalled - 1)
        elif not select and not self.text:
            self.post_message(self.WentDown())
        else:
            super().action_cursor_down(select)

    def _recall(self, position: int) -> None:
        if position >= len(self._earlier):
            return
        if self._recalled < 0:
            self._kept = self.text
        text = self._kept if position < 0 else self._earlier[position]
        self.put(text)
        self._recalled = position

    def on_text_area_changed(self) -> None:
        """Grow and shrink with the text, and offer what fits it."""
        self._fit()
        self.on_text_area_selection_changed()

    def on_text_area_selection_changed(self) -> None:
        """Offer what fits the word that the cursor is in by now."""
        if self._completer is not None:
            self._completer.changed()

    def on_blur(self) -> None:
        """Offer nothing any more, unless it is the terminal that lost the focus."""
        if self._completer is not None and self.app.app_focus:
            self._completer.close()

    def on_resize(self) -> None:
        """Fit again, since other lines wrap now."""
        self._fit()

    def _fit(self) -> None:
        most = max(3, min(MOST_LINES, self.screen.size.height // 3))
        lines = max(1, min(self.wrapped_document.height, most))
        height = lines + self.gutter.height
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
