"""Where something is to be saved."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.saving import Unsure
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.path_input import PathInput

Write = Callable[[str, bool], Awaitable[Path]]
"""Writes where a typed path says, and returns where that is; the flag is whether it is sure.

It raises Unsure where something would be replaced or made and the student has not agreed yet.
"""

REPEATED = 0.4
"""Seconds after one Enter in which another one is that of a key which is held."""
_HOW = "Enter saves, Tab completes the path, Esc leaves."


class SaveScreen(Dialog[Path | None]):
    """Asks for a path and has something written there; returns where that is, or `None`.

    A file that is there is not replaced, and no folder made, before Enter is pressed again.
    """

    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, title: str, path: str, write: Write) -> None:
        """Take what is asked, a path to begin with, and what writes."""
        super().__init__()
        self._title = title
        self._path = path
        self._write = write
        self._asked = ""  # what was typed when it was asked whether it may be
        self._entered_at = 0.0  # monotonic, seconds
        self._writing = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield PathInput(self._path, select_on_focus=False)
            yield Label(_HOW, id="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        line = self.query_one(PathInput)
        line.focus()
        line.cursor_position = len(self._path)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _entered(self) -> None:
        """Save it, or take it for the answer to what was asked; a key that is held answers none."""
        typed, now = self.query_one(PathInput).value.strip(), time.monotonic()
        sure = bool(typed) and typed == self._asked
        held, self._entered_at = now - self._entered_at < REPEATED, now
        if not self._writing and not (sure and held):
            self._writing = True
            self._asked = ""
            self._save(typed, sure)

    @work(group="save", exit_on_error=False)
    async def _save(self, typed: str, sure: bool) -> None:
        try:
            path = await self._write(typed, sure)
        except Unsure as question:
            self._writing = False
            self._asked, self._entered_at = typed, time.monotonic()
            self._say(str(question))
        except StudyBuddyError as error:
            self._writing = False
            self._say(str(error.problem))
        else:
            self.dismiss(path)

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        self._say("  ".join(event.names[:12]) or _HOW)

    def _say(self, text: str) -> None:
        self.query_one("#note", Label).update(text)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Save nothing."""
        self.dismiss(None)
