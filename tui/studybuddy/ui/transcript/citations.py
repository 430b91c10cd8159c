"""Citations: numbered marks in an answer, and the list of sources under it.

A mark goes through the Markdown parser as brackets around two private-use characters, which say
its number and which of the message's citations it is. The brackets are those of the raw marks, so
that emphasis beside them is read the same while the answer streams and after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from studybuddy.domain.messages import Message
from studybuddy.domain.runs import Citation
from studybuddy.domain.text import harmless, one_line
from studybuddy.ui.transcript.blocks import CITATION, Span, Spans
from studybuddy.ui.transcript.look import citations_of

_FIRST = 0xE000
_MOST = 6_400  # private-use characters
_PLACE = re.compile("【([\ue000-\uf8ff])([\ue000-\uf8ff])】")
_TARGET = "citation:"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>])")


class Mark(NamedTuple):
    """A citation as it is shown."""

    number: int
    """From 1, by first appearance; the same for all places on a page, or in a line."""
    place: int
    """Among the message's citations, from 0."""
    citation: Citation


def marks_of(message: Message) -> list[Mark]:
    """Return the marks of a message in the order of its text; what makes no sense is left out."""
    text = message.text
    marks: list[Mark] = []
    numbers: dict[object, int] = {}
    end = 0
    places = enumerate(citations_of(message)[:_MOST])
    for index, found in sorted(places, key=lambda place: (place[1].start, place[1].end)):
        if not end <= found.start <= found.end <= len(text):
            continue
        end = found.end
        where: object = ("page", found.page) if found.page is not None else ("line", found.line)
        if found.page is None and found.line is None:
            where = found.quote
        number = numbers.setdefault((found.file_id, where), len(numbers) + 1)
        marks.append(Mark(number, index, found))
    return marks


def sources_of(message: Message) -> list[Mark]:
    """Return the first mark of each number."""
    firsts: dict[int, Mark] = {}
    for mark in marks_of(message):
        firsts.setdefault(mark.number, mark)
    return list(firsts.values())


def cited_text(message: Message) -> str:
    """Return a message's text with its marks made ready for the parser, which is harmless."""

    def place(mark: Mark) -> str:
        return f"【{chr(_FIRST + mark.number)}{chr(_FIRST + mark.place)}】"

    return harmless(_with_marks(message, place, without_places))


def cited_markdown(message: Message) -> str:
    """Return a message as it is copied: with marks such as [1], and its sources at the end."""
    sources = sources_of(message)
    if not sources:
        return message.text
    text = _with_marks(message, lambda mark: f"[{mark.number}]", str).rstrip()
    titles = [_MARKDOWN.sub(r"\\\1", title_of(mark.citation)) for mark in sources]
    lines = [f"{mark.number}. {title}" for mark, title in zip(sources, titles, strict=True)]
    return "\n".join([text, "", "Sources:", "", *lines])


def _with_marks(message: Message, shown: Callable[[Mark], str], rest: Callable[[str], str]) -> str:
    pieces: list[str] = []
    position = 0
    for mark in marks_of(message):
        pieces += [rest(message.text[position : mark.citation.start]), shown(mark)]
        position = mark.citation.end
    pieces.append(rest(message.text[position:]))
    return "".join(pieces)


def title_of(citation: Citation) -> str:
    """Say where a citation leads: the file and, where it is known, the page or line."""
    name = one_line(citation.file_name or citation.file_id)
    if citation.page is not None:
        return f"{name}, page {citation.page}"
    return name if citation.line is None else f"{name}, line {citation.line}"


def cited_spans(spans: Spans) -> Spans:
    """Return spans in which the marks are spans of their own."""
    found: list[Span] = []
    for span in spans:
        position = 0
        for match in _PLACE.finditer(span.text):
            if before := span.text[position : match.start()]:
                found.append(span._replace(text=before))
            number, index = (ord(character) - _FIRST for character in match.groups())
            found.append(Span(f"[{number}]", CITATION, target(index)))
            position = match.end()
        if not position:
            found.append(span)
        elif rest := span.text[position:]:
            found.append(span._replace(text=rest))
    return tuple(found)


def without_places(text: str) -> str:
    """Return text in which no click leads anywhere, such as code, with its marks as text."""
    return _PLACE.sub(lambda match: f"[{ord(match[1]) - _FIRST}]", text)


def target(index: int) -> str:
    """Return what a click on a mark leads to; no link of a model's can be the same."""
    return f"{_TARGET}{index}"


def index_of(url: str) -> int | None:
    """Return which of a message's citations `target` made this of."""
    return int(url[len(_TARGET) :]) if url.startswith(_TARGET) else None
