"""The screen-reader mode: linear text, nothing that moves, numbers for choices, a true cursor.

Screen readers follow the terminal's own cursor and read what changes. Textual hides that cursor
and moves it for editors alone; here it is shown, and stands wherever the focus is.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.widgets import Input, OptionList, RadioSet, Static, TextArea

from studybuddy.ui.as_written import LINEAR
from studybuddy.ui.plain import Plain
from studybuddy.ui.widgets.status import StatusLine

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

STYLES = Path(__file__).with_name("linear.tcss")
_NEWS = "linear-news"
_TOGETHER = 2.0
"""Seconds in which what is told is told below each other, and not in place of it."""
_SHOW, _HIDE = "\x1b[?25h", "\x1b[?25l"


class Linear:
    """Holds an app to that mode, or lets it go."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self.filter = Plain(enabled=False)
        """Takes ornaments out of each line that is drawn."""
        self._shown = False
        self._told: list[str] = []
        self._told_at = 0.0

    @property
    def on(self) -> bool:
        """Whether the app is held to it."""
        return self.filter.enabled

    def hold(self, on: bool) -> None:
        """Switch it on or off, and draw everything anew."""
        app = self._app
        if on is self.on:
            return
        self.filter.enabled = on
        if on and not app.stylesheet.has_source(str(STYLES), ""):
            app.stylesheet.read(STYLES)
            app.stylesheet.reparse()
        app.set_class(on, LINEAR)
        app.refresh_css(animate=False)
        for screen in app.screen_stack:
            for widget in screen.walk_children(with_self=True):
                widget.notify_style_update()
            screen.refresh(layout=True)
        self.place_cursor()

    def tell(self, text: str) -> None:
        """Tell something below all else, on the dialog on top too: nothing lies over the text."""
        now = time.monotonic()
        lines = [*(self._told if now - self._told_at < _TOGETHER else ()), text]
        self._told, self._told_at = list(dict.fromkeys(lines)), now
        news = "\n".join(self._told)
        screen = self._app.screen
        for status in self._app.screen_stack[0].query(StatusLine):
            status.news = news
        if screen is not self._app.screen_stack[0]:
            for line in screen.query(f"#{_NEWS}").results(Static):
                line.update(news)
                return
            screen.mount(Static(news, id=_NEWS, markup=False))

    def place_cursor(self) -> None:
        """Put the terminal's cursor where the focus is, and show it; called after each picture."""
        driver = self._app._driver
        if driver is None or self._app.is_headless:
            return
        if not self.on:
            if self._shown:
                self._shown = False
                driver.write(_HIDE)
                driver.flush()
            return
        at = focus_place(self._app.screen.focused) or Offset(0, 0)
        self._app.cursor_position = at  # for the pictures to come
        self._shown = True
        driver.write(f"\x1b[{at.y + 1};{at.x + 1}H{_SHOW}")
        driver.flush()


def focus_place(widget: Widget | None) -> Offset | None:
    """Where on the screen a reader is to be: the cursor of an editor, the chosen row of a list.

    `None` where nothing has the focus.
    """
    from studybuddy.ui.widgets.row_list import RowList

    if widget is None:
        return None
    if isinstance(widget, Input | TextArea):
        return widget.cursor_screen_offset
    region, row = widget.content_region, 0
    if isinstance(widget, OptionList) and widget.highlighted is not None:
        row = widget._index_to_line[widget.highlighted] - round(widget.scroll_y)
    elif isinstance(widget, RowList):
        row = widget.cursor + 1 - round(widget.scroll_y)
    elif isinstance(widget, RadioSet):
        chosen = next(iter(widget.query(".-selected")), widget)
        return chosen.content_region.offset
    elif (own := getattr(widget, "reading_row", None)) is not None:
        row = own
    return Offset(region.x, region.y + max(0, min(row, region.height - 1)))
