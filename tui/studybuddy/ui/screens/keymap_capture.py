"""Waits for the key that is pressed next."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label

from studybuddy.ui.screens.dialog import Dialog


class CaptureScreen(Dialog[str | None]):
    """Returns the key that was pressed, as Textual names it; `None` for Esc."""

    TAKES_EVERY_KEY = True
    """Also those that do something everywhere else; the app looks at it."""

    def __init__(self, title: str, refused: Callable[[str], str]) -> None:
        """Take the title, and what tells why a key can't be had; empty where it can."""
        super().__init__()
        self._title = title
        self._refused = refused

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label("Press the key. Esc leaves all as it was.")
            yield Label("", id="error", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take it, or tell why not."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss(None)
        elif refused := self._refused(event.key):
            self.query_one("#error", Label).update(refused)
        else:
            self.dismiss(event.key)
