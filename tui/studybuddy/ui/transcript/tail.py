"""Parsing Markdown that is still being written.

Top-level blocks that nothing can change any more are closed and never parsed again; so are
the finished items of the last list, the finished rows of the last table and the finished lines of
code in an open fence. What is left, the tail, is short. At the end the blocks are exactly those of
`markdown.parse` on the whole text; the tests hold it to that.
"""

from __future__ import annotations

import re
from dataclasses import replace

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.blocks import Block, Code, Item, Maths, Table
from studybuddy.ui.transcript.fences import Fence, opened_by
from studybuddy.ui.transcript.markdown import Placed, code_block, parse_placed, spaced
from studybuddy.ui.transcript.spans import Spans

_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
# The beginning of a line that may turn out to be a list, a rule, a fence, the underline of a
# heading or of a table's header, a formula: shown only when it is known which.
_UNDECIDED = re.compile(
    r"[ \t]*(?:[-=*_#>+~`|: \t]+|\d{1,9}[.)]?[ \t]*|\$|\\[a-z]{0,5}(?:\{[a-z]*)?)"
)
# A line that may turn out to be the header of a table.
_MAYBE_HEADER = re.compile(r"(?:^|\n)(\|[^\n]{0,300}(?:\n[ \t|:-]*)?)$")


