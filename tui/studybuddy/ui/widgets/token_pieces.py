"""Tokens made visible: bytes -> what is drawn, and lines of a width."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from studybuddy.domain.counting import Token
from studybuddy.ui.transcript.wrap import cells

MOST_CELLS = 24
"""Of a piece; a longer token is drawn in several."""
GAP = 1
"""Cells between two tokens where their ids are shown below."""
_GLYPHS = {" ": "·", "\t": "→", "\n": "⏎", "\r": "␍"}
_BYTE = re.compile("[\udc80-\udcff]+")
_CIRCLE = "◌"


class Piece(NamedTuple):
    """A token, or a part of it, that is drawn in one go."""

    runs: tuple[tuple[str, bool], ...]
    """Texts, and whether each stands for something that can't be seen as it is."""
    width: int
    """In cells."""
    ends_line: bool
    begins_word: bool


def pieces_of(data: bytes) -> tuple[Piece, ...]:
    """Return what is drawn for a token's bytes, at least one piece, each safe beside any other.

    Blanks become "·", "→" and "⏎"; bytes that are no whole character are "‹F0 9F›"; characters
    that are not seen, or that would change or join their neighbours, are "‹U+200D›".
    """
    pieces: list[Piece] = []
    runs: list[tuple[str, bool]] = []
    width = 0

    def close(ends_line: bool) -> None:
        nonlocal width
        if runs or ends_line:
            begins = not pieces and data[:1] in (b" ", b"\t")
            drawn = sum(cells(text) for text, _ in runs)
            pieces.append(Piece(tuple(runs), drawn, ends_line, begins))
        runs.clear()
        width = 0

    for text, special, ends_line in _units(data):
        size = cells(text)
        if width and width + size > MOST_CELLS:
            close(False)
        if runs and runs[-1][1] == special:
            runs[-1] = (runs[-1][0] + text, special)
        else:
            runs.append((text, special))
        width += size
        if ends_line:
            close(True)
    close(False)
    return tuple(pieces) or (Piece((), 0, False, False),)


def _units(data: bytes) -> Iterator[tuple[str, bool, bool]]:
    """Yield what must not be divided: its text, whether it is a stand-in, whether a line ends."""
    text = data.decode("utf-8", "surrogateescape")
    base = ""
    at = 0
    while at < len(text):
        character = text[at]
        told = _BYTE.match(text, at)
        if told is None and base and _joins(character):
            base += character
            at += 1
            continue
        if base:
            yield base, False, False
            base = ""
        if told is not None:
            raw = told[0].encode("utf-8", "surrogateescape")
            yield f"‹{raw.hex(' ').upper()}›", True, False
            at = told.end()
            continue
        at += 1
        if character in _GLYPHS:
            yield _GLYPHS[character], True, character == "\n"
        elif character < " " or character == "\x7f":
            yield chr(0x2421 if character == "\x7f" else 0x2400 + ord(character)), True, False
        elif _is_hidden(character):
            yield f"‹U+{ord(character):04X}›", True, False
        elif unicodedata.category(character).startswith("M"):
            base = _CIRCLE + character  # else it would sit on the token before
        elif _joins(character):
            yield f"‹U+{ord(character):04X}›", True, False
        else:
            base = character
    if base:
        yield base, False, False


def _joins(character: str) -> bool:
    """Whether a character becomes one with the one before it."""
    if character.isascii():
        return False
    code = ord(character)
    if 0x1F3FB <= code <= 0x1F3FF or 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB:
        return True  # skin tones; vowels and finals of Hangul
    return unicodedata.category(character).startswith("M") and not _is_hidden(character)


def _is_hidden(character: str) -> bool:
    """Whether a character shows nothing, or something else in each terminal."""
    if character.isascii():
        return False
    code = ord(character)
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x1F1E6 <= code <= 0x1F1FF:
        return True  # variation selectors; halves of flags
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


class TokenPage:
    """The tokens of a text, ready to be drawn; made off the event loop, it takes a while."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.starts = list(accumulate((len(token.data) for token in tokens), initial=0))
        """Where each token begins, in bytes; one more for the end."""
        self.pieces: list[Piece] = []
        self.owners: list[int] = []
        """Which token each piece is of."""
        self.first: list[int] = []
        """The first piece of each token."""
        known: dict[bytes, tuple[Piece, ...]] = {}
        for number, token in enumerate(tokens):
            pieces = known.get(token.data)
            if pieces is None:
                pieces = known[token.data] = pieces_of(token.data)
            self.first.append(len(self.pieces))
            self.pieces.extend(pieces)
            self.owners.extend([number] * len(pieces))
        self._hard = [at + 1 for at, piece in enumerate(self.pieces) if piece.ends_line]
        if not self._hard or self._hard[-1] != len(self.pieces):
            self._hard.append(len(self.pieces))
        self._ends = {False: list(accumulate(self._widths(False)))}  # with ids, when they are shown

    def id_width(self, piece: int) -> int:
        """Cells that the id below a piece takes; 0 below the parts after a token's first."""
        owner = self.owners[piece]
        return len(str(self.tokens[owner].id)) if self.first[owner] == piece else 0

    def lay_out(self, width: int, ids: bool) -> list[int]:
        """Return the first piece of each line; lines break before words where they can."""
        if not self.pieces:
            return []
        ends = self._ends.get(ids)
        if ends is None:
            ends = self._ends[ids] = list(accumulate(self._widths(ids)))
        lines: list[int] = []
        at = 0
        for stop in self._hard:
            while at < stop:
                lines.append(at)
                room = (ends[at - 1] if at else 0) + width + (GAP if ids else 0)
                cut = max(at + 1, bisect_right(ends, room, at, stop))
                if cut < stop and not ids:
                    word = cut
                    while word > at and not self.pieces[word].begins_word:
                        word -= 1
                    cut = word if word > at else cut
                at = cut
        return lines

    def _widths(self, ids: bool) -> list[int]:
        if not ids:
            return [piece.width for piece in self.pieces]
        return [max(piece.width, self.id_width(at)) + GAP for at, piece in enumerate(self.pieces)]

    def token_at(self, offset: int) -> int:
        """Return the token that has the byte at an offset."""
        return max(0, min(bisect_right(self.starts, offset) - 1, len(self.tokens) - 1))

    def part_of(self, number: int) -> str:
        """Return the characters that a token has only a part of, beside its whole ones."""
        first, last = max(0, number - 8), number + 9
        data = b"".join(token.data for token in self.tokens[first:last])
        start = self.starts[number] - self.starts[first]
        end = self.starts[number + 1] - self.starts[first]
        before, after = start, end
        while before > 0 and _continues(data, before):
            before -= 1
        while after < len(data) and _continues(data, after):
            after += 1
        split = [data[before : _next(data, before)]] if before < start else []
        if after > end:
            begin = end - 1
            while begin > 0 and _continues(data, begin):
                begin -= 1
            if data[begin:after] not in split:
                split.append(data[begin:after])
        return "".join(part.decode("utf-8", "ignore") for part in split)


def _continues(data: bytes, at: int) -> bool:
    return at < len(data) and data[at] & 0xC0 == 0x80


def _next(data: bytes, at: int) -> int:
    at += 1
    while _continues(data, at):
        at += 1
    return at
