"""A question in other words."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from studybuddy.domain.text import harmless
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.editor import Editor


class EditQuestionScreen(Dialog[str | None]):
    """Edits a question that was asked; returns it as it is to be asked, or `None`."""

    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("enter,f9", "ask", "Ask", show=False, priority=True),
        Binding("ctrl+j,shift+enter,alt+enter", "newline", show=False, priority=True),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Ask it in other words", classes="title")
            yield Editor(harmless(self._question), soft_wrap=True, tab_behavior="focus")
            yield Label("Enter asks, Ctrl+J starts a new line, Esc leaves it as it was.")
            yield Label("What was asked and answered before stays: Alt+← goes back to it.")
            with Horizontal(classes="buttons"):
                yield Button("Ask", id="ask", variant="primary")
                yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        editor = self.query_one(Editor)
        editor.focus()
        editor.move_cursor(editor.document.end)

    def action_ask(self) -> None:
        """Ask it, unless another button has the focus."""
        if isinstance(self.focused, Button):
            self.focused.press()
        else:
            self._ask()

    @on(Button.Pressed, "#ask")
    def _ask(self) -> None:
        text = harmless(self.query_one(Editor).text)
        if text.strip():
            self.dismiss(text)

    def action_newline(self) -> None:
        """Start a new line."""
        editor = self.query_one(Editor)
        editor.replace("\n", *editor.selection, maintain_selection_offset=False)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
