"""Telling a student who looks elsewhere, by the terminal's own means."""

from __future__ import annotations

from textual.app import App

from studybuddy.domain.messages import Conversation
from studybuddy.domain.text import one_line
from studybuddy.ui.turns import Turn

LONGEST = 120
"""Characters of a notification."""


def call(app: App[None], text: str) -> None:
    """Ring the bell and show a notification of the desktop, where the terminal has lost the focus.

    OSC 9 is understood by iTerm2, kitty, WezTerm, Ghostty, foot and Windows Terminal; other
    terminals ignore it. Where the terminal does not tell of its focus, nothing happens.
    """
    if app.app_focus:
        return
    app.bell()
    driver = app._driver  # Textual has no public way to write what is not drawn
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]9;{notification(text)}\x07")


def notification(text: str) -> str:
    """The text of a notification: one line that ends no escape sequence, begins with no digit."""
    plain = one_line(text)
    if len(plain) > LONGEST:
        plain = plain[: LONGEST - 1] + "…"
    return f"Study Buddy: {plain}"


def news(head: Conversation, turn: Turn) -> str:
    """What is new of a turn, for one who looks elsewhere."""
    if turn.required is not None:
        what = "waits for you"
    else:
        what = "is done" if turn.complete else "ended without an answer"
    return f"{head.title or 'An answer'} {what}."
