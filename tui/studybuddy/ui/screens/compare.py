"""Two versions of a message, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.widgets import Label

from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.text import one_line
from studybuddy.ui.as_written import is_spoken
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.transcript import Transcript

WIDE = 100
"""Columns from which on the versions stand beside each other, not one below the other."""


class CompareScreen(Dialog[str | None]):
    """Shows two versions of several; returns the id of the one to go on with, or `None`."""

    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape,q", "leave", "Back", show=False),
        Binding("tab,shift+tab", "other", "Other side", show=False, priority=True),
        Binding("left,h", "version(-1)", "Version before", show=False),
        Binding("right,l", "version(1)", "Version after", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("enter", "keep", "Go on with this one", show=False),
    ]

    def __init__(self, versions: Sequence[Message], shown_id: str, question: str = "") -> None:
        """Take two versions or more, oldest first, and the one that is in the conversation."""
        super().__init__()
        self._versions = [_still(message) for message in versions]
        ids = [message.id for message in versions]
        shown = ids.index(shown_id) if shown_id in ids else len(ids) - 1
        other = shown - 1 if shown else 1
        self._at = [min(shown, other), max(shown, other)]
        self._side = self._at.index(shown)
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet compare"):
            yield Label("", id="question", classes="title", markup=False)
            with Container(id="versions"):
                for side in (0, 1):
                    with Vertical(classes="version", id=f"side-{side}"):
                        yield Label("", classes="name", markup=False)
                        yield Transcript()
            yield Label(
                "Tab other side · ← → versions · ↑ ↓ · Enter goes on with it · Esc closes",
                id="keys",
            )

    def on_mount(self) -> None:
        self.app.clear_notifications()  # they would lie over it
        told = f"Versions of the answer to: {one_line(self._question)}"
        self.query_one("#question", Label).update(told if self._question else "Versions")
        for side in (0, 1):
            self._transcript(side).spoken = is_spoken(self)
            self._show(side)
        self._focus()

    def on_resize(self, event: events.Resize) -> None:
        """Put them side by side where there is room."""
        self.query_one("#versions").set_class(event.size.width >= WIDE, "-wide")

    def _transcript(self, side: int) -> Transcript:
        return self.query_one(f"#side-{side} Transcript", Transcript)

    def _show(self, side: int) -> None:
        message = self._versions[self._at[side]]
        transcript = self._transcript(side)
        transcript.set_messages([message])
        transcript.go_to(f"{message.id}:0")  # both are read from their beginning
        name = f"Version {self._at[side] + 1} of {len(self._versions)}"
        self.query_one(f"#side-{side} .name", Label).update(name)

    def _focus(self) -> None:
        for side in (0, 1):
            self.query_one(f"#side-{side}").set_class(side == self._side, "-chosen")
        self._transcript(self._side).focus()

    # Keys

    def action_other(self) -> None:
        """Go to the other side."""
        self._side = 1 - self._side
        self._focus()

    def action_version(self, by: int) -> None:
        """Show another version on this side, but the one on the other."""
        at = self._at[self._side] + by
        if at == self._at[1 - self._side]:
            at += by
        if 0 <= at < len(self._versions):
            self._at[self._side] = at
            self._show(self._side)

    def action_scroll(self, lines: int) -> None:
        """Scroll this side."""
        self._transcript(self._side).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll this side by what is on screen."""
        transcript = self._transcript(self._side)
        transcript.scroll_relative(y=pages * max(1, transcript.size.height - 1), animate=False)

    def action_keep(self) -> None:
        """Go on with the version on this side."""
        self.dismiss(self._versions[self._at[self._side]].id)

    def action_leave(self) -> None:
        """Leave the conversation as it is."""
        self.dismiss(None)


def _still(message: Message) -> Message:
    """A version as it is read: one that is being written shows what there is."""
    if message.state is MessageState.STREAMING:
        return replace(message, state=MessageState.STOPPED)
    return message
