"""Walking over the formulas and the images of the conversation."""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style

from studybuddy.domain.messages import Message, Role
from studybuddy.ui.transcript.book import Book, Position
from studybuddy.ui.transcript.lines import Line
from studybuddy.ui.transcript.maths_found import URL
from studybuddy.ui.transcript.spans import PICTURE

_IMAGE = "[image"


class FormulaPlace(NamedTuple):
    """A formula: the number of its message, the part of that, its number in the part."""

    item: int
    part: int
    number: int


class FormulaPiece(NamedTuple):
    """Where a line of a formula is drawn."""

    position: Position
    segment: int


class Drawn(NamedTuple):
    """A formula or an image on the screen."""

    source: str
    """Its LaTeX, or where the image is."""
    pieces: tuple[FormulaPiece, ...]
    """From top to bottom, at least one."""
    image: bool = False


def drawn_at(book: Book, place: FormulaPlace) -> Drawn | None:
    """Return how a formula is drawn, or `None` where there is none at that place any more."""
    if not 0 <= place.item < len(book.messages) or not _may_have(book.messages[place.item]):
        return None
    if place.part >= len(book.entry(place.item).parts):
        return None
    found = _drawn_in(book, place.item, place.part)
    return found[place.number] if place.number < len(found) else None


def formula_after(book: Book, place: FormulaPlace) -> FormulaPlace | None:
    """Return the first formula behind `place`, or `None`."""
    for item in range(place.item, len(book.messages)):
        for found in _formulas_in(book, item):
            if found > place:
                return found
    return None


def formula_before(book: Book, place: FormulaPlace) -> FormulaPlace | None:
    """Return the last formula before `place`, or `None`."""
    for item in range(min(place.item, len(book.messages) - 1), -1, -1):
        for found in reversed(_formulas_in(book, item)):
            if found < place:
                return found
    return None


def _formulas_in(book: Book, item: int) -> list[FormulaPlace]:
    if not _may_have(book.messages[item]):
        return []
    return [
        FormulaPlace(item, part, number)
        for part in range(len(book.entry(item).parts))
        for number in range(len(_drawn_in(book, item, part)))
    ]


def _drawn_in(book: Book, item: int, part: int) -> list[Drawn]:
    """Collect the formulas of a part; one goes on as long as nothing else that is text comes."""
    found: list[tuple[str, list[FormulaPiece]]] = []
    before = ""  # with its prefix: what an image and a formula are called may be the same
    for row, line in enumerate(book.layout(item, part).lines):
        here = False
        for number, source in _sources(line):
            if source and not (source == before and not here):
                found.append((source, []))
            if source:
                found[-1][1].append(FormulaPiece(Position(item, part, row), number))
                here = True
            before = source
        if not here:
            before = ""
    return [_drawn(source, tuple(pieces)) for source, pieces in found]


def _drawn(target: str, pieces: tuple[FormulaPiece, ...]) -> Drawn:
    if target.startswith(URL):
        return Drawn(target.removeprefix(URL), pieces)
    return Drawn(target.removeprefix(PICTURE), pieces, image=True)


def _sources(line: Line) -> list[tuple[int, str]]:
    """Return for each segment that is formula or text its number, and what it leads to or ""."""
    sources: list[tuple[int, str]] = []
    for number, (segment, offset) in enumerate(zip(line.segments, line.offsets, strict=True)):
        source = _source(segment.style, segment.text.startswith(_IMAGE))
        if source or offset >= 0:
            sources.append((number, source))
    return sources


def _source(style: Style | None, is_image: bool) -> str:
    url = style.meta.get("url") if style is not None else None
    if not isinstance(url, str):
        return ""
    return url if is_image or url.startswith((URL, PICTURE)) else ""


def _may_have(message: Message) -> bool:
    text = message.text
    return message.role is not Role.USER and any(mark in text for mark in ("$", "\\", "```", "!["))
