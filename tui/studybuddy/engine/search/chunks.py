"""Cuts a text into the pieces that are searched."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studybuddy.engine.search.atoms import Atom, Break, atoms
from studybuddy.engine.search.documents import Document
from studybuddy.engine.search.words import extra

CHARACTERS_PER_TOKEN = 4
_EARLY = 0.25  # share of a chunk that must be full before a heading ends it
_LATE = 0.5  # share from which on the strongest break is looked for


@dataclass(frozen=True, slots=True)
class Chunking:
    """How long chunks are, as in OpenAI's static strategy.

    A token is taken for four characters, which holds for English within a tenth or so; a
    chunk is never longer than `max_tokens` of these, whatever the language.
    """

    max_tokens: int = 300
    overlap_tokens: int = 40
    """That a chunk repeats from the one before it; at most half of `max_tokens`."""

    def __post_init__(self) -> None:
        """Refuse what can't be cut by.

        Raises:
            ValueError: where the numbers make no sense together.
        """
        if self.max_tokens < 1 or not 0 <= self.overlap_tokens <= self.max_tokens // 2:
            raise ValueError("the overlap must be at least 0 and at most half of a chunk")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: text[start:end], which neither begins nor ends with a space."""

    start: int
    end: int
    page: int | None
    """The page that `start` is on, from 1."""
    line: int
    """The line of the whole text that `start` is on, from 1."""
    headings: str
    """The headings that it stands below, outermost first, joined by " > "."""
    extra: str = ""
    """More words to find it by."""


def chunked(document: Document, chunking: Chunking) -> list[Chunk]:
    """Cut a document; every visible character of it is in at least one chunk.

    Cuts are made where the text itself has them, in this order: the end of a slide, before a
    heading, between paragraphs, between sentences or lines, between words. A fenced block of
    code is cut only where it is longer than a chunk.
    """
    text = "".join(document.pages)
    longest = chunking.max_tokens * CHARACTERS_PER_TOKEN
    overlap = chunking.overlap_tokens * CHARACTERS_PER_TOKEN
    parts = atoms(document, text, longest)
    page_starts = _page_starts(document)
    chunks: list[Chunk] = []
    line, counted = 1, 0
    for first, last in _packed(parts, longest, overlap):
        start, end = parts[first].start, parts[last].end
        if start >= counted:
            line += text.count("\n", counted, start)
        else:
            line -= text.count("\n", start, counted)
        counted = start
        page = bisect.bisect_right(page_starts, start) if document.has_pages else None
        more = extra(text[start:end])
        chunks.append(Chunk(start, end, page, line, parts[first].headings, more))
    return chunks


def _packed(parts: Sequence[Atom], longest: int, overlap: int) -> Iterator[tuple[int, int]]:
    """First and last atom of each chunk."""
    first = new = 0  # the chunk's first atom, and the first that no chunk before it has
    while new < len(parts):
        after = _cut(parts, first, new, longest)
        yield first, after - 1
        begun, first, new = first, after, after
        if after < len(parts) and parts[after].before < Break.HEADING:
            # Go back while it is within the overlap and leaves room for what is new.
            while (
                first - 1 > begun
                and parts[first - 1].before < Break.HEADING
                and parts[after].start - parts[first - 1].start <= overlap
                and parts[after].end - parts[first - 1].start <= longest
            ):
                first -= 1


def _cut(parts: Sequence[Atom], first: int, new: int, longest: int) -> int:
    """The atom that the chunk of `first` ends before; it has at least the atom `new`."""
    begin = parts[first].start
    best, strength = new + 1, -1
    for index in range(new + 1, len(parts)):
        atom = parts[index]
        full = (parts[index - 1].end - begin) / longest
        if full > 1:
            return best
        if atom.before is Break.PAGE or (atom.before is Break.HEADING and full >= _EARLY):
            return index
        # While little is in it, the last place is the best one, whatever it is.
        worth = int(atom.before) if full >= _LATE else -1
        if worth >= strength:
            best, strength = index, worth
    if (parts[-1].end - begin) / longest > 1:
        return best
    return len(parts)


def _page_starts(document: Document) -> list[int]:
    starts: list[int] = []
    position = 0
    for page in document.pages:
        starts.append(position)
        position += len(page)
    return starts
