"""Citations in answers: their numbers, what they are called, and an answer with them as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.text import one_line

if TYPE_CHECKING:
    from studybuddy.domain.runs import Citation

MOST = 6_400
"""Citations of a message that count."""
_SPECIAL = "\\`*_[]<>"


def citations_of(message: Message) -> tuple[Citation, ...]:
    """Return the citations that a message shows: those of an answer that is finished."""
    if message.details is None or message.role is not Role.ASSISTANT:
        return ()
    return () if message.state is MessageState.STREAMING else message.details.citations


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
    places = enumerate(citations_of(message)[:MOST])
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


def cited_markdown(message: Message) -> str:
    """Return a message as it is copied: with marks such as [1], and its sources at the end."""
    sources = sources_of(message)
    if not sources:
        return message.text
    text = with_marks(message, lambda mark: f"[{mark.number}]", str).rstrip()
    titles = [_escaped(title_of(mark.citation)) for mark in sources]
    lines = [f"{mark.number}. {title}" for mark, title in zip(sources, titles, strict=True)]
    return "\n".join([text, "", "Sources:", "", *lines])


def with_marks(message: Message, shown: Callable[[Mark], str], rest: Callable[[str], str]) -> str:
    """Return a message's text with its marks as `shown` has them, and all else as `rest` has it."""
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


def _escaped(text: str) -> str:
    """Text as Markdown that means nothing but itself."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
