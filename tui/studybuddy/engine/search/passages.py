"""What a search finds, and why a file can't be searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Code = Literal["server_error", "unsupported_file", "invalid_file"]
"""As `last_error.code` of OpenAI's vector store file."""


class Unreadable(Exception):
    """A file that can't be searched: a code, and a sentence for the student."""

    def __init__(self, code: Code, sentence: str) -> None:
        """Take what OpenAI calls it, and what to say."""
        super().__init__(sentence)
        self.code: Code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a file that a search found."""

    file_id: str
    file_name: str
    text: str
    """Exactly [start:end] of the file's extracted text."""
    start: int
    end: int
    """Characters in the extracted text, which is its pages joined without anything between."""
    page: int | None
    """The page it begins on, from 1; `None` where the format has none."""
    line: int
    """The line of the extracted text it begins on, from 1."""
    score: float
    """0..1: the share of the question that it covers, words that are rare counting more."""
    attributes: Mapping[str, Any]
    page_breaks: tuple[int, ...] = ()
    """Where within [start:end] further pages begin."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """How much an added file takes."""

    chunks: int
    characters: int
    """Of the extracted text."""
    bytes: int
    """Of the chunks' text in UTF-8, overlaps counted: the `usage_bytes` of a vector store file."""
