"""Which lines are on the screen, and how that follows from scrolling and from new text."""

from __future__ import annotations

from typing import NamedTuple

from studybuddy.ui.transcript.book import Book, Position
from studybuddy.ui.transcript.lines import Line
from studybuddy.ui.transcript.look import Look


class Row(NamedTuple):
    """A line on the screen."""

    position: Position
    line: Line


class View:
    """A window on the book that stays on what it shows, or on the end."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.height = 0
        """In lines."""
        self.following = True
        """Whether the window stays at the end when text is added."""
        self.top: Position | None = None
        """The first line shown."""
        self._held: int | None = None  # the character that stays at the top when sizes change

    @property
    def scroll(self) -> int:
        """Return the number of the first line shown, as far as heights are known."""
        return 0 if self.top is None else self.book.line_of(self.top)

    def rows(self) -> list[Row]:
        """Return the lines shown, laying them out; fewer than the height if there are no more."""
        book = self.book
        if not book.messages or self.height <= 0:
            self.top = None
            return []
        rows = [] if self.following or self.top is None else self._down_from(self.top)
        if len(rows) < self.height:  # following, or past the end
            rows = self._down_from(book.moved(book.end(), 1 - self.height))
        self.top = rows[0].position
        first, last = rows[0].position.item, rows[-1].position.item
        book.tidy(range(first, last + 1))
        return rows

    def scroll_by(self, lines: int) -> None:
        """Move down, or up if negative; at the end, begin to follow it."""
        if self.top is None:
            return
        self.top = self.book.moved(self.top, lines)
        self._settle()

    def scroll_to(self, line: int) -> None:
        """Show a line, given by its number, at the top."""
        if self.book.messages:
            self.top = self.book.at(line)
            self._settle()

    def show(self, position: Position) -> None:
        """Show a position at the top, as far as there is text below it."""
        self.top = position
        self._settle()

    def reveal(self, first: Position, last: Position) -> None:
        """Scroll as little as it takes to show the lines from `first` to `last`, or else the
        beginning of them."""
        rows = self.rows()
        if not rows:
            return
        if first < rows[0].position:
            self.show(self.book.moved(first, -1))
        elif last > rows[-1].position:
            top = self.book.moved(last, 2 - self.height)
            self.show(min(top, self.book.moved(first, -1)))

    def removing(self, item: int) -> None:
        """Prepare for the removal of a message: keep what is shown of the others in place."""
        if self.top is None or item > self.top.item:
            return
        if item < self.top.item:
            self.top = self.top._replace(item=self.top.item - 1)
        elif item + 1 < len(self.book.messages):
            self.top = Position(item, 0, 0)
        else:
            self.top = Position(max(0, item - 1), 0, 0)

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self.top = None

    def relay(self, look: Look) -> None:
        """Lay out anew for another width or palette, with the same text at the top."""
        top = None if self.following else self.top
        if top is not None and self._held is None:
            self._held = self.book.layout(top.item, top.part).lines[top.row].at
        held = self._held
        self.book.relay(look)
        if top is not None and held is not None and top.part > 0:
            lines = self.book.layout(top.item, top.part).lines
            row = max((row for row, line in enumerate(lines) if line.at <= held), default=0)
            self.top = top._replace(row=row)

    def _settle(self) -> None:
        self.following = False
        self._held = None
        rows = self._down_from(self.top) if self.top else []
        if not rows:  # there is no size yet
            return
        end = self.book.end()
        if len(rows) < self.height or rows[-1].position == end:
            self.following = True

    def _down_from(self, top: Position) -> list[Row]:
        book = self.book
        item, part, row = book.moved(top, 0)  # the text may have been divided anew
        rows: list[Row] = []
        while len(rows) < self.height:
            lines = book.layout(item, part).lines
            stop = row + self.height - len(rows)
            rows.extend(
                Row(Position(item, part, number), line)
                for number, line in enumerate(lines[row:stop], row)
            )
            row = 0
            if part + 1 < len(book.entry(item).parts):
                part += 1
            elif item + 1 < len(book.messages):
                item += 1
                part = 0
            else:
                break
        return rows
