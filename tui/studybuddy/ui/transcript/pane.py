"""A pane that draws a book line by line and repaints only the lines that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from re import Pattern
from typing import Any

from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual

from studybuddy.domain.messages import MessageState, Role
from studybuddy.ui.as_written import AsWritten
from studybuddy.ui.transcript.book import Position
from studybuddy.ui.transcript.css import PARTS_CSS
from studybuddy.ui.transcript.cursor import Cursor
from studybuddy.ui.transcript.look import Look
from studybuddy.ui.transcript.palette import Palette, component, make_palette
from studybuddy.ui.transcript.part_styles import PartStyles
from studybuddy.ui.transcript.rows import (
    CURSOR_BAR,
    GUTTER,
    USER_BAR,
    Dress,
    Wardrobe,
    touchable,
)
from studybuddy.ui.transcript.scrolling import Scrolling
from studybuddy.ui.transcript.selecting import selected_in, y_of
from studybuddy.ui.transcript.sliding import Slides
from studybuddy.ui.transcript.view import Row

TEXT_WIDTH = 100
"""Most cells a line of text takes: longer ones are hard to read."""
_NARROWEST = 12


class Pane(AsWritten, Scrolling):
    """Keeps the lines on the screen as strips, and gives Textual the same objects again and again.

    It bypasses Textual's own cache of styled lines, so border, padding and opacity have no effect
    on it: give those to a container around it.
    """

    ALLOW_SELECT = True

    def __init__(self, look: Look, empty: Content, **options: Any) -> None:
        super().__init__(look, **options)
        self.set_reactive(Pane.auto_links, False)
        self._empty = empty
        self._cursor = Cursor(self._book)
        self._rows: list[Row] = []
        self._strips: list[Strip] = []
        self._palette: Palette | None = None
        self._part_styles = PartStyles(self, PARTS_CSS)
        self._new_styles = True
        self._bare = True
        """Whether the palette has but the style of text: there was no message yet."""
        self._wardrobe = Wardrobe(look.palette, margin=0, width=look.width, total=look.width)
        self._margin = 0
        self._pointed: dict[Position, int] = {}
        self._slides = Slides(self._book)
        self._found: tuple[str, Pattern[str]] | None = None
        """In which message words are marked, and which."""

    @property
    def reading_row(self) -> int:
        """Where a screen reader is to be: the first line of what is chosen, else the last line."""
        for y, row in enumerate(self._rows):
            below_head = row.position.part > 0 or row.position.row > 0
            if below_head and self._cursor.marks(row.position, row.line.code):
                return y
        return max(0, len(self._rows) - 1)

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return what is on the screen; nothing is drawn here unless size or theme changed."""
        if self._new_styles or self._shape != self._present_shape():
            self._update()  # which has the lines painted that were not asked for now
        strips = self._strips[crop.y : crop.bottom]
        if crop.x or crop.right < self._shape[0]:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return a line in which each cell names its character; asked for only by the mouse."""
        if not self._rows:
            return Strip.blank(self.size.width)
        row = self._rows[min(y, len(self._rows) - 1)]
        place = y_of(row.position.item, row.position.part)
        line = self._wardrobe.seen(row.line, self._slides.of(row.position, row.line))
        return touchable(line, place, before=self._margin + GUTTER)

    def _update(self) -> None:
        """Bring the screen up to date, repainting what changed."""
        if not self.is_mounted or not self.size:
            return
        before = self._strips
        self._draw()
        after = self._strips
        if len(before) != len(after):
            self.refresh()
            return
        width = self._shape[0]
        start = None
        regions: list[Region] = []
        for y in range(len(after) + 1):
            changed = y < len(after) and after[y] is not before[y]
            if changed and start is None:
                start = y
            elif not changed and start is not None:
                regions.append(Region(0, start, width, y - start))
                start = None
        if regions:
            self.refresh(*regions)

    def _draw(self) -> None:
        self._fit()
        self._go_where_wanted()
        width, height, with_bar = self._shape
        total = width - self.scrollbar_size_vertical if with_bar else width
        self._rows = self._view.rows()
        self._wardrobe.turn()
        selection = self.text_selection
        self._pointed = self._cursor.pointed if self.has_focus else {}
        strips = [self._strip(row, selection) for row in self._rows]
        if self._rows:
            self._mark_writing(strips, selection)
        else:
            strips = self._welcome(total, height)
        assert self._palette is not None
        blank = Strip.blank(total, self._palette.text)
        strips.extend([blank] * (height - len(strips)))
        background = self.background_colors[1]
        # What is shown where there are no messages is the app's own.
        filters = self.get_line_filters() if self._rows else self.app.get_line_filters()
        for line_filter in filters:
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        self._strips = strips
        self._place_scroll()

    def _fit(self) -> None:
        """Take over a new size or new styles."""
        palette = self._palette
        first = self._bare and bool(self._book.messages)
        if self._new_styles or palette is None or first:
            self._new_styles = False
            self._bare = not self._book.messages
            palette = make_palette(self._style_of(), spoken=self._book.look.spoken)
        shape = self._present_shape()
        if shape == self._shape and palette == self._palette:
            return
        self._shape = shape
        self._palette = palette
        width, height, with_bar = shape
        # The text keeps clear of the scroll bar, whether it is there or not.
        room = width - self.styles.scrollbar_size_vertical - GUTTER - 1
        text_width = max(_NARROWEST, min(TEXT_WIDTH, room))
        self._margin = 0 if self._book.look.spoken else max(0, (room - text_width) // 2)
        total = width - self.scrollbar_size_vertical if with_bar else width
        self._wardrobe = Wardrobe(palette, margin=self._margin, width=text_width, total=total)
        self._view.height = height
        look = self._book.look
        if (text_width, palette) != (look.width, look.palette):
            self._slides.clear()
            self._view.relay(self._look(text_width, palette))

    def _go_where_wanted(self) -> None:
        """Go where it was to go before there was a size."""
        raise NotImplementedError

    def _look(self, width: int, palette: Palette) -> Look:
        raise NotImplementedError

    def _style_of(self) -> Callable[[str], Style]:
        """What the style of each part is asked of, by the names of their classes."""
        text = self.rich_style
        if self._bare:
            return lambda _: text
        parts = self._part_styles
        parts.turn()
        styles = {component("text"): text}
        if self.app.no_color:
            selection = component("selection")
            styles[selection] = parts.of(selection) + Style(reverse=True)
        return lambda name: styles[name] if name in styles else parts.of(name)

    def _strip(self, row: Row, selection: Selection | None) -> Strip:
        assert self._palette is not None
        palette = self._palette
        item, part, number = row.position
        user = self._book.messages[item].role is Role.USER
        fill = palette.text
        bar, bar_style = " ", palette.text
        if part > 0 or number > 0:
            if user:
                bar, bar_style, fill = USER_BAR, palette.user_bar, palette.user
            if palette.spoken:
                bar = " "
            elif self.has_focus and self._cursor.marks(row.position, row.line.code):
                bar, bar_style = CURSOR_BAR, palette.cursor
        selected = selected_in(selection, item, part)
        dress = Dress(bar, bar_style, fill, selected, shift=self._slides.of(row.position, row.line))
        if self._found is not None and self._book.messages[item].id == self._found[0]:
            dress = replace(dress, found=self._found[1])
        if row.position in self._pointed:
            dress = replace(dress, pointed=self._pointed[row.position])
        return self._wardrobe.strip(row.line, dress)

    def _mark_writing(self, strips: list[Strip], selection: Selection | None) -> None:
        last = self._rows[-1]
        item = len(self._book.messages) - 1
        streaming = self._book.messages[item].state is MessageState.STREAMING
        if streaming and last.position.part > 1 and last.position == self._book.end():
            assert self._palette is not None
            text = self._palette.text
            selected = selected_in(selection, item, last.position.part)
            shift = self._slides.of(last.position, last.line)
            dress = Dress(" ", text, text, selected, writing=True, shift=shift)
            strips[-1] = self._wardrobe.strip(last.line, dress)

    def _welcome(self, width: int, height: int) -> list[Strip]:
        assert self._palette is not None
        text, style = self._palette.text, self.visual_style
        room = min(width, self._empty.get_optimal_width({}, width))
        strips = Visual.to_strips(self, self._empty, room, None, style, apply_selection=False)
        aligned = Strip.align(strips[:height], text, width, height, "center", "middle")
        return list(aligned)

    # Events

    def notify_style_update(self) -> None:
        """Look the styles up again before the next picture."""
        super().notify_style_update()
        self._new_styles = True
        if self.is_mounted and not self._bare:  # it may be parts alone that look different now
            self.call_later(self._restyle)

    def _restyle(self) -> None:
        if self._new_styles:
            self._update()

    def on_resize(self) -> None:
        """Take over the new size."""
        self._update()

    def on_mount(self) -> None:
        """Draw the first picture."""
        self._update()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._update()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._update()

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self._update()
