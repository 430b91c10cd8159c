"""The small editor in which a question is answered in one's own words."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from studybuddy.ui.widgets.editor import Editor

_NEW_LINE = ("ctrl+j", "shift+enter", "alt+enter")


class AnswerEditor(Editor):
    """Enter goes on, as in the prompt; Backspace and Left go back where nothing is written.

    It calls at once what it was given: a message would come after the keys that follow.
    """

    def __init__(self, on_enter: Callable[[], None], on_back: Callable[[], None]) -> None:
        super().__init__(
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Your answer…",
        )
        self._go_on = on_enter
        self._go_back = on_back

    async def _on_key(self, event: events.Key) -> None:
        key = event.key
        if key == "enter":
            self._go_on()
        elif key in _NEW_LINE:
            if result := self._replace_via_keyboard("\n", *self.selection):
                self.move_cursor(result.end_location)
        elif key in ("backspace", "left") and not self.text:
            self._go_back()
        else:
            return
        event.stop()
        event.prevent_default()
