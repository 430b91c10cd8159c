"""Rows of a dialog that are chosen: a label, and a text that wraps beside it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.visual import Visual
from textual.widget import Widget

_BETWEEN = "  "


class Row(Widget):
    """One of several things to choose; the screen says which is `-chosen`."""

    @dataclass
    class Clicked(Message):
        """The row was clicked."""

        number: int

    def __init__(self, number: int) -> None:
        """`number` counts the rows from 0."""
        super().__init__()
        self.number = number
        self._label = Content("")
        self._text = Content("")

    def show(self, label: str, text: Content | str, chosen: bool) -> None:
        """Show a text with its label; no markup is read in either."""
        self.set_class(chosen, "-chosen")
        style = "bold" if chosen else "bold $text-accent"
        marked = Content.assemble("▸" if chosen else " ", (label, style))
        content = Content(text) if isinstance(text, str) else text
        if marked != self._label or content != self._text:
            self._label, self._text = marked, content
            self.refresh(layout=True)

    @property
    def _indent(self) -> int:
        return self._label.cell_length + len(_BETWEEN)

    def _lines(self, width: int) -> list[Content]:
        return self._text.wrap(max(4, width - self._indent)) or [Content("")]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the text takes beside its label."""
        return len(self._lines(width))

    def render(self) -> Visual:
        """Return the text with what follows its first line below it, not below the label."""
        first, *rest = self._lines(self.content_size.width)
        lines = [Content.assemble(self._label, _BETWEEN, first)]
        lines += [Content.assemble(" " * self._indent, line) for line in rest]
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Tell that the row was clicked."""
        event.stop()
        self.post_message(self.Clicked(self.number))
