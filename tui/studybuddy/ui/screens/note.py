"""A note, opened at the passage that an answer cites."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Label

from studybuddy.domain.runs import Citation
from studybuddy.domain.text import one_line
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.note_pages import NotePages, Place
from studybuddy.ui.widgets.note_text import NoteText

_KEYS = "↑ ↓ PageUp PageDown scroll · / finds · n N next, previous · Esc closes"
LONG = 300_000
"""Characters of a note from which on a search waits until the keys rest."""
REST = 0.25
"""Seconds without a key after which they do."""


class NoteScreen(Dialog[None]):
    """Shows a note's text, scrolled to what is cited; nothing in it can be changed.

    `pages` joined without anything between are what the citation's places count in. Where it has
    none, its quote is looked for; where that is not there, a sentence says so.
    """

    AUTO_FOCUS = "NoteText"
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("q", "leave", "Back", show=False),
        Binding("slash,ctrl+f", "find", "Find", show=False),
        Binding("n", "found(1)", "Next", show=False),
        Binding("N,p", "found(-1)", "Previous", show=False),
    ]

    def __init__(self, title: str, pages: Sequence[str], citation: Citation | None = None) -> None:
        super().__init__()
        self._title_text = one_line(title)
        self._note = NotePages(pages)
        self._passage = self._note.passage(citation)
        self._text = NoteText(self._note)
        self._places: list[Place] = []
        self._at = 0
        self._rest: Timer | None = None
        self._from = Place(0, 0, 0)  # where the search begins

    def compose(self) -> ComposeResult:
        with Vertical(classes="note"):
            with Horizontal(classes="head"):
                yield Label(self._title_text, classes="title", markup=False)
                yield Label("", id="where", markup=False)
            yield Label(self._passage.notice, id="notice", markup=False)
            yield self._text
            with Horizontal(id="find"):
                yield Input(placeholder="Find in this note", compact=True)
            yield Label(_KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#notice").display = bool(self._passage.notice)
        self.query_one("#find").display = False
        self._text.highlight(self._passage.places)
        if self._passage.near is not None:
            self._text.show_place(self._passage.near)

    @on(NoteText.Moved)
    def _tell(self) -> None:
        """Say where the student is, and which of the places found is shown.

        While what is cited is in view, it is the place that counts.
        """
        top = self._text.top
        cited = self._passage.near
        if cited is not None and self._text.shows(cited):
            top = cited
        note = self._note
        parts: list[str] = []
        if self._places:
            parts.append(f"{self._at + 1} of {len(self._places):,} found")
        elif self.query_one(Input).value.strip():
            parts.append("not found")
        if len(note.texts) > 1:
            parts.append(f"page {top.page + 1:,} of {len(note.texts):,}")
        if note.texts:
            line = note.first_lines[top.page] + note.texts[top.page].count("\n", 0, top.start)
            parts.append(f"line {line:,} of {note.line_count:,}")
        self.query_one("#where", Label).update(" · ".join(parts))

    # Finding

    def action_find(self) -> None:
        """Open the line in which a text to find is typed."""
        self._from = self._text.top
        self.query_one("#find").display = True
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        """Search at each letter, in a long note when the keys rest."""
        self._stop_waiting()
        if self._note.size > LONG:
            self._rest = self.set_timer(REST, self._search)
        else:
            self._search()

    def _stop_waiting(self) -> bool:
        """Forget what was to be searched; returns whether there was something."""
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.stop()
        return rest is not None

    def _search(self) -> None:
        self._rest = None
        value = self.query_one(Input).value
        self._places = self._note.find(value)
        place = self._from
        self._at = bisect_left(self._places, Place(place.page, place.start, 0))
        if self._at == len(self._places):
            self._at = 0  # on from the beginning
        nothing = bool(value.strip()) and not self._places
        self.query_one(Input).set_class(nothing, "-nothing")
        self._show_found()

    @on(Input.Submitted)
    def _searched(self) -> None:
        """Go on reading; what was found stays highlighted."""
        if self._stop_waiting():
            self._search()
        self.query_one("#find").display = False
        self._text.focus()

    def action_found(self, by: int) -> None:
        """Show the next place that was found, or the one before."""
        if self._places:
            self._at = (self._at + by) % len(self._places)
            self._show_found()
        elif self._passage.near is not None:
            self._text.show_place(self._passage.near)

    def _show_found(self) -> None:
        self._text.show_found(self._places, self._places[self._at] if self._places else None)
        self._tell()

    def action_leave(self) -> None:
        """Close the line of the search, or the note."""
        if self.query_one("#find").display:
            self.query_one(Input).value = ""
            self.query_one("#find").display = False
            self._text.focus()
        else:
            self.dismiss()
