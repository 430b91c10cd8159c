"""Scrolling: Textual's position and bar kept in step with a view of a book."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message as Event
from textual.scroll_view import ScrollView

from studybuddy.ui.transcript.book import Book
from studybuddy.ui.transcript.look import Look
from studybuddy.ui.transcript.view import View

_NEAR = 3
"""Screens up to which a scroll is a walk over the lines between; a longer one is a jump."""


class Scrolling(ScrollView):
    """Lets the view say where the pane is, not Textual's numbers: those are guesses about lines
    that were never laid out, and are corrected as the view learns better.

    A change of the content's height causes no layout pass of the screen, but for the first and
    last need of a scroll bar.
    """

    class FollowingChanged(Event, namespace="transcript"):
        """The pane began or ceased to follow the end."""

        def __init__(self, following: bool) -> None:
            self.following = following
            super().__init__()

    def __init__(self, look: Look, **options: Any) -> None:
        super().__init__(**options)
        self._book = Book(look)
        self._view = View(self._book)
        self._shape = (0, 0, False)  # width, height, whether with a bar: as last drawn
        self._bar_shape = (0, 0, 0)
        self._was_following = True

    def _update(self) -> None:
        """Bring the screen up to date."""
        raise NotImplementedError

    def _present_shape(self) -> tuple[int, int, bool]:
        width, height = self.size
        return width, height, self.show_vertical_scrollbar

    def _place_scroll(self) -> None:
        """Tell Textual where the view is, and others whether it follows the end."""
        total, y = self._book.heights.total, self._view.scroll
        width, height, with_bar = self._shape
        size = Size(width, total)
        if (total > height) != with_bar:
            self.virtual_size = size  # with a layout pass, for the bar
        elif size != self.virtual_size:
            self.set_reactive(Scrolling.virtual_size, size)
        if round(self.scroll_y) != y:
            self.set_reactive(Scrolling.scroll_y, y)
        self.set_reactive(Scrolling.scroll_target_y, y)
        if with_bar and total > height:  # not for a bar that the next layout takes away
            self._place_bar(total, height, y)
        if self._view.following != self._was_following:
            self._was_following = self._view.following
            self.post_message(self.FollowingChanged(self._was_following))

    def _place_bar(self, total: int, height: int, y: int) -> None:
        # It is drawn in eighths of a cell, so that most changes are not seen.
        eighths = 8 * height
        shape = (y * eighths // total, (y + height) * eighths // total, height)
        if shape != self._bar_shape:
            self._bar_shape = shape
            bar = self.vertical_scrollbar
            bar.window_virtual_size = total
            bar.window_size = height
            bar.position = y

    @property
    def following(self) -> bool:
        """Whether the pane stays at the end while text is added."""
        return self._view.following

    def follow_end(self) -> None:
        """Go to the end, and stay there while text is added."""
        self._view.follow()
        self._update()

    def scroll_lines(self, lines: int) -> None:
        """Scroll down by so many lines, or up if negative."""
        self._view.scroll_by(lines)
        self._update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the scroll bar, the mouse that selects, or whoever else sets the position."""
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

    def scroll_up(self, **options: Any) -> None:
        """Scroll one line up."""
        self.scroll_lines(-1)

    def scroll_down(self, **options: Any) -> None:
        """Scroll one line down."""
        self.scroll_lines(1)

    def scroll_page_up(self, **options: Any) -> None:
        """Scroll up by a screen less two lines."""
        self.scroll_lines(-max(1, self._view.height - 2))

    def scroll_page_down(self, **options: Any) -> None:
        """Scroll down by a screen less two lines."""
        self.scroll_lines(max(1, self._view.height - 2))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel; with Shift or Ctrl sideways."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel; with Shift or Ctrl sideways."""
        self._wheel(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Scroll sideways what is under the mouse."""
        self._wheel(event, -1, sideways=True)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Scroll sideways what is under the mouse."""
        self._wheel(event, 1, sideways=True)

    def _wheel(self, event: events.MouseEvent, direction: int, *, sideways: bool = False) -> None:
        event.stop()
        event.prevent_default()
        if sideways or event.shift or event.ctrl:
            self._sideways(event.y, direction)
        else:
            self.scroll_lines(direction * max(1, round(self.app.scroll_sensitivity_y)))

    def _sideways(self, y: int, direction: int) -> None:
        """Scroll to the right (1) or left (-1) what is in a line of the screen."""
        raise NotImplementedError
