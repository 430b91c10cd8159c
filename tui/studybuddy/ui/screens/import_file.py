"""Which file is to be imported."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Label

from studybuddy.domain.archives import Archive, Imported
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.study.typed_paths import read_paths
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.token_words import many
from studybuddy.ui.widgets.path_input import PathInput

_HOW = "Enter reads it in, Tab completes the path, Esc leaves. What is here already stays."


class ImportScreen(Dialog[Imported | None]):
    """Asks for a file and reads it in; returns what came of it, or `None`."""

    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self._archive = archive
        self._reading = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Which file shall be imported?", classes="title")
            yield Label(
                "One that Study Buddy has exported, or ChatGPT's export: conversations.json, or "
                "the zip that it is sent in."
            )
            yield PathInput(placeholder="~/Downloads/chatgpt-export.zip")
            yield Label(_HOW, id="note", markup=False)

    def on_mount(self) -> None:
        self.query_one(PathInput).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Read it in; once, however often the key comes meanwhile."""
        event.stop()
        if event.value.strip() and not self._reading:
            self._reading = True
            self._say("Reading…")
            self._read(event.value)

    @work(group="import", exit_on_error=False)
    async def _read(self, typed: str) -> None:
        try:
            paths = await asyncio.to_thread(read_paths, typed)
            imported = await self._archive.read(paths[0], self._read_so_far)
        except StudyBuddyError as error:
            self._say(str(error.problem))
        else:
            self.dismiss(imported)
        finally:
            self._reading = False

    def _read_so_far(self, conversations: int) -> None:
        self._say(f"Reading… {many(conversations, 'conversation')}")

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        self._say("  ".join(event.names[:12]) or _HOW)

    def _say(self, text: str) -> None:
        self.query_one("#note", Label).update(text)

    def action_leave(self) -> None:
        """Import nothing more; what was read in so far stays."""
        self.dismiss(None)
