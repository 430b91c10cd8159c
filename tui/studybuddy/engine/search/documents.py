"""The text of a file, by pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from studybuddy.engine.search.passages import Unreadable

MAX_CHARACTERS = 50_000_000
"""Of a file's text; what is longer is refused."""


class Kind(StrEnum):
    """How the text is built, which decides where it may be cut."""

    MARKDOWN = "markdown"
    """With headings and fences; also HTML and DOCX, which are rendered so."""
    TEXT = "text"
    CODE = "code"
    SLIDES = "slides"
    """As Markdown, and no chunk goes over the end of a page."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was read from a file."""

    kind: Kind
    pages: tuple[str, ...]
    """Joined without anything between they are the text that positions count in."""
    has_pages: bool
    """Whether the format has pages; else there is one entry that is no page."""


class Gatherer:
    """Collects a document's parts, as long as they stay within `MAX_CHARACTERS`."""

    def __init__(self, limit: int | None = None) -> None:
        """Start with nothing; `limit` is in characters."""
        self._left = MAX_CHARACTERS if limit is None else limit
        self.parts: list[str] = []

    def add(self, part: str) -> None:
        """Take one more part.

        Raises:
            Unreadable: where it is too much.
        """
        self._left -= len(part)
        if self._left < 0:
            raise too_long()
        self.parts.append(part)


def too_long() -> Unreadable:
    """What to say of a text that is too long."""
    return Unreadable(
        "invalid_file",
        f"This file has more than {MAX_CHARACTERS // 1_000_000} million characters of text. "
        "Split it into smaller files.",
    )
