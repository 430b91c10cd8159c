"""A scrolling pane that draws a book line by line and repaints only the lines that changed."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message as Event
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual

from studybuddy.domain.messages import MessageState, Role
from studybuddy.ui.transcript.book import Book
from studybuddy.ui.transcript.cursor import Cursor
from studybuddy.ui.transcript.entry import Look
from studybuddy.ui.transcript.palette import PARTS, Palette, component, make_palette
from studybuddy.ui.transcript.rows import (
    CURSOR_BAR,
    GUTTER,
    USER_BAR,
    Dress,
    Wardrobe,
    touchable,
)
from studybuddy.ui.transcript.selecting import selected_in, y_of
from studybuddy.ui.transcript.view import Row, View

TEXT_WIDTH = 100
"""Most cells a line of text takes: longer ones are hard to read."""
_NARROWEST = 12
_NEAR = 3
"""Screens up to which a scroll is a walk over the lines between; a longer one is a jump."""


class Pane(ScrollView):
    """Keeps the scroll position, the scroll bar and the screen in step with a view of a book.

    It bypasses Textual's own cache of styled lines, so border, padding and opacity have no effect
    on it: give those to a container around it. Changes of the content's height never cause a
    layout pass of the screen, but for the first and last need of a scroll bar.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {component(part) for part in PARTS if part != "text"}

    class FollowingChanged(Event, namespace="transcript"):
        """The pane began or ceased to follow the end."""

        def __init__(self, following: bool) -> None:
            self.following = following
            super().__init__()

    def __init__(self, look: Look, empty: Content, **options: Any) -> None:
        super().__init__(**options)
        self.set_reactive(Pane.auto_links, False)
        self._empty = empty
        self._book = Book(look)
        self._view = View(self._book)
        self._cursor = Cursor(self._book)
        self._was_following = True
        self._rows: list[Row] = []
        self._strips: list[Strip] = []
        self._palette: Palette | None = None
        self._new_styles = True
        self._shape = (0, 0, False)  # width, height, with a scroll bar
        self._bar_shape: tuple[int, int, int] = (0, 0, 0)
        self._wardrobe = Wardrobe(look.palette, margin=0, width=look.width, total=look.width)
        self._margin = 0

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return what is on the screen; nothing is drawn here unless size or theme changed."""
        if self._new_styles or self._shape != self._present_shape():
            self._draw()
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
        return touchable(row.line, place, before=self._margin + GUTTER)

    def _present_shape(self) -> tuple[int, int, bool]:
        width, height = self.size
        return width, height, self.show_vertical_scrollbar

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
        width, height, with_bar = self._shape
        total = width - self.scrollbar_size_vertical if with_bar else width
        self._rows = self._view.rows()
        self._wardrobe.turn()
        selection = self.text_selection
        strips = [self._strip(row, selection) for row in self._rows]
        if self._rows:
            self._mark_writing(strips, selection)
        else:
            strips = self._welcome(total, height)
        assert self._palette is not None
        blank = Strip.blank(total, self._palette.text)
        strips.extend([blank] * (height - len(strips)))
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        self._strips = strips
        self._place_scroll()
        if self._view.following != self._was_following:
            self._was_following = self._view.following
            self.post_message(self.FollowingChanged(self._was_following))

    def _fit(self) -> None:
        """Take over a new size or new styles."""
        palette = self._palette
        if self._new_styles or palette is None:
            self._new_styles = False
            palette = make_palette(self._style_of)
        shape = self._present_shape()
        if shape == self._shape and palette == self._palette:
            return
        self._shape = shape
        self._palette = palette
        width, height, with_bar = shape
        # The text keeps clear of the scroll bar, whether it is there or not.
        room = width - self.styles.scrollbar_size_vertical - GUTTER - 1
        text_width = max(_NARROWEST, min(TEXT_WIDTH, room))
        self._margin = max(0, (room - text_width) // 2)
        total = width - self.scrollbar_size_vertical if with_bar else width
        self._wardrobe = Wardrobe(palette, margin=self._margin, width=text_width, total=total)
        self._view.height = height
        look = self._book.look
        if (text_width, palette) != (look.width, look.palette):
            self._view.relay(self._look(text_width, palette))

    def _look(self, width: int, palette: Palette) -> Look:
        raise NotImplementedError

    def _style_of(self, name: str) -> Style:
        if name == component("text"):
            return self.rich_style
        style = self.get_component_rich_style(name)
        if name == component("selection") and self.app.no_color:
            style += Style(reverse=True)
        return style

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
            if self.has_focus and self._cursor.marks(row.position, row.line.code):
                bar, bar_style = CURSOR_BAR, palette.cursor
        selected = selected_in(selection, item, part)
        return self._wardrobe.strip(row.line, Dress(bar, bar_style, fill, selected))

    def _mark_writing(self, strips: list[Strip], selection: Selection | None) -> None:
        last = self._rows[-1]
        item = len(self._book.messages) - 1
        streaming = self._book.messages[item].state is MessageState.STREAMING
        if streaming and last.position == self._book.end():
            assert self._palette is not None
            text = self._palette.text
            selected = selected_in(selection, item, last.position.part)
            dress = Dress(" ", text, text, selected, writing=True)
            strips[-1] = self._wardrobe.strip(last.line, dress)

    def _welcome(self, width: int, height: int) -> list[Strip]:
        assert self._palette is not None
        text, style = self._palette.text, self.visual_style
        room = min(width, self._empty.get_optimal_width({}, width))
        strips = Visual.to_strips(self, self._empty, room, None, style, apply_selection=False)
        aligned = Strip.align(strips[:height], text, width, height, "center", "middle")
        return list(aligned)

    # Scrolling

    def scroll_lines(self, lines: int) -> None:
        """Scroll down by so many lines, or up if negative."""
        self._view.scroll_by(lines)
        self._update()

    def follow_end(self) -> None:
        """Go to the end, and stay there while text is added."""
        self._view.follow()
        self._update()

    @property
    def following(self) -> bool:
        """Whether the pane stays at the end while text is added."""
        return self._view.following

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the scroll bar, the mouse, or whoever else sets the position."""
        if self._shape != self._present_shape():
            return  # Textual fits the position to a new size; the next picture sets it anew
        lines = round(new_value) - round(old_value)
        if abs(lines) > _NEAR * self._view.height:
            self._view.scroll_to(round(new_value))
        elif lines:
            self._view.scroll_by(lines)
        else:
            return
        self._update()

    def _place_scroll(self) -> None:
        """Tell Textual where the view is, without a layout pass if that can be."""
        total, y = self._book.heights.total, self._view.scroll
        width, height, with_bar = self._shape
        size = Size(width, total)
        if (total > height) != with_bar:
            self.virtual_size = size
        elif size != self.virtual_size:
            self.set_reactive(Pane.virtual_size, size)
        if round(self.scroll_y) != y:
            self.set_reactive(Pane.scroll_y, y)
        self.set_reactive(Pane.scroll_target_y, y)
        if with_bar:
            # The bar is drawn in eighths of a cell: most changes are not seen.
            eighths = 8 * height
            shape = (y * eighths // total, (y + height) * eighths // total, height)
            if shape != self._bar_shape:
                self._bar_shape = shape
                bar = self.vertical_scrollbar
                bar.window_virtual_size = total
                bar.window_size = height
                bar.position = y

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scroll to a line at once: moving there step by step is what nobody waits for."""
        super().scroll_to(x, y, **options | {"animate": False})

    def scroll_home(self, **options: Any) -> None:
        """Scroll to the first message."""
        self._view.scroll_to(0)
        self._update()

    def scroll_end(self, **options: Any) -> None:
        """Scroll to the end and follow it."""
        self.follow_end()

    def action_scroll_up(self) -> None:
        """Scroll one line up."""
        self.scroll_lines(-1)

    def action_scroll_down(self) -> None:
        """Scroll one line down."""
        self.scroll_lines(1)

    def action_page_up(self) -> None:
        """Scroll up by a screen less two lines."""
        self.scroll_lines(-max(1, self._view.height - 2))

    def action_page_down(self) -> None:
        """Scroll down by a screen less two lines."""
        self.scroll_lines(max(1, self._view.height - 2))

    def action_scroll_home(self) -> None:
        """Scroll to the first message."""
        self.scroll_home()

    def action_scroll_end(self) -> None:
        """Scroll to the end and follow it."""
        self.follow_end()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        self._wheel(event, 1)

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_lines(direction * max(1, round(self.app.scroll_sensitivity_y)))

    # Events

    def notify_style_update(self) -> None:
        """Look the styles up again before the next picture."""
        super().notify_style_update()
        self._new_styles = True

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
