"""A list of many rows with a cursor, drawn line by line: only the rows on screen are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studybuddy.domain.text import one_line
from studybuddy.ui.as_written import is_spoken
from studybuddy.ui.transcript.wrap import cells, measurable

if TYPE_CHECKING:
    from studybuddy.ui.numbering import Typed

Pieces = Sequence[tuple[str, Style]]
"""What a line is made of, from left to right."""


class RowList(ScrollView, can_focus=True):
    """Shows a heading and rows of one line each; what is on them, its kinds say."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--heading", "rows--cursor", "rows--pale"}
    BINDINGS = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-999999999)", show=False),
        Binding("end", "move(999999999)", show=False),
        Binding("enter", "choose", show=False),
    ]

    @dataclass
    class Moved(Message):
        """Another row has the cursor."""

        row: int

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row, or it was clicked twice."""

        row: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        """The row with the cursor, from 0."""
        self._count = 0
        self._digits: Typed | None = None

    # What is shown; for the kinds of lists

    def heading(self, width: int) -> Pieces:
        """Return the line above the rows."""
        raise NotImplementedError

    def row(self, number: int, width: int, base: Style) -> Pieces:
        """Return a row, drawn on `base`."""
        raise NotImplementedError

    def set_count(self, count: int, cursor: int | None = None) -> None:
        """Show so many rows, with the cursor on one of them; else it stays where it is."""
        self._count = count
        self.virtual_size = Size(self.size.width, count + 1)
        wanted = self.cursor if cursor is None else cursor
        self.cursor = max(0, min(wanted, count - 1))
        self._reveal()
        self.refresh()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._count

    # Moving

    def point(self, row: int) -> None:
        """Put the cursor on a row."""
        row = max(0, min(row, self._count - 1))
        if row != self.cursor and self._count:
            self.cursor = row
            self._reveal()
            self.refresh()
            self.post_message(self.Moved(row))

    def _reveal(self) -> None:
        shown = max(1, self.size.height - 1)
        top = round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + shown:
            self.scroll_to(y=self.cursor - shown + 1, animate=False, force=True)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.point(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is on screen."""
        self.point(self.cursor + pages * max(1, self.size.height - 2))

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self._count:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Point at the row that was clicked; twice chooses it."""
        row = round(self.scroll_y) + event.y - 1
        if event.y > 0 and 0 <= row < self._count:
            self.point(row)
            if event.chain == 2:
                self.action_choose()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.virtual_size = Size(self.size.width, self._count + 1)
        self._reveal()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen: the heading first."""
        width, base = self.size.width, self.rich_style
        if y == 0:
            style = self.get_component_rich_style("rows--heading")
            label = " " * len(self._label(0))
            return _strip([(label, style), *self.heading(width - len(label))], width, style)
        number = round(self.scroll_y) + y - 1
        if number >= self._count:
            return Strip.blank(width, base)
        label = self._label(number)
        if number == self.cursor and self.has_focus:
            base = self.get_component_rich_style("rows--cursor")
        return _strip([(label, base), *self.row(number, width - len(label), base)], width, base)

    # Numbers, for screen readers

    def is_name(self, row: int) -> bool:
        """Whether a row only names those below it, and has no number."""
        return False

    @property
    def _numbered(self) -> bool:
        return is_spoken(self) and not any(
            key.isdigit() for key in self.screen._bindings.key_to_bindings
        )

    def _label(self, row: int) -> str:
        """What stands before a row: its number, where rows have some."""
        if not self._numbered:
            return ""
        width = len(str(self._count))
        if self.is_name(row):
            return " " * (width + 2)
        return f"{sum(not self.is_name(n) for n in range(row + 1)):>{width}}. "

    def on_key(self, event: events.Key) -> None:
        """Point at the row whose number is typed."""
        if event.key.isdigit() and self._numbered:
            from studybuddy.ui.numbering import Typed

            event.stop()
            rows = [row for row in range(self._count) if not self.is_name(row)]
            self._digits = self._digits or Typed()
            if number := self._digits.take(int(event.key), len(rows)):
                self.point(rows[number - 1])


def _strip(pieces: Pieces, width: int, base: Style) -> Strip:
    segments = [Segment(text, style) for text, style in pieces if text]
    return Strip(segments).adjust_cell_length(width, base)


def fitted(text: str, width: int) -> str:
    """Return a text as one line of exactly `width` cells, cut with "…" where it is longer."""
    line = measurable(one_line(text[: 4 * width + 8]))
    if cells(line) > width:
        line = set_cell_size(line, max(width - 1, 0)).rstrip() + "…"
    return set_cell_size(line, width)