class TailParser:
    """Takes a text piece by piece and gives blocks, the closed ones once and for all."""

    def __init__(self) -> None:
        self.text = ""
        """All text so far, harmless."""
        self.closed: list[Block] = []
        """Blocks that will not change; it only grows."""
        self.starts: list[int] = []
        """For each closed block, where its source begins in `text`."""
        self.open: list[Block] = []
        """The blocks after them, as they look so far."""
        self._held = ""  # a raw character that may become another one with the next
        self._start = 0  # where the first open block begins
        self._base = 0  # where the text begins that is still to be parsed
        self._gap = False  # of the first open block
        self._number: int | None = None  # of the first open block
        self._fence: Fence | None = None  # where that is code
        self._code = ""
        self._head = ""  # the two lines above the rows, where it is a table
        self._rows: list[tuple[Spans, ...]] = []

    @property
    def code_grows(self) -> bool:
        """Whether the open block is code to which text is only ever added."""
        return self._fence is not None

    def feed(self, raw: str) -> None:
        """Take more text."""
        raw = self._held + raw
        # A line feed may follow the return; the other half of a character, the surrogate.
        hold = raw[-1:] == "\r" or "\ud800" <= raw[-1:] <= "\udbff"
        self._held = raw[-1:] if hold else ""
        self.text += harmless(raw[:-1] if hold else raw)
        self._advance(final=False)

    def close(self) -> None:
        """Take the end of the text: nothing is held back any more, and all blocks are closed."""
        self.text += harmless(self._held)
        self._held = ""
        self._advance(final=True)

    def _advance(self, final: bool) -> None:
        while True:
            if self._fence is None and not self._open_fence():
                break
            if not self._advance_code(final):
                return
        self._advance_blocks(final)

    def _shut(self, block: Block, start: int) -> None:
        self.closed.append(block)
        self.starts.append(start)

    def _restart(self, base: int, *, gap: bool, number: int | None) -> None:
        self._start = self._base = base
        self._gap = gap
        self._number = number
        self._fence = None
        self._head = ""
        self._rows = []
        self.open = []

    # Code in an open fence

    def _open_fence(self) -> bool:
        if self._head:
            return False
        if blank := _BLANK_LINES.match(self.text, self._base):
            self._start = self._base = blank.end()
        end = self.text.find("\n", self._base)
        fence = None if end < 0 else opened_by(self.text[self._base : end])
        if fence is None:
            return False
        self._fence = fence
        self._code = ""
        self._base = end + 1
        return True

    def _advance_code(self, final: bool) -> bool:
        """Move finished lines to the code; return whether the fence was closed."""
        fence = self._fence
        assert fence is not None
        end = self.text.rfind("\n", self._base) + 1
        if final:
            end = len(self.text)
        while self._base < end:
            stop = self.text.find("\n", self._base, end)
            line = self.text[self._base : stop if stop >= 0 else end]
            self._base += len(line) + 1
            if fence.is_closed_by(line):
                self._shut(self._finished_code(), self._start)
                self._restart(self._base, gap=True, number=None)
                return True
            self._code += line + "\n"
        if final:
            self._shut(self._finished_code(), self._start)
            self.open = []
            return False
        last = self.text[self._base :]
        self.open = [self._code_block("" if fence.may_be_closed_by(last) else last)]
        return False

    def _code_block(self, last: str) -> Code:
        assert self._fence is not None
        return Code(self._fence.language, (self._code + last).rstrip(" \t\n"), self._gap)

    def _finished_code(self) -> Block:
        assert self._fence is not None
        return code_block(self._fence.language, self._code, self._gap)

    # Everything else

    def _advance_blocks(self, final: bool) -> None:
        tail = self.text[self._base :]
        source = self._head + (tail if final else _decided(tail, bool(self._head)))
        placed = parse_placed(source, gap=self._gap, number=self._number, growing=not final)
        if placed and self.closed:  # a paragraph may have become a heading or a table
            placed[0] = Placed(spaced(placed[0].block, self.closed[-1]), placed[0].line)
        if self._rows:
            table = placed[0].block
            assert isinstance(table, Table)
            placed[0] = Placed(replace(table, rows=(*self._rows, *table.rows)), 0)
        blocks = [block for block, _ in placed]
        offsets = _line_offsets(source)
        keep = len(placed) if final else _closed_count(placed, source, offsets)
        if keep:
            origin = self._base - len(self._head)
            starts = [self._start, *[origin + offsets[line] for _, line in placed[1:]]]
            for block, start in zip(blocks[:keep], starts, strict=False):
                self._shut(block, start)
            if final:
                self.open = []
                return
            first = blocks[keep]
            number = first.number if isinstance(first, Item) else None
            self._restart(starts[keep], gap=first.gap, number=number)
        self.open = blocks[keep:]
        if len(self.open) == 1 and isinstance(self.open[0], Table):
            self._close_rows(self.open[0])

    def _close_rows(self, table: Table) -> None:
        """Keep the finished rows of the table that is the whole tail."""
        tail = self.text[self._base :]
        if not self._head:
            header = tail.find("\n") + 1
            delimiter = tail.find("\n", header) + 1
            if not delimiter:
                return
            self._head = tail[:delimiter]
            self._base += delimiter
            tail = tail[delimiter:]
        finished = tail.count("\n")
        # With fewer rows than lines, a blank one has ended the table.
        if len(table.rows) - len(self._rows) >= finished:
            self._rows = list(table.rows[: len(self._rows) + finished])
            self._base += tail.rfind("\n") + 1


def _closed_count(placed: list[Placed], source: str, offsets: list[int]) -> int:
    """Return how many blocks are closed: those before one that surely begins where it does.

    A line is sure when it is finished; a table begins with two. An item whose line could be the
    header of a table is one only because of the items before it.
    """
    unfinished = len(offsets) - 1
    for index in range(len(placed) - 1, 0, -1):
        block, line = placed[index]
        if line + isinstance(block, Table) >= unfinished:
            continue
        if isinstance(block, Maths) and not block.source:  # without an end it may become text
            continue
        if isinstance(block, Item) and "|" in source[offsets[line] : offsets[line + 1]]:
            continue
        return index
    return 0


def _decided(tail: str, in_table: bool) -> str:
    """Return `tail` without an end of which it is not known yet what it will be."""
    header = None if in_table else _MAYBE_HEADER.search(tail)
    if header is not None:
        return tail[: header.start(1)]
    line = tail.rfind("\n") + 1
    return tail[:line] if _UNDECIDED.fullmatch(tail, line) else tail


def _line_offsets(source: str) -> list[int]:
    offsets = [0]
    while (end := source.find("\n", offsets[-1])) >= 0:
        offsets.append(end + 1)
    return offsets
