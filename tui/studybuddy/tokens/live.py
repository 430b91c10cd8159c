"""Counting a draft with each key press: exactly, and only what changed.

The text is held in pieces that are cut where tokens can't cross (see `cuts`), each with its count.
A change makes new pieces of those that it touches, and of one beside: what decides about a cut is
the two characters at it.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from studybuddy.domain.usage import Count
from studybuddy.tokens.changes import TrackedText
from studybuddy.tokens.cuts import pieces
from studybuddy.tokens.tokenizer import Tokenizer, guess

AT_ONCE = 4096
"""Characters that are counted on the key path: half a millisecond of them, at worst."""
_SLICE = 32_768  # characters that a thread counts before the next look at what changed


@dataclass(slots=True, eq=False)
class _Piece:
    """A part of the text."""

    length: int
    """Characters."""
    count: Count
    text: str | None = None
    """What is still to be counted; `None` where `count` is no estimate any more."""


class LiveDraft:
    """A `studybuddy.domain.counting.DraftCounter`; to be used from one thread, the event loop's."""

    def __init__(
        self,
        known: Callable[[], Tokenizer | None],
        load: Callable[[], Tokenizer],
        corrected: Callable[[Count], Count] = lambda count: count,
    ) -> None:
        """Take where to have the tokenizer.

        Args:
            known: gives it at once, or `None` where it is not loaded.
            load: loads it; called in a thread.
            corrected: makes a sum of tokens better by what was learned of the model.
        """
        self._known = known
        self._load = load
        self._corrected = corrected
        self._text = TrackedText()
        self._pieces: list[_Piece] = []
        self._lengths: list[int] = []
        """Of the pieces."""
        self._tokens = 0
        self._estimates = 0
        """Pieces whose count is not exact."""
        self._waiting: dict[_Piece, None] = {}
        """Pieces to be counted by `settle`."""
        self.encoded = 0
        """Characters that were counted on the key path so far; the samples of guesses left out."""

    def changed(self, lines: Sequence[str]) -> Count:
        """The tokens of the text with these lines, which are joined by line feeds."""
        change = self._text.update(lines)
        if change is not None:
            ends = list(accumulate(self._lengths))
            first = bisect_left(ends, change.start)
            last = min(bisect_left(ends, change.end + 1) + 1, len(ends))
            start = ends[first - 1] if first else 0
            end = (ends[last - 1] if ends else 0) + change.delta
            self._put(first, last, self._made(self._text.part(start, end)))
        return self._count()

    async def settle(self) -> Count:
        """Count what was left, in a thread; what changes meanwhile is counted too."""
        while self._waiting:
            tokenizer = self._known()
            if tokenizer is None:
                tokenizer = await asyncio.to_thread(self._load)
            piece = next(iter(self._waiting), None)
            if piece is None:
                break
            made = await asyncio.to_thread(_counted, piece, tokenizer)
            if piece in self._waiting:  # else it changed meanwhile, and what came of it waits
                at = self._pieces.index(piece)
                self._put(at, at + 1, made)
        return self._count()

    def _made(self, text: str) -> list[_Piece]:
        """The pieces of a part of the text, counted where that is quick."""
        if not text:
            return []
        tokenizer = self._known()
        if tokenizer is None:
            return [_Piece(len(text), Count(guess(text), exact=False), text)]
        if len(text) > AT_ONCE:
            return [_Piece(len(text), Count(tokenizer.guess(text), exact=False), text)]
        self.encoded += len(text)
        return [_Piece(len(part), tokenizer.count(part)) for part in pieces(text)]

    def _put(self, first: int, last: int, made: list[_Piece]) -> None:
        for piece in self._pieces[first:last]:
            self._tokens -= piece.count.tokens
            self._estimates -= not piece.count.exact
            self._waiting.pop(piece, None)
        for piece in made:
            self._tokens += piece.count.tokens
            self._estimates += not piece.count.exact
            if piece.text is not None:
                self._waiting[piece] = None
        self._pieces[first:last] = made
        self._lengths[first:last] = [piece.length for piece in made]

    def _count(self) -> Count:
        return self._corrected(Count(self._tokens, exact=not self._estimates))


def _counted(piece: _Piece, tokenizer: Tokenizer) -> list[_Piece]:
    """The pieces of a part of the text, as many of them counted as a slice allows."""
    text = piece.text or ""
    made: list[_Piece] = []
    done = 0
    for part in pieces(text):
        made.append(_Piece(len(part), tokenizer.count(part)))
        done += len(part)
        if done >= _SLICE:
            break
    if rest := text[done:]:
        made.append(_Piece(len(rest), Count(tokenizer.guess(rest), exact=False), rest))
    return made
