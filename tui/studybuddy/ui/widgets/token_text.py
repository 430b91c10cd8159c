"""A text as coloured tokens, drawn line by line: only what is on screen is made."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker

from studybuddy.ui.as_written import AsWritten
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.widgets.token_pieces import GAP, MOST_CELLS, TokenPage

COLOURS = 5
AT_ONCE = 20_000
"""Pieces that are laid out in 2 ms, with ids in 6; more of them are in a thread."""
_UNDERLINE = Style(underline=True)


class TokenText(AsWritten, ScrollView, can_focus=True):
    """Shows tokens, each on another colour than its neighbours, with one under a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "token--cursor", "token--id", *(f"token--{n}" for n in range(COLOURS)),
        *(f"token--hidden-{n}" for n in range(COLOURS)),
    }  # fmt: skip
    BINDINGS = [
        Binding("left,h", "move(-1)", show=False),
        Binding("right,l", "move(1)", show=False),
        Binding("up,k", "line(-1)", show=False),
        Binding("down,j", "line(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "move(-999999999)", show=False),
        Binding("end", "move(999999999)", show=False),
    ]

    class Moved(Message):
        """Another token is under the cursor, put there by the student."""

        def __init__(self, sender: TokenText) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> TokenText:
            """The view."""
            return self.sender

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = TokenPage(())
        self.cursor = 0
        """The token under it, from 0."""
        self._ids = False
        self._lines: list[int] = []
        self._room = 0
        self._wants_ids = False
        self._laying_out = False

    # What is shown

    def show(self, page: TokenPage) -> None:
        """Show these tokens, from the beginning."""
        self.page = page
        self.cursor = 0
        self._lines = []
        self._lay_out()
        self.scroll_to(y=0, animate=False, force=True)

    def show_ids(self, ids: bool) -> None:
        """Show each token's id below it, or not."""
        self._wants_ids = ids
        self._lay_out()

    def point_at(self, offset: int) -> None:
        """Put the cursor on the token that has a byte of the text."""
        self._point(self.page.token_at(offset))

    def _point(self, token: int) -> bool:
        token = max(0, min(token, len(self.page.tokens) - 1))
        if token == self.cursor or not self.page.tokens:
            return False
        self.cursor = token
        self._reveal()
        self.refresh()
        return True

    # Layout

    @property
    def _height(self) -> int:
        return 2 if self._ids else 1

    def _lay_out(self) -> None:
        """Lay out for what is wanted now; until that is done, what was laid out is shown."""
        if not self._room:
            return
        if len(self.page.pieces) <= AT_ONCE:
            self._take(self.page.lay_out(self._room, self._wants_ids))
        elif not self._laying_out:
            self._laying_out = True
            self._lay_out_apart()

    @work(group="lay out", exit_on_error=False)
    async def _lay_out_apart(self) -> None:
        try:
            while True:
                page, room, ids = self.page, self._room, self._wants_ids
                lines = await asyncio.to_thread(page.lay_out, room, ids)
                if page is self.page and (room, ids) == (self._room, self._wants_ids):
                    self._take(lines)
                    return
        finally:
            self._laying_out = False

    def _take(self, lines: list[int]) -> None:
        self._lines, self._ids = lines, self._wants_ids
        self.virtual_size = Size(self.size.width, len(lines) * self._height)
        self._reveal()
        self.refresh()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a layout fails."""
        tell_fault(self, event)

    def on_resize(self) -> None:
        """Lay out for the new width, with the cursor in view."""
        room = max(MOST_CELLS, self.scrollable_content_region.width - 2)
        if room != self._room:
            self._room = room
            self._lay_out()
        else:
            self._reveal()

    def _line_of(self, token: int) -> int:
        if not self.page.tokens:
            return 0
        return max(0, bisect_right(self._lines, self.page.first[token]) - 1)

    def _reveal(self) -> None:
        top = self._line_of(self.cursor) * self._height
        shown = max(self._height, self.size.height)
        if top < round(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True)
        elif top + self._height > round(self.scroll_y) + shown:
            self.scroll_to(y=top + self._height - shown, animate=False, force=True)

    # Moving

    def action_move(self, tokens: int) -> None:
        """Move by tokens."""
        if self._point(self.cursor + tokens):
            self.post_message(self.Moved(self))

    def action_line(self, lines: int) -> None:
        """Move by lines, staying in the column where that is possible."""
        if not self._lines:
            return
        page, line = self.page, self._line_of(self.cursor)
        column = sum(self._width(p) for p in range(self._lines[line], page.first[self.cursor]))
        line = max(0, min(line + lines, len(self._lines) - 1))
        piece, last = self._lines[line], self._last(line)
        while piece < last - 1 and column >= self._width(piece):
            column -= self._width(piece)
            piece += 1
        if self._point(page.owners[piece]):
            self.post_message(self.Moved(self))

    def action_page(self, pages: int) -> None:
        """Move by what is on screen."""
        self.action_line(pages * max(1, self.size.height // self._height - 1))

    def on_click(self, event: events.Click) -> None:
        """Point at the token that was clicked."""
        line = (round(self.scroll_y) + event.y) // self._height
        if line >= len(self._lines):
            return
        column = event.x - 1
        for piece in range(self._lines[line], self._last(line)):
            if column < self._width(piece):
                if self._point(self.page.owners[piece]):
                    self.post_message(self.Moved(self))
                return
            column -= self._width(piece)

    # Drawing

    def _last(self, line: int) -> int:
        """The piece after a line's last."""
        return self._lines[line + 1] if line + 1 < len(self._lines) else len(self.page.pieces)

    def _width(self, piece: int) -> int:
        width = self.page.pieces[piece].width
        return max(width, self.page.id_width(piece)) + GAP if self._ids else width

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        width, base = self.size.width, self.rich_style
        line, row = divmod(round(self.scroll_y) + y, self._height)
        if line >= len(self._lines):
            return Strip.blank(width, base)
        segments = [Segment(" ", base)]
        draw = self._draw_id if row else self._draw_text
        for piece in range(self._lines[line], self._last(line)):
            segments.extend(draw(piece, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _draw_text(self, piece: int, base: Style) -> list[Segment]:
        page = self.page
        token = page.owners[piece]
        plain = self.get_component_rich_style(f"token--{token % COLOURS}")
        hidden = self.get_component_rich_style(f"token--hidden-{token % COLOURS}")
        if token == self.cursor:
            plain = hidden = self.get_component_rich_style("token--cursor")
        elif self.app.no_color and token % 2:
            plain, hidden = plain + _UNDERLINE, hidden + _UNDERLINE
        shown = page.pieces[piece]
        segments = [Segment(text, hidden if special else plain) for text, special in shown.runs]
        if self._ids:
            segments.append(Segment(" " * (self._width(piece) - shown.width), base))
        return segments

    def _draw_id(self, piece: int, base: Style) -> list[Segment]:
        page = self.page
        token, width = page.owners[piece], self._width(piece)
        if page.first[token] != piece:
            return [Segment(" " * width, base)]
        style = self.get_component_rich_style("token--id")
        return [Segment(str(page.tokens[token].id).ljust(width), style)]
