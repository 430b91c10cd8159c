"""A question in other words."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from studybuddy.domain.text import harmless
from studybuddy.ui.screens.editing_dialog import EditingDialog
from studybuddy.ui.widgets.editor import Editor


class EditQuestionScreen(EditingDialog[str | None]):
    """Edits a question that was asked; returns it as it is to be asked, or `None`."""

    THROW_AWAY = "This was not asked. Esc again throws it away, Enter asks it."
    BINDINGS = [
        Binding("enter", "ask", "Ask", show=False, priority=True),
        Binding("ctrl+j,shift+enter,alt+enter", "newline", show=False, priority=True),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = harmless(question)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Ask it in other words", classes="title")
            yield Editor(self._question, soft_wrap=True, tab_behavior="focus")
            yield Label("", id="error", markup=False)
            yield Label("Enter asks, Ctrl+J starts a new line, Esc leaves it as it was.")
            yield Label("What was asked and answered before stays: Alt+← goes back to it.")
            with Horizontal(classes="buttons"):
                yield Button("Ask", id="ask", variant="primary")
                yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        editor = self.query_one(Editor)
        editor.focus()
        editor.move_cursor(editor.document.end)

    def written(self) -> str:
        """The question as it is by now."""
        return harmless(self.query_one(Editor).text)

    def action_ask(self) -> None:
        """Ask it, unless another button has the focus."""
        if isinstance(self.focused, Button):
            self.focused.press()
        else:
            self.action_save()

    @on(Button.Pressed, "#ask")
    def save(self) -> None:
        """Have it asked, where it is another one."""
        text = self.written()
        if not text.strip():
            self.say("There is nothing to ask.")
        elif text == self._before:
            self.say("Nothing was changed. Ctrl+R asks the last question again as it is.")
        else:
            self.dismiss(text)

    def action_newline(self) -> None:
        """Start a new line."""
        editor = self.query_one(Editor)
        editor.replace("\n", *editor.selection, maintain_selection_offset=False)
