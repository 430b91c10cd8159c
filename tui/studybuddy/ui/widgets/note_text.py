"""The text of a note, drawn line by line: only the pages near the screen are laid out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studybuddy.ui.as_written import AsWritten, is_spoken
from studybuddy.ui.transcript.heights import Heights
from studybuddy.ui.transcript.wrap import Range, wrap
from studybuddy.ui.widgets.note_pages import NotePages, Place

_WIDEST = 100
_NARROWEST = 10
_BAR = "▌"


class NoteText(AsWritten, ScrollView, can_focus=True):
    """Shows pages with the numbers of their lines, and highlights places in them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "note--number", "note--page", "note--bar", "note--passage", "note--found", "note--chosen",
    }  # fmt: skip
    BINDINGS = [
        Binding("up,k", "scroll_up", show=False),
        Binding("down,j", "scroll_down", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "end(-1)", show=False),
        Binding("end", "end(1)", show=False),
    ]

    class Moved(Message):
        """Another line is at the top."""

    def __init__(self, note: NotePages) -> None:
        super().__init__()
        self._note = note
        self._passage: Sequence[Place] = ()
        self._found: dict[int, list[Place]] = {}
        self._chosen: Place | None = None
        self._wanted: Place | None = None  # to be shown as soon as the size is known
        self._room = 0
        self._heights = Heights()
        self._pages: dict[int, list[Range]] = {}
        self._head = 1 if len(note.texts) > 1 else 0  # lines above a page's text
        self._numbers = len(str(note.line_count)) + 1

    # What is shown

    def highlight(self, passage: Sequence[Place]) -> None:
        """Highlight what is cited."""
        self._passage = passage
        self.refresh()

    def show_found(self, found: Iterable[Place], chosen: Place | None) -> None:
        """Highlight what was found, and show the place that is chosen."""
        self._found = {}
        for place in found:
            self._found.setdefault(place.page, []).append(place)
        self._chosen = chosen
        if chosen is not None:
            self.show_place(chosen)
        self.refresh()

    def show_place(self, place: Place) -> None:
        """Scroll so that a place is in view, some lines below the top."""
        if not self._room:
            self._wanted = place
            return
        page, above = place.page, self._row_of(place.page, place.start)
        while page > 0 and above < self.size.height:  # where estimates would move the place
            page -= 1
            above += len(self._lay_out(page))
        y = self._heights.before(place.page) + self._row_of(place.page, place.start)
        self.scroll_to(y=max(0, y - self.size.height // 4), animate=False, force=True)

    @property
    def top(self) -> Place:
        """The place of the first line shown."""
        if not self._heights.total:
            return Place(0, 0, 0)
        page, row = self._heights.find(round(self.scroll_y))
        ranges = self._lay_out(page)
        start, end = ranges[min(max(row - self._head, 0), len(ranges) - 1)]
        return Place(page, start, end)

    def shows(self, place: Place) -> bool:
        """Whether a place is in view."""
        y = self._heights.before(place.page) + self._row_of(place.page, place.start)
        return bool(self._room) and 0 <= y - round(self.scroll_y) < self.size.height

    # Layout

    def _row_of(self, page: int, offset: int) -> int:
        starts = [start for start, _ in self._lay_out(page)]
        return self._head + max(bisect_right(starts, offset) - 1, 0)

    def _lay_out(self, page: int) -> list[Range]:
        """Return the lines of a page; the whole becomes longer or shorter if it was not known."""
        ranges = self._pages.get(page)
        if ranges is None:
            text = self._note.texts[page]
            ranges = wrap([text], self._room)
            if len(ranges) > 1 and text.endswith("\n"):
                ranges.pop()
            self._pages[page] = ranges
            self._heights.set(page, self._head + len(ranges))
            self.virtual_size = Size(self.size.width, self._heights.total)
        return ranges

    def _settle(self) -> None:
        """Lay out what is in view, and a screen above and below it, keeping the top in place."""
        if not self._heights.total:
            return
        height = self.size.height
        page, row = self._heights.find(round(self.scroll_y))
        self._lay_out(page)
        below = self._heights[page] - row
        following = page + 1
        while following < len(self._heights) and below < 2 * height:
            self._lay_out(following)
            below += self._heights[following]
            following += 1
        above = row
        while page > 0 and above < height:
            page -= 1
            before = self._heights[page]
            self._lay_out(page)
            above += self._heights[page]
            if change := self._heights[page] - before:
                self.scroll_to(y=self.scroll_y + change, animate=False, force=True)

    def on_resize(self) -> None:
        """Lay out for the new width, with the same text at the top."""
        room = self.scrollable_content_region.width - self._numbers - 3
        room = max(_NARROWEST, min(_WIDEST, room))
        if room != self._room:
            held = self.top if self._room else None
            self._room = room
            self._pages.clear()
            self._heights = Heights(self._head + _guess(text, room) for text in self._note.texts)
            self.virtual_size = Size(self.size.width, self._heights.total)
            if held is not None:
                y = self._heights.before(held.page) + self._row_of(held.page, held.start)
                self.scroll_to(y=y, animate=False, force=True)
            elif self._wanted is not None:
                self.show_place(self._wanted)
                self._wanted = None
        self._settle()
        self.post_message(self.Moved())
        self.call_after_refresh(self._place_bar)

    def _place_bar(self) -> None:
        """Tell the scroll bar where it is: it was not there when the place was shown."""
        self.vertical_scrollbar.position = self.scroll_y

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value) and self._room:
            self._settle()
            self.post_message(self.Moved())

    def action_scroll_up(self) -> None:
        """Scroll a line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_scroll_down(self) -> None:
        """Scroll a line down."""
        self.scroll_relative(y=1, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by a screen less two lines."""
        self.scroll_relative(y=pages * max(1, self.size.height - 2), animate=False)

    def action_end(self, direction: int) -> None:
        """Go to the beginning, or to the end."""
        if direction > 0 and self._note.texts:
            self._lay_out(len(self._note.texts) - 1)
        self.scroll_to(y=self.max_scroll_y if direction > 0 else 0, animate=False)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        width, base = self.size.width, self.rich_style
        line = y + round(self.scroll_y)
        if line >= self._heights.total:
            return Strip.blank(width, base)
        page, row = self._heights.find(line)
        ranges = self._lay_out(page)
        style = self.get_component_rich_style
        if row < self._head:
            line_before = "" if is_spoken(self) else "── "
            text = f"{line_before}page {page + 1} of {len(self._note.texts)} "
            strip = Strip([Segment(" " + text, style("note--page"))])
            return strip.extend_cell_length(min(width, self._room), style("note--page")).crop(
                0, width
            )
        if row - self._head >= len(ranges):
            return Strip.blank(width, base)
        start, end = ranges[row - self._head]
        cited = [place for place in self._passage if place.page == page]
        marked = any(place.start < end and start < place.end for place in cited)
        bar = Segment(f"{self._mark if marked else ' '} ", style("note--bar"))
        number = Segment(self._number(page, start), style("note--number"))
        segments = [bar, number, *self._segments(page, start, end, cited, base)]
        return Strip(segments).adjust_cell_length(width, base)

    @property
    def _mark(self) -> str:
        """What stands before a line of the cited passage."""
        return "*" if is_spoken(self) else _BAR

    def _number(self, page: int, start: int) -> str:
        text = self._note.texts[page]
        if start and text[start - 1] != "\n":
            return " " * self._numbers  # a line goes on
        number = self._note.first_lines[page] + text.count("\n", 0, start)
        return f"{number:>{self._numbers - 1}} "

    def _segments(
        self, page: int, start: int, end: int, cited: Sequence[Place], base: Style
    ) -> list[Segment]:
        """Cut a line where the highlighting changes."""
        style = self.get_component_rich_style
        layers = [(place, style("note--passage")) for place in cited]
        layers += [(place, style("note--found")) for place in self._found.get(page, ())]
        if self._chosen is not None and self._chosen.page == page:
            layers.append((self._chosen, style("note--chosen")))
        layers = [layer for layer in layers if layer[0].start < end and start < layer[0].end]
        cuts = {start, end}
        for place, _ in layers:
            cuts.update((max(start, place.start), min(end, place.end)))
        text = self._note.texts[page]
        edges = sorted(cuts)
        segments: list[Segment] = []
        for first, last in pairwise(edges):
            over = [shown for place, shown in layers if place.start <= first < place.end]
            segments.append(Segment(text[first:last], over[-1] if over else base))
        return segments


def _guess(text: str, width: int) -> int:
    """Say how many lines a page takes, about, without breaking it into lines."""
    return sum([len(line) // width + 1 for line in text.split("\n")])
