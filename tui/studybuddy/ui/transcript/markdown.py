"""Markdown -> blocks, for the flavour that models write: CommonMark with tables and task lists.

Left out on purpose: raw HTML (shown as text) and reference definitions (a definition at the end
would change what was shown long before it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.blocks import (
    Align,
    Block,
    Code,
    Figure,
    Heading,
    Item,
    Maths,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from studybuddy.ui.transcript.inline import spans_of
from studybuddy.ui.transcript.maths_found import FENCES, fenced
from studybuddy.ui.transcript.spans import ADDRESS, IMAGE, PICTURE, Span, Spans

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BULLETS = "•◦▪"
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")
_FIGURE = re.compile(
    r"!\[([^\[\]]*)\]\((?:<([^<>\n]+)>|([^\s()<>]+))(?:[ \t]+\"[^\"\n]*\")?\)[ \t]*"
)
_NOT_BLANK = re.compile(r"[^ \t>]")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import (
        MarkdownIt,  # 50 ms, and there is nothing to parse before the first frame
    )

    from studybuddy.ui.transcript.maths_found import add_rules

    parser = MarkdownIt("commonmark").enable("table").disable(["html_block", "reference"])
    add_rules(parser)
    return parser


class Placed(NamedTuple):
    """A top-level block and the line of the source on which it begins, counted from 0."""

    block: Block
    line: int


def parse(source: str) -> list[Block]:
    """Return the top-level blocks of `source`, which must be harmless already."""
    return [placed.block for placed in parse_placed(source)]


def parse_placed(
    source: str, *, gap: bool = False, number: int | None = None, growing: bool = False
) -> list[Placed]:
    """Return the top-level blocks of `source` with their places.

    With `growing`, more text may follow the last line. `gap` and `number` are for a source that
    goes on from an earlier one: whether the first block has a blank line before it, and, where it
    is an item of an ordered list, its number.
    """
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse(source, parser, {"growing": growing}, tokens)
    return _Reader(tokens, source.split("\n"), number).top(gap)


def language_of(info: str) -> str:
    """Return the language that a fence's info string names, in lower case."""
    words = _unmarked(info).split(maxsplit=1)
    return words[0].strip("{}.").lower() if words else ""


