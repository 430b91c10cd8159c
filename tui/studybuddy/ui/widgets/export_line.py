"""The line in which the student says where records of usage go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input
from textual.worker import Worker

from studybuddy.domain.accounts import UsageRecord
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.exporting import export
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.token_words import many
from studybuddy.ui.widgets.path_input import PathInput

_HOW = "Enter writes the records of this time; the ending .csv or .json says how."
_REPLACE = "There is such a file. Enter again replaces it; or type another name."


class ExportLine(Horizontal):
    """Asks for a path and writes to it; a file that is there is never replaced silently."""

    @dataclass
    class Said(Message):
        """Something is to be told."""

        text: str
        wrong: bool = False

    class Done(Message):
        """Something was written."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[UsageRecord]]]) -> None:
        """`read` gives the records that are to be written."""
        super().__init__(id="opening")
        self._read = read
        self._asked = ""  # the path that is replaced if Enter is pressed again

    def compose(self) -> ComposeResult:
        yield PathInput(compact=True)

    def ask(self, path: str) -> None:
        """Ask where to, with a path to begin with."""
        line = self.query_one(PathInput)
        line.value = path
        line.cursor_position = len(path)
        self._asked = ""
        self.display = True
        line.focus()
        self.post_message(self.Said(_HOW))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    @work(exclusive=True, group="export", exit_on_error=False)
    async def _write(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        if not typed:
            return
        try:
            records = await self._read()
            path = await asyncio.to_thread(export, typed, records, self._asked == typed)
        except FileExistsError:
            self._asked = typed
            self.post_message(self.Said(_REPLACE, wrong=True))
            return
        except StudyBuddyError as error:
            self.post_message(self.Said(str(error.problem), wrong=True))
            return
        number = many(len(records), "record")
        self.post_message(self.Done())
        self.post_message(self.Said(f"Wrote {number} to {path}"))

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        self.post_message(self.Said("  ".join(event.names[:12])))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
