"""A note's text by pages: its lines, the place of what is cited, and what is found in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from studybuddy.domain.runs import Citation
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.wrap import measurable

MOST_FOUND = 10_000
"""Places that a search tells."""
_FEW_WORDS = 8
"""Words of a quote's beginning that are looked for where the whole of it is not there."""
_LONGEST = 4_000
"""Characters of a quote that are looked for."""

GONE = "What was cited is not in this note any more: it was changed since."
NOT_TOLD = "The server did not tell which passage is cited."
EMPTY = "There is no text in this note."


class Place(NamedTuple):
    """A stretch of the text of one page, in characters."""

    page: int
    """From 0."""
    start: int
    end: int


class Passage(NamedTuple):
    """What a citation leads to."""

    places: tuple[Place, ...]
    """One for each page that it is on, to be highlighted; empty where it is not there."""
    near: Place | None
    """What to show, where that is known."""
    notice: str = ""
    """What to tell the student, where it is not there."""


class NotePages:
    """The text as it is shown: harmless, each tab as four spaces."""

    def __init__(self, pages: Sequence[str]) -> None:
        """`pages` joined without anything between are what a citation's places count in."""
        self._raw = pages
        self.texts = [_shown(page) for page in pages]
        counts = [text.count("\n") for text in self.texts]
        self.first_lines = list(accumulate(counts, initial=1))[:-1]
        """The number of each page's first line, from 1 in the whole note."""
        self.line_count = sum(counts) + (not "".join(self.texts[-1:]).endswith("\n"))
        self._starts = list(accumulate(map(len, self.texts), initial=0))

    @property
    def size(self) -> int:
        """Characters in all."""
        return self._starts[-1]

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read."""
        return not any(text.strip() for text in self.texts)

    def passage(self, citation: Citation | None) -> Passage:
        """Find what a citation leads to: by its place, else by its words, else by page or line."""
        if self.blank:
            return Passage((), None, EMPTY)
        if citation is None:
            return Passage((), None)
        quote = _shown(citation.quote)
        places = self._told(citation)
        if places and (not quote.strip() or _same(self._text_of(places), quote)):
            return Passage(places, places[0])
        if places := self._quoted(quote, citation.page):
            return Passage(places, places[0])
        near = self._near(citation)
        return Passage((), near, GONE if quote.strip() else NOT_TOLD)

    def find(self, query: str) -> list[Place]:
        """Return where a text is, whatever its case and however its spaces are broken."""
        pattern = _spaced(_shown(query), re.IGNORECASE)
        if pattern is None:
            return []
        found: list[Place] = []
        for page, text in enumerate(self.texts):
            found.extend(Place(page, *match.span()) for match in pattern.finditer(text))
            if len(found) >= MOST_FOUND:
                break
        return found[:MOST_FOUND]

    def _told(self, citation: Citation) -> tuple[Place, ...]:
        """Return the place that the citation tells, in the text as it is shown."""
        start, end = citation.note_start, citation.note_end
        if start is None or end is None or not 0 <= start < end:
            return ()
        places: list[Place] = []
        begin = 0
        for number, page in enumerate(self._raw):
            first, last = max(start - begin, 0), min(end - begin, len(page))
            if first < last:
                places.append(Place(number, len(_shown(page[:first])), len(_shown(page[:last]))))
            begin += len(page)
        return tuple(places) if end <= begin else ()

    def _text_of(self, places: Sequence[Place]) -> str:
        return "".join(self.texts[place.page][place.start : place.end] for place in places)

    def _quoted(self, quote: str, page: int | None) -> tuple[Place, ...]:
        """Return the place of a quote, on the page that was told if it is there."""
        whole = "".join(self.texts)
        wanted = self._starts[page - 1] if page and page <= len(self.texts) else 0
        for words in (quote[:_LONGEST], " ".join(quote.split()[:_FEW_WORDS])):
            if (pattern := _spaced(words)) is None:
                continue
            match = pattern.search(whole, wanted) or pattern.search(whole)
            if match is not None:
                return self._divided(*match.span())
        return ()

    def _divided(self, start: int, end: int) -> tuple[Place, ...]:
        places: list[Place] = []
        page = bisect_right(self._starts, start) - 1
        while page < len(self.texts) and self._starts[page] < end:
            base = self._starts[page]
            place = Place(page, max(start - base, 0), min(end - base, len(self.texts[page])))
            if place.start < place.end:
                places.append(place)
            page += 1
        return tuple(places)

    def _near(self, citation: Citation) -> Place | None:
        if citation.line is not None and 1 <= citation.line <= self.line_count:
            page = max(bisect_right(self.first_lines, citation.line) - 1, 0)
            start = 0
            for _ in range(citation.line - self.first_lines[page]):
                start = self.texts[page].find("\n", start) + 1
            return Place(page, start, start)
        if citation.page is not None and 1 <= citation.page <= len(self.texts):
            return Place(citation.page - 1, 0, 0)
        return None


def _shown(text: str) -> str:
    return measurable(harmless(text).replace("\t", "    "))


def _same(text: str, quote: str) -> bool:
    """Tell whether a text is a quote or has it in it, spaces aside."""
    return "".join(quote.split()) in "".join(text.split())


def _spaced(text: str, flags: int = 0) -> re.Pattern[str] | None:
    words = text.split()
    return re.compile(r"\s+".join(map(re.escape, words)), flags) if words else None
