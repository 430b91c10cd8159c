"""The system prompt of a conversation."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from studybuddy.domain.text import harmless
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.editor import Editor

CONVERSATION = "How shall the model behave in this conversation?"


class SystemPromptScreen(Dialog[str | None]):
    """Edits a system prompt; returns it, or `None` where it stays."""

    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

    def __init__(
        self,
        prompt: str,
        default: str,
        *,
        title: str = CONVERSATION,
        counts: str = "from the next question on",
    ) -> None:
        """Take the prompt, the one that Default brings back, and from when on it counts."""
        super().__init__()
        self._title = title
        self._counts = counts
        self._prompt = prompt
        self._default = default

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Editor(harmless(self._prompt), soft_wrap=True, tab_behavior="focus")
            yield Label(f"F9 saves, Esc leaves it as it was. It counts {self._counts}.")
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Default", id="default")
                yield Button("Cancel", id="cancel")

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Use what is written."""
        self.dismiss(harmless(self.query_one(Editor).text.strip()))

    @on(Button.Pressed, "#default")
    def _use_default(self) -> None:
        editor = self.query_one(Editor)
        editor.load_text(self._default)
        editor.focus()

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
