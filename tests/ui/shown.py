"""The text that a screen shows."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def lines_of(screen: Screen[Any]) -> list[str]:
    """The lines on the screen, with those of the screens that a dialog lets through.

    Without them the dialog would paint itself on nothing, and keep that.
    """
    update: Any = screen._compositor.render_inline(screen.size, screen.app._background_screens)
    return ["".join(segment.text for segment in line) for line in update.strips]
