"""Cutting a message's text into sections that can be parsed and laid out one by one.

The sections' renderings, one below the other, are the rendering of the whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from studybuddy.ui.transcript.blocks import Block, Code, Plain
from studybuddy.ui.transcript.fences import Fence, opened_by
from studybuddy.ui.transcript.markdown import parse

SIZE = 2_000
"""Characters after which a section may end."""

# After a blank line, a line that begins so may still belong to the list above it.
_MAY_CONTINUE = re.compile(r"[ \t]|[-*+](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)")
# It opens a fence, or stands in a list, or is the header of a table: left to the parser.
_DOUBTFUL_FENCE = re.compile(r" {1,3}(?:```|~~~)|(?:```|~~~)[^\n]*\|")


class Section(NamedTuple):
    """A part of a text that stands for itself."""

    source: str
    lead: bool
    """Whether a blank line stands between it and the section before."""
    markdown: bool

    def blocks(self) -> list[Block]:
        """Parse it."""
        return parse(self.source) if self.markdown else parse_plain(self.source)


def split_markdown(text: str) -> list[Section]:
    """Cut harmless Markdown where a top-level block surely begins: after a blank line, at the
    left edge, outside a fence and not as a list's next item."""
    if len(text) <= SIZE:
        return [Section(text, False, True)]
    sections: list[Section] = []
    start = position = 0
    fence: Fence | None = None
    after_blank = False
    for line in text.split("\n"):
        if fence is not None:
            if fence.is_closed_by(line):
                fence = None
        else:
            if after_blank and position - start >= SIZE and not _MAY_CONTINUE.match(line) and line:
                sections.append(Section(text[start:position], bool(sections), True))
                start = position
            if _DOUBTFUL_FENCE.match(line):
                break
            fence = opened_by(line)
        after_blank = not line.strip(" \t")
        position += len(line) + 1
    sections.append(Section(text[start:], bool(sections), True))
    return sections


def split_plain(text: str) -> list[Section]:
    """Cut a text that is no Markdown, but may have fenced code, between two of its lines."""
    if len(text) <= SIZE:
        return [Section(text, False, False)]
    sections: list[Section] = []
    start = position = 0
    fence: Fence | None = None
    after_text = False
    for line in text.split("\n"):
        if fence is not None:
            if fence.is_closed_by(line):
                fence = None
                after_text = False
        else:
            fence = opened_by(line)
            big = position - start >= SIZE
            if big and after_text and fence is None and line.strip():
                sections.append(Section(text[start : position - 1], False, False))
                start = position
            after_text = fence is None
        position += len(line) + 1
    sections.append(Section(text[start:], False, False))
    return sections


def parse_plain(text: str) -> list[Block]:
    """Return what the student typed: lines as they are, and fenced code as code."""
    blocks: list[Block] = []
    plain: list[str] = []
    code: list[str] = []
    fence: Fence | None = None

    def end_plain() -> None:
        typed = "\n".join(plain)
        if blocks:
            typed = typed.lstrip("\n")
        if fence is not None:
            typed = typed.rstrip("\n")
        if typed:
            blocks.append(Plain(typed, bool(blocks)))
        plain.clear()

    for line in text.split("\n"):
        if fence is None:
            fence = opened_by(line)
            if fence is None:
                plain.append(line)
            else:
                end_plain()
        elif fence.is_closed_by(line):
            blocks.append(Code(fence.language, "\n".join(code).rstrip(" \t\n"), bool(blocks)))
            code.clear()
            fence = None
        else:
            code.append(line)
    if fence is not None:
        blocks.append(Code(fence.language, "\n".join(code).rstrip(" \t\n"), bool(blocks)))
    end_plain()
    return blocks
