"""Widgets that show what somebody wrote: a screen reader gets every character of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.filter import LineFilter
from textual.widget import Widget

# Textual inherits styles from the first base that is a widget, so that this one is none.
if TYPE_CHECKING:
    _Base = Widget
else:
    _Base = object

LINEAR = "-linear"
"""Class of the app while it is held to the screen-reader mode."""


class AsWritten(_Base):
    """Keeps its lines from having ornaments taken out; its own ones it leaves out by itself."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line goes through before it is seen."""
        filters = super().get_line_filters()
        return [one for one in filters if not getattr(one, "takes_ornaments", False)]


def is_spoken(widget: Widget) -> bool:
    """Whether a screen reader reads what a widget shows."""
    return widget.app.has_class(LINEAR)
