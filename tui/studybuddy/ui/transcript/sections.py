"""Cutting a message's text into sections that can be parsed and laid out one by one.

The sections' renderings, one below the other, are the rendering of the whole.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from studybuddy.ui.transcript.blocks import Block, Code, Plain, Table
from studybuddy.ui.transcript.fences import Fence, opened_by
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.tables import MEASURED

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
    above: str = ""
    """The beginning of a table that goes on in it."""

    def blocks(self) -> list[Block]:
        """Parse it."""
        if not self.markdown:
            return parse_plain(self.source)
        if not self.above:
            return parse(self.source)
        header = self.above.find("\n", self.above.find("\n") + 1) + 1
        table, *rest = parse(self.above[:header] + self.source)
        assert isinstance(table, Table)
        return [replace(table, above=self.above), *rest]


def split_markdown(text: str) -> list[Section]:
    """Cut harmless Markdown where a top-level block surely begins: after a blank line, at the
    left edge, outside a fence and not as a list's next item."""
    if len(text) <= SIZE:
        return [Section(text, False, True)]
    sections: list[Section] = []
    start = position = 0
    lead = False
    above = ""  # of what begins at `start`
    fence: Fence | None = None
    table = _LongTable(text)
    after_blank = True
    for line in text.split("\n"):
        if fence is not None:
            if fence.is_closed_by(line):
                fence = None
        elif table.may_be_cut_before(line, position, after_blank):
            sections.append(Section(text[start : position - 1], lead, True, above))
            start, lead, above = position, False, table.above
        else:
            big = position - start >= SIZE
            if after_blank and big and line and not _MAY_CONTINUE.match(line):
                sections.append(Section(text[start:position], lead, True, above))
                start, lead, above = position, True, ""
            if _DOUBTFUL_FENCE.match(line):
                break
            fence = opened_by(line)
        after_blank = not line.strip(" \t")
        position += len(line) + 1
    sections.append(Section(text[start:], lead, True, above))
    return sections


class _LongTable:
    """Watches the lines of a text for a table that is so long that it is cut."""

    def __init__(self, text: str) -> None:
        self.above = ""
        """The source of the rows that say how wide its columns are."""
        self._text = text
        self._start = -1
        self._rows = 0

    def may_be_cut_before(self, line: str, position: int, after_blank: bool) -> bool:
        """Tell whether a section may begin with a line: one in so many rows of a sure table."""
        if not line.startswith("|"):
            self._start = -1
        elif after_blank:
            self._start = position
            self._rows = -2  # the header, and the line below it
            self.above = ""
        if self._start < 0:
            return False
        self._rows += 1
        if self._rows == MEASURED + 1:
            source = self._text[self._start : position]
            first = parse(source)
            if len(first) == 1 and isinstance(first[0], Table) and len(first[0].rows) == MEASURED:
                self.above = source
            else:
                self._start = -1
        return self._start >= 0 and self._rows > MEASURED and (self._rows - 1) % MEASURED == 0


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
            # blank lines between a code block and text are the gap between the two
            after_text = fence is None and (after_text or bool(line.strip()))
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
