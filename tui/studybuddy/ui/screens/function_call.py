"""A function that nothing here carries out: the student answers for it, or declines."""

from __future__ import annotations

import json
from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Label, Static, TextArea

from studybuddy.domain.runs import FunctionCall
from studybuddy.domain.text import harmless, one_line
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.step_nodes import pretty

DECLINED = json.dumps({"error": "The student declined to carry out this function."})
"""The output of a function that was declined."""
_MOST_LINES = 500
"""Lines of the arguments that are shown."""


class FunctionCallScreen(Dialog[str | None]):
    """Shows a function's name and arguments, and runs nothing.

    It returns the output that the student wrote, `DECLINED`, or `None` where it is put off;
    `on_draft` is called with what is written at each change.
    """

    AUTO_FOCUS = "Editor"
    BINDINGS = [
        Binding("escape", "leave", "Later", show=False),
        Binding("f9", "send", "Send", show=False, priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False, priority=True),
    ]

    def __init__(
        self, call: FunctionCall, draft: str = "", on_draft: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._call = call
        self._written = harmless(draft)
        self._on_draft = on_draft

    def compose(self) -> ComposeResult:
        name = one_line(self._call.name) or "a function without a name"
        with Vertical(classes="dialog call"):
            yield Label("The assistant asks for something", classes="title")
            yield Label(
                Content.assemble(
                    "It calls ",
                    (name, "bold $text-accent"),
                    ", which Study Buddy does "
                    "not know. Nothing is run: write what it shall get back, or decline.",
                ),
            )
            with VerticalScroll(classes="arguments", can_focus=False):
                yield Static(Content(self._arguments()))
            yield Editor(
                self._written,
                soft_wrap=True,
                tab_behavior="focus",
                highlight_cursor_line=False,
                placeholder="What the assistant gets back…",
            )
            with Horizontal(classes="buttons"):
                yield Button("Send", id="send", variant="primary", compact=True)
                yield Button("Decline", id="decline", compact=True)
                yield Button("Later", id="later", compact=True)
            yield Label("F9 sends · Tab to the buttons · Esc puts it off", id="keys")

    def _arguments(self) -> str:
        lines = pretty(self._call.arguments).split("\n")
        more = len(lines) - _MOST_LINES
        if more > 0:
            lines = [*lines[:_MOST_LINES], f"… {more:,} more lines"]
        text = "\n".join(lines)
        return text if text.strip() not in ("", "{}") else "without arguments"

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        if event.text_area.text != self._written:
            self._written = event.text_area.text
            self._on_draft(self._written)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Give back what is written."""
        self.dismiss(harmless(self.query_one(Editor).text).strip())

    @on(Button.Pressed, "#decline")
    def _decline(self) -> None:
        self.dismiss(DECLINED)

    @on(Button.Pressed, "#later")
    def action_leave(self) -> None:
        """Put it off; nothing is given back."""
        self.dismiss(None)

    def action_scroll(self, pages: int) -> None:
        """Scroll arguments that are longer than their place."""
        place = self.query_one(".arguments", VerticalScroll)
        by = pages * max(1, place.size.height - 1)
        place.scroll_relative(y=by, animate=False, immediate=True)  # each of a held key's
