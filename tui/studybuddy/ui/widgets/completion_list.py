"""A short list above the prompt, of what can be put into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import events
from textual.content import Content
from textual.widget import Widget

from studybuddy.ui.as_written import is_spoken

ROWS = 8
"""Most entries that are shown at once, where the screen has room for three times as many."""
_BETWEEN = 2
_PALE = "$foreground 60%"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    label: str
    detail: str = ""
    """Shown paler behind the label."""
    aside: str = ""
    """Shown at the right end."""
    places: tuple[int, ...] = ()
    """Which characters of the label were typed."""
    value: Any = None
    """What it stands for."""


class CompletionList(Widget):
    """Draws entries; the keys are the prompt's, and so is the focus."""

    DEFAULT_CSS = """
    CompletionList {
        height: auto;
        padding: 0 1;
        margin: 0 1;
        background: $surface;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """
    can_focus = False

    def __init__(self, clicked: Callable[[int], None]) -> None:
        """Take what is told the number of an entry that was clicked."""
        super().__init__()
        self._clicked = clicked
        self._entries: Sequence[Entry] = ()
        self._chosen: int | None = None
        self._hint = ""
        self._top = 0

    def show(self, entries: Sequence[Entry], chosen: int | None, hint: str) -> None:
        """Show entries, which of them is chosen, and what the keys do."""
        height = self._rows(len(entries))
        same = self.display and height == self._rows(len(self._entries))
        self._entries, self._chosen, self._hint = entries, chosen, hint
        at = chosen or 0
        self._top = min(max(self._top, at - height + 1), at, max(0, len(entries) - height))
        self.display = True
        self.refresh(layout=not same)

    def hide(self) -> None:
        """Take it off the screen."""
        self.display = False
        self._top = 0

    def _rows(self, entries: int) -> int:
        return min(entries, max(2, min(ROWS, self.screen.size.height // 3)))

    def get_content_height(self, *_: object) -> int:
        """Lines that the entries take, and one for the keys."""
        return self._rows(len(self._entries)) + 1

    def render(self) -> Content:
        """The entries around the chosen one."""
        width = self.content_size.width
        shown = range(self._top, self._top + self._rows(len(self._entries)))
        entries = [self._entries[number] for number in shown if number < len(self._entries)]
        if is_spoken(self):
            entries = [
                replace(e, label=f"{n}. {e.label}", places=())
                for n, e in enumerate(entries, self._top + 1)
            ]
        column = max((Content(entry.label).cell_length for entry in entries), default=0)
        column = min(column, width // 2 if any(e.detail for e in entries) else width)
        lines = [
            self._line(entry, number == self._chosen, column, width)
            for number, entry in zip(shown, entries, strict=False)
        ]
        count = ""
        if len(self._entries) > len(entries):
            at = f"{self._chosen + 1} of " if self._chosen is not None else ""
            count = f"{at}{len(self._entries)}"
        hint = Content(self._hint).truncate(max(1, width - len(count) - _BETWEEN), ellipsis=True)
        space = " " * max(0, width - hint.cell_length - len(count))
        lines.append(Content.assemble(hint, space, count).stylize(_PALE))
        return Content("\n").join(lines)

    @staticmethod
    def _line(entry: Entry, chosen: bool, column: int, width: int) -> Content:
        label = Content(entry.label)
        for place in entry.places:
            label = label.stylize("bold $text-accent" if not chosen else "bold", place, place + 1)
        room = width - len(entry.aside) - _BETWEEN if entry.aside else width
        detail = Content(entry.detail).stylize("" if chosen else _PALE)
        text = label.truncate(min(room, max(column, 1)), ellipsis=True)
        if entry.detail:
            gap = " " * (max(0, column - text.cell_length) + _BETWEEN)
            text = Content.assemble(text, gap, detail)
        text = text.truncate(room, ellipsis=True)
        space = " " * max(0, width - text.cell_length - len(entry.aside))
        aside = Content(entry.aside).stylize("" if chosen else _PALE)
        line = Content.assemble(text, space, aside)
        if chosen:
            return line.stylize("$block-cursor-foreground on $block-cursor-background")
        return line

    def on_click(self, event: events.Click) -> None:
        """Tell which entry was clicked."""
        event.stop()
        number = self._top + event.get_content_offset_capture(self).y
        if number < min(len(self._entries), self._top + self._rows(len(self._entries))):
            self._clicked(number)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 1)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        most = max(0, len(self._entries) - self._rows(len(self._entries)))
        self._top = max(0, min(most, self._top + by))
        self.refresh()
