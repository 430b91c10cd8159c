"""The prompt: an editor that grows, sends on Enter, and remembers what was asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from studybuddy.domain.text import harmless
from studybuddy.ui.commands import Scope, bindings
from studybuddy.ui.widgets.editor import Editor

PLACEHOLDER = "Ask Study Buddy…  (Enter sends, Ctrl+J starts a new line)"
MOST_LINES = 10
"""Lines that the prompt grows to, where the screen has room for three times as many."""


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

    def on_key(self) -> None:
        """Count it."""
        self.keys = Keys(self.keys.count + 1, time.monotonic())

    def on_paste(self) -> None:
        """Count it as a key."""
        self.on_key()

    def set_earlier(self, prompts: Sequence[str]) -> None:
        """Give the prompts that Up recalls, newest first."""
        self._earlier = prompts
        self._recalled = -1

    def put(self, text: str) -> None:
        """Replace the text and set the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)
        self._recalled = -1

    def action_send(self) -> None:
        """Send what is written, if it is more than blanks."""
        # Behind the keys that are still in the queue: a binding would overtake them.
        self.call_later(self._send)

    def _send(self) -> None:
        text = self.text
        if text.strip():
            self.put("")
            self.post_message(self.Submitted(harmless(text)))

    def give_back(self, text: str) -> None:
        """Put a text that was not sent in front of what was typed since."""
        self.put(f"{text}\n{self.text}" if self.text else text)

    def without(self, text: str) -> str | None:
        """What was typed beside a text that was given back; `None` where that was changed."""
        now = self.text
        if now == text:
            return ""
        return now[len(text) + 1 :] if now.startswith(f"{text}\n") else None

    def action_newline(self) -> None:
        """Start a new line."""
        self.call_later(self._newline)

    def _newline(self) -> None:
        self.on_key()
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
        """Grow and shrink with the text."""
        self._fit()

    def on_resize(self) -> None:
        """Fit again, since other lines wrap now."""
        self._fit()

    def _fit(self) -> None:
        most = max(3, min(MOST_LINES, self.screen.size.height // 3))
        lines = max(1, min(self.wrapped_document.height, most))
        height = lines + self.gutter.height
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
