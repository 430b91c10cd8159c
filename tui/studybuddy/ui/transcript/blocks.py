"""The values that Markdown becomes before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studybuddy.ui.transcript.spans import Spans

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: Spans
    gap: bool = False
    """Whether a blank line stands before the block; so in all the others."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Text shown exactly as it was typed, its line breaks and indentation included."""

    text: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    spans: Spans
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code, without the line feed after its last line."""

    language: str
    """The first word after the fence in lower case; empty where there was none."""
    text: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation."""

    blocks: tuple[Block, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list; a list is a run of items, each a block of its own.

    So a long list that is still being written can be closed item by item.
    """

    marker: str
    """What stands before it: a bullet, "3.", or a box of a task list."""
    blocks: tuple[Block, ...]
    number: int | None = None
    """Its place in an ordered list."""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; each row has as many cells as the header."""

    aligns: tuple[Align, ...]
    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    gap: bool = False
    above: str = ""
    """The source of its beginning, where these rows go on from an earlier part."""


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula that stands by itself."""

    source: str
    """Its LaTeX without what encloses it; empty while that is still being written."""
    markup: str
    """How it was written, shown where it can't be read."""
    language: str = ""
    """Of the fence that encloses it, if one does."""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that stands by itself and may be on this machine."""

    label: Spans
    """What is shown where it can't be drawn."""
    alt: str
    source: str
    """A path, or a data: URL."""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""

    gap: bool = False


Block = Paragraph | Plain | Heading | Code | Quote | Item | Table | Maths | Figure | Rule
