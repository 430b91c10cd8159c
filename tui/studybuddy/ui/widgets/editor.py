"""An editor that shows what is pasted harmlessly."""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from studybuddy.domain.text import harmless


class Editor(TextArea):
    """A text area whose pasted text has its control characters made visible."""

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if result := self._replace_via_keyboard(harmless(event.text), *self.selection):
            self.move_cursor(result.end_location)
            self.focus()
