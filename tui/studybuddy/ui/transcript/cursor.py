"""Walking over messages and code blocks by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.ui.transcript.book import Book, Position

if TYPE_CHECKING:
    from studybuddy.ui.transcript.formulas import Drawn, FormulaPlace


class CodePlace(NamedTuple):
    """A code block: the number of its message, the part of that, its number in the part."""

    item: int
    part: int
    code: int


class CitationPlace(NamedTuple):
    """A citation: the number of its message, the part of that, its number in the part."""

    item: int
    part: int
    number: int


class CitationSegment(NamedTuple):
    """Where a citation is drawn, and what it leads to."""

    position: Position
    segment: int
    url: str


class Cursor:
    """Stands on a message, and maybe on a code block, a citation or a formula in it; or nowhere."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._id: str | None = None
        self.code: CodePlace | None = None
        self.citation: CitationPlace | None = None
        self.formula: FormulaPlace | None = None

    @property
    def item(self) -> int | None:
        """The number of the message, or `None`."""
        if self._id is None or self._id not in self._book:
            return None
        return self._book.place_of(self._id)

    def put(self, item: int | None) -> None:
        """Stand on a message, or nowhere."""
        self._id = None if item is None else self._book.messages[item].id
        self.code = None
        self.citation = None
        self.formula = None

    def put_on_code(self, place: CodePlace) -> None:
        """Stand on a code block."""
        self.put(place.item)
        self.code = place

    def put_on_citation(self, place: CitationPlace) -> None:
        """Stand on a citation."""
        self.put(place.item)
        self.citation = place

    def put_on_formula(self, place: FormulaPlace) -> None:
        """Stand on a formula."""
        self.put(place.item)
        self.formula = place

    @property
    def drawn(self) -> Drawn | None:
        """The formula on which it stands, if it does."""
        if self.formula is None or self.formula.item != self.item:
            return None
        from studybuddy.ui.transcript.formulas import drawn_at

        return drawn_at(self._book, self.formula)

    @property
    def pointed(self) -> dict[Position, int]:
        """Which segments of which lines the citation or formula under it is."""
        if (drawn := self.drawn) is not None:
            return dict(drawn.pieces)
        found = self.segment
        return {} if found is None else {found.position: found.segment}

    @property
    def segment(self) -> CitationSegment | None:
        """Where the citation is drawn on which it stands, if it does."""
        place = self.citation
        if place is None or place.item != self.item:  # the messages may be others now
            return None
        return citation_segment(self._book, place)

    def marks(self, position: Position, code: int) -> bool:
        """Tell whether the cursor stands on a line, given by its place and code number."""
        if position.item != self.item:
            return False
        if self.code is not None:
            return (position.part, code) == self.code[1:]
        return position.part > 0 or position.row > 0  # not on the blank line above

    def lines(self) -> tuple[Position, Position] | None:
        """Return the first and the last line it stands on."""
        if self.code is not None:
            return self._lines_of_code(self.code)
        if pointed := self.pointed:
            return min(pointed), max(pointed)
        item = self.item
        if item is None:
            return None
        last = self._book.moved(Position(item, 0, 0), self._book.entry(item).height - 1)
        return Position(item, 0, 1), last

    def _lines_of_code(self, place: CodePlace) -> tuple[Position, Position]:
        lines = self._book.layout(place.item, place.part).lines
        rows = [row for row, line in enumerate(lines) if line.code == place.code]
        first = Position(place.item, place.part, rows[0])
        return first, first._replace(row=rows[-1])


def codes_in(book: Book, item: int) -> list[CodePlace]:
    """Return the code blocks of a message."""
    if not _may_have_code(book.messages[item]):
        return []
    return [
        CodePlace(item, part, code)
        for part, layout in enumerate(book.whole(item))
        for code in range(len(layout.codes))
    ]


def code_after(book: Book, place: CodePlace) -> CodePlace | None:
    """Return the first code block behind `place`, or `None`."""
    for item in range(place.item, len(book.messages)):
        for found in codes_in(book, item):
            if found > place:
                return found
    return None


def code_before(book: Book, place: CodePlace) -> CodePlace | None:
    """Return the last code block before `place`, or `None`."""
    for item in range(min(place.item, len(book.messages) - 1), -1, -1):
        for found in reversed(codes_in(book, item)):
            if found < place:
                return found
    return None


def code_text(book: Book, place: CodePlace) -> str:
    """Return the text of a code block."""
    return book.whole(place.item)[place.part].codes[place.code]


def _segments_in(book: Book, item: int, part: int) -> list[CitationSegment]:
    return [
        CitationSegment(Position(item, part, row), number, url)
        for row, line in enumerate(book.layout(item, part).lines)
        for number, segment in enumerate(line.segments)
        if segment.text.startswith("[") and (url := _citation_url(segment.style)) is not None
    ]


def _citation_url(style: Style | None) -> str | None:
    url = style.meta.get("url") if style is not None else None
    return url if isinstance(url, str) and url.startswith("citation:") else None


def citation_segment(book: Book, place: CitationPlace) -> CitationSegment | None:
    """Return where a citation is drawn, or `None` where there is none at that place any more."""
    if not 0 <= place.item < len(book.messages) or not citations_of(book.messages[place.item]):
        return None
    if place.part >= len(book.entry(place.item).parts):
        return None
    segments = _segments_in(book, place.item, place.part)
    return segments[place.number] if place.number < len(segments) else None


def citations_in(book: Book, item: int) -> list[CitationPlace]:
    """Return the citations of a message: its marks, and its sources after them."""
    if not citations_of(book.messages[item]):
        return []
    return [
        CitationPlace(item, part, number)
        for part in range(len(book.entry(item).parts))
        for number in range(len(_segments_in(book, item, part)))
    ]


def citation_after(book: Book, place: CitationPlace) -> CitationPlace | None:
    """Return the first citation behind `place`, or `None`."""
    for item in range(place.item, len(book.messages)):
        for found in citations_in(book, item):
            if found > place:
                return found
    return None


def citation_before(book: Book, place: CitationPlace) -> CitationPlace | None:
    """Return the last citation before `place`, or `None`."""
    for item in range(min(place.item, len(book.messages) - 1), -1, -1):
        for found in reversed(citations_in(book, item)):
            if found < place:
                return found
    return None


def _may_have_code(message: Message) -> bool:
    text = message.text
    if message.state is MessageState.STREAMING or "```" in text or "~~~" in text:
        return True
    return message.role is not Role.USER and ("\t" in text or "    " in text)