class _Reader:
    """Reads the flat list of block tokens."""

    def __init__(
        self, tokens: Sequence[Token], lines: Sequence[str], number: int | None = None
    ) -> None:
        self._tokens = tokens
        self._lines = lines
        self._number = number
        self._next = 0

    def top(self, gap: bool) -> list[Placed]:
        placed: list[Placed] = []
        while self._next < len(self._tokens):
            first = None if placed else gap
            self._block(placed, first, depth=0)
        return placed

    def _flow(self, closing: str, depth: int) -> tuple[Block, ...]:
        placed: list[Placed] = []
        self._number = None  # meant for a list at the top only
        while self._tokens[self._next].type != closing:
            self._block(placed, None, depth)
        self._next += 1
        return tuple(block for block, _ in placed)

    def _block(self, out: list[Placed], gap: bool | None, depth: int) -> None:
        token = self._take()
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._list(token, out, gap, depth)
            return
        line = token.map[0] if token.map else 0
        if gap is None:
            gap = bool(out) and self._blank_before(line)
        block: Block
        if kind == "paragraph_open":
            block = self._paragraph(gap)
        elif kind == "heading_open":
            block = Heading(int(token.tag[1:]), self._inline(), gap)
        elif kind in ("fence", "code_block"):
            block = code_block(language_of(token.info), token.content, gap)
        elif kind == "math_block":
            block = Maths(token.content, _unmarked(token.markup).strip("\n"), gap=gap)
        elif kind == "blockquote_open":
            block = Quote(self._flow("blockquote_close", depth), gap)
        elif kind == "table_open":
            block = self._table(gap)
        else:
            block = Rule(gap)
        if out and not depth:
            block = spaced(block, out[-1].block)
        out.append(Placed(block, line))

    def _list(self, opening: Token, out: list[Placed], gap: bool | None, depth: int) -> None:
        ordered = opening.type == "ordered_list_open"
        start = opening.attrGet("start")
        number = (1 if start is None else int(start)) if ordered else None
        if ordered and self._number is not None and not out:
            number = self._number
        while (token := self._take()).type == "list_item_open":
            line = token.map[0] if token.map else 0
            if gap is None:
                gap = bool(out) and self._blank_before(line)
            blocks = self._flow("list_item_close", depth + 1)
            marker = f"{number}{opening.markup}" if ordered else _BULLETS[min(depth, 2)]
            if not ordered:
                marker, blocks = _task(marker, blocks)
            item: Block = Item(marker, blocks, number, gap)
            if out and not depth:
                item = spaced(item, out[-1].block)
            out.append(Placed(item, line))
            number = None if number is None else number + 1
            gap = None

    def _table(self, gap: bool) -> Table:
        aligns: list[Align] = []
        rows: list[tuple[Spans, ...]] = []
        cells: list[Spans] = []
        while (token := self._take()).type != "table_close":
            if token.type == "th_open":
                aligns.append(_align(token))
            elif token.type == "inline":
                cells.append(spans_of(token.content))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        return Table(tuple(aligns), rows[0], tuple(rows[1:]), gap)

    def _paragraph(self, gap: bool) -> Paragraph | Figure:
        found = _FIGURE.fullmatch(self._tokens[self._next].content)
        if found is None or not (source := harmless(found[2] or found[3])):
            return Paragraph(self._inline(), gap)
        from studybuddy.ui.transcript.pictures import is_here

        if not is_here(source):
            return Paragraph(self._inline(), gap)
        self._next += 2
        alt = " ".join(harmless(found[1]).split())
        return Figure(figure_label(alt, source), alt, source, gap)

    def _inline(self) -> Spans:
        spans = spans_of(self._take().content)
        self._next += 1  # the closing token
        return spans

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _blank_before(self, line: int) -> bool:
        return line > 0 and not _NOT_BLANK.search(self._lines[line - 1])


def figure_label(alt: str, source: str) -> Spans:
    """Return what is shown for a picture that is not drawn."""
    address = "data" if source[:5].lower() == "data:" else source
    label = Span(f"[image: {alt}]" if alt else "[image]", IMAGE, PICTURE + source)
    return (label, Span(f" ({address})", ADDRESS))


def spaced(block: Block, previous: Block) -> Block:
    """Return `block` with a blank line before it if it or `previous` wants one in any case."""
    if block.gap or not (
        isinstance(block, Heading | Code | Table | Rule | Quote | Maths)
        or isinstance(previous, Code | Table | Rule | Quote | Maths)
    ):
        return block
    return replace(block, gap=True)


def code_block(language: str, content: str, gap: bool) -> Code | Maths:
    """Return the block of a finished fence."""
    text = _unmarked(content).rstrip(" \t\n")
    if language in FENCES and (source := fenced(text)):
        return Maths(source, text, language, gap)
    return Code(language, text, gap)


def _unmarked(text: str) -> str:
    """Return text that can't be clicked, where there may be citations."""
    if "【" not in text:
        return text
    from studybuddy.ui.transcript.citations import without_places

    return without_places(text)


def _align(token: Token) -> Align:
    style = str(token.attrGet("style") or "")
    side = style.rpartition(":")[2] or "left"
    return cast(Literal["left", "center", "right"], side)


def _task(marker: str, blocks: tuple[Block, ...]) -> tuple[str, tuple[Block, ...]]:
    if not blocks or not isinstance(first := blocks[0], Paragraph) or not first.spans:
        return marker, blocks
    span = first.spans[0]
    match = _TASK.match(span.text)
    if match is None or span.marks:
        return marker, blocks
    rest = Span(span.text[match.end() :])
    spans = (rest, *first.spans[1:]) if rest.text else first.spans[1:]
    box = "☐" if match[1] == " " else "☑"
    return box, (Paragraph(spans, first.gap), *blocks[1:])
