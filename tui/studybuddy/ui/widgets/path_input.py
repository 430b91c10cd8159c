"""An input for paths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, work
from textual.message import Message
from textual.widgets import Input
from textual.worker import Worker

from studybuddy.study.typed_paths import complete
from studybuddy.ui.faults import tell_fault


class PathInput(Input):
    """Takes pasted paths whole, completes them on Tab, and lets Up and Down leave it."""

    @dataclass
    class Completed(Message):
        """Tab was pressed, and the path is completed as far as it is clear."""

        names: Sequence[str]
        """What it could be; empty where there is no choice."""

    @dataclass
    class Left(Message):
        """Up or Down was pressed: the student looks for the list."""

        down: bool

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "tab" and self.value:
            self._complete(self.value)
        elif event.key in ("up", "down"):
            self.post_message(self.Left(event.key == "down"))
        else:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    @work(exclusive=True, group="complete", exit_on_error=False)
    async def _complete(self, typed: str) -> None:
        completed, names = await asyncio.to_thread(complete, typed)
        if self.value == typed:
            self.value = completed
            self.cursor_position = len(completed)
            self.post_message(self.Completed(names))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    def _on_paste(self, event: events.Paste) -> None:
        """Keep all lines, as one, since several files that are dropped come as several."""
        lines = " ".join(line.strip() for line in event.text.splitlines() if line.strip())
        self.insert_text_at_cursor(lines)
        event.stop()
        event.prevent_default()
