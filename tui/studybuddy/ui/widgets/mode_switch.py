"""The switch between completion and assistant mode."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from studybuddy.domain.messages import Mode

_NAMES = {Mode.COMPLETION: "Completion", Mode.ASSISTANT: "Assistant"}


class ModeSwitch(Widget):
    """Both modes side by side, the chosen one set off; a click switches."""

    mode = reactive(Mode.COMPLETION)

    @dataclass
    class Chosen(Message):
        """A mode was clicked."""

        mode: Mode

    def render(self) -> Content:
        if self.app.has_class("-linear"):  # colours alone say nothing to a screen reader
            return Content(f"Mode: {_NAMES[self.mode]}")
        return Content(" ").join([self._side(mode) for mode in Mode])

    def _side(self, mode: Mode) -> Content:
        look = "bold reverse $primary"
        text = Content(f" {_NAMES[mode]} ")
        text = text.stylize(look if mode is self.mode else "$text-muted")
        return text.stylize(Style.from_meta({"@click": f"choose('{mode.value}')"}))

    def action_choose(self, mode: str) -> None:
        """Ask for the mode that was clicked."""
        self.post_message(self.Chosen(Mode(mode)))
