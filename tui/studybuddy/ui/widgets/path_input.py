"""An input for paths."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input


class PathInput(Input):
    """Takes pasted paths whole, asks for completion on Tab, and lets Up and Down leave it."""

    @dataclass
    class CompletionAsked(Message):
        """Tab was pressed."""

        text: str

    @dataclass
    class Left(Message):
        """Up or Down was pressed: the student looks for the list."""

        down: bool

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "tab" and self.value:
            self.post_message(self.CompletionAsked(self.value))
        elif event.key in ("up", "down"):
            self.post_message(self.Left(event.key == "down"))
        else:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        """Keep all lines, as one, since several files that are dropped come as several."""
        lines = " ".join(line.strip() for line in event.text.splitlines() if line.strip())
        self.insert_text_at_cursor(lines)
        event.stop()
        event.prevent_default()
