"""The smallest pieces of a text that chunks are put together from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from studybuddy.engine.search.documents import Document, Kind
from studybuddy.engine.search.sentences import sentences

_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+)\s*$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")


class Break(IntEnum):
    """How good a place for a cut is."""

    WORD = 0
    SENTENCE = 1
    PARAGRAPH = 2
    HEADING = 3
    PAGE = 4


@dataclass(frozen=True, slots=True)
class Atom:
    """text[start:end] without spaces around it, and the break before it."""

    start: int
    end: int
    before: Break
    headings: str


def atoms(document: Document, text: str, longest: int) -> list[Atom]:
    """All of a document's text in pieces of at most `longest` characters."""
    found: list[Atom] = []
    marked = document.kind in (Kind.MARKDOWN, Kind.SLIDES)
    path: list[tuple[int, str]] = []
    for block in _blocks(document, text):
        if marked and block.heading:
            level, title = block.heading
            path = [*(above for above in path if above[0] < level), (level, title)]
        headings = " > ".join(title for _level, title in path)
        before: Break | None = block.before
        for start, end, inner in _pieces(text, block, document.kind, longest):
            found.append(Atom(start, end, before if before is not None else inner, headings))
            before = None
    return found


@dataclass(slots=True)
class _Block:
    """A paragraph, a heading or a fence."""

    start: int
    end: int
    before: Break
    heading: tuple[int, str] | None = None
    is_fence: bool = False


def _blocks(document: Document, text: str) -> Iterator[_Block]:
    position = 0
    for page in document.pages:
        hard = document.kind is Kind.SLIDES
        for block in _page_blocks(document.kind, text, position, position + len(page)):
            if hard:
                block.before = Break.PAGE
                hard = False
            yield block
        position += len(page)


def _page_blocks(kind: Kind, text: str, start: int, end: int) -> Iterator[_Block]:
    """Blocks are parted by empty lines; in Markdown also by headings and fences."""
    marked = kind in (Kind.MARKDOWN, Kind.SLIDES)
    open_at: int | None = None  # of the paragraph that goes on
    fence = ""
    position = start
    while position < end:
        newline = text.find("\n", position, end)
        after = end if newline < 0 else newline + 1
        line = text[position:after]
        if fence:
            found = _FENCE.match(line)
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                yield _Block(open_at or 0, after, Break.PARAGRAPH, is_fence=True)
                fence, open_at = "", None
        elif not line.strip():
            if open_at is not None:
                yield _Block(open_at, position, Break.PARAGRAPH)
            open_at = None
        elif marked and (found := _FENCE.match(line)):
            if open_at is not None:
                yield _Block(open_at, position, Break.PARAGRAPH)
            fence, open_at = found[1], position
        elif marked and (found := _HEADING.match(line)):
            if open_at is not None:
                yield _Block(open_at, position, Break.PARAGRAPH)
            open_at = None
            title = line[found.end() :].strip().rstrip("#").rstrip()
            yield _Block(position, after, Break.HEADING, (len(found[1]), title))
        elif marked and open_at is not None and (found := _UNDERLINE.match(line)):
            title = text[open_at:position].strip()
            if "\n" in title or "|" in title:  # a rule or a table below a paragraph
                position = after
                continue
            yield _Block(open_at, after, Break.HEADING, (1 if found[1][0] == "=" else 2, title))
            open_at = None
        elif open_at is None:
            open_at = position
        position = after
    if open_at is not None:
        yield _Block(open_at, end, Break.PARAGRAPH, is_fence=bool(fence))


def _pieces(text: str, block: _Block, kind: Kind, longest: int) -> Iterator[tuple[int, int, Break]]:
    """A block's sentences or lines, cut again where they are too long."""
    start, end = _trimmed(text, block.start, block.end)
    if start >= end:
        return
    if block.heading or (block.is_fence and end - start <= longest):
        spans = [(start, end)]
    elif block.is_fence or kind is Kind.CODE:
        spans = _lines(text, start, end)
    else:
        spans = sentences(text, start, end)
    for first, last in spans:
        inner = Break.SENTENCE
        for piece in _words(text, first, last, longest):
            yield (*piece, inner)
            inner = Break.WORD


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while start < end:
        newline = text.find("\n", start, end)
        after = end if newline < 0 else newline + 1
        first, last = _trimmed(text, start, after)
        if first < last:
            spans.append((first, last))
        start = after
    return spans


def _words(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most `longest` characters, cut at spaces where there are any."""
    while end - start > longest:
        cut = start + longest
        space = max(text.rfind(" ", start + longest // 2, cut), text.rfind("\n", start, cut))
        if space > start:
            cut = space
        first, last = _trimmed(text, start, cut)
        if first < last:
            yield first, last
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
