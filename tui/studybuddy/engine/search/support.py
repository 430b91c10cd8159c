"""Which sentences of a passage another sentence rests on."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from studybuddy.engine.search.passages import Passage
from studybuddy.engine.search.sentences import sentences
from studybuddy.engine.search.words import RUNS, STOP_WORDS, pairs

_WORD = re.compile(r"\w+")
_ENDINGS = re.compile(
    r"(?:ational|ations?|ating|ated|ates?|ingly|edly|ings?|ness|ments?|ies|ied|ily|ly|ed|es|s|y|e)$"
)
_SHORTEST_STEM = 4
_LONGEST_QUOTE = 400  # characters
_TITLE = re.compile(r"#{1,6}\s|[^.!?。]{1,40}\Z")
_TITLE_WORTH = 0.5  # of a title beside a sentence, since it says nothing
_SECOND = 0.15  # share of the whole weight that a second sentence must add


def content(text: str) -> frozenset[str]:
    """The stems of a text's words that say something."""
    found: set[str] = set()
    for run in RUNS.findall(text):
        found.update(pairs(run))
    plain = text.lower()
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", RUNS.sub(" ", plain))
        plain = "".join(char for char in plain if not unicodedata.combining(char))
    found.update(_stem(word) for word in _WORD.findall(plain) if word not in STOP_WORDS)
    return frozenset(found)


def _stem(word: str) -> str:
    cut = _ENDINGS.sub("", word)
    return cut if len(cut) >= _SHORTEST_STEM else word


@dataclass(frozen=True, slots=True)
class Support:
    """Sentences of a passage: passage.text[start:end], and how well they bear a claim."""

    start: int
    end: int
    share: float
    """Of the weight of the claim's words that are in them, 0..1; rare words weigh more."""
    words: int
    """Distinct words that are in both."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a passage: text[start:end]."""

    start: int
    end: int
    words: frozenset[str]
    worth: float


def _sentence(text: str, start: int, end: int) -> _Sentence:
    part = text[start:end]
    return _Sentence(start, end, content(part), _TITLE_WORTH if _TITLE.match(part) else 1.0)


class Sources:
    """Passages taken apart, for many claims."""

    def __init__(self, passages: Sequence[Passage], wanted: Collection[int]) -> None:
        """Split the wanted ones, by their places from 0, into sentences."""
        self._sentences = {
            place: [
                _sentence(passages[place].text, *span) for span in sentences(passages[place].text)
            ]
            for place in wanted
        }
        self._words = {
            place: frozenset[str]().union(*(sentence.words for sentence in found))
            for place, found in self._sentences.items()
        }
        every = [one.words for found in self._sentences.values() for one in found]
        self._count = len(every)
        self._having = Counter(word for words in every for word in words)

    def support(self, passage: int, claim: str) -> Support:
        """The one or two sentences of a passage (from 0) that bear a claim best."""
        return self._support(passage, content(claim))

    def best(self, claim: str) -> tuple[int, Support] | None:
        """The passage (from 0) that bears a claim best; the first of equals."""
        words = content(claim)
        best: tuple[int, Support] | None = None
        for place, all_words in self._words.items():
            # No sentence of it can have more than all of them together.
            if best is None or self._share(words, words & all_words) > best[1].share:
                support = self._support(place, words)
                if best is None or support.share > best[1].share:
                    best = place, support
        return best

    def _support(self, passage: int, claim: frozenset[str]) -> Support:
        found = self._sentences[passage]
        if not found:
            return Support(0, 0, 0.0, 0)
        shares = [self._share(claim, claim & sentence.words) for sentence in found]
        top = max(range(len(found)), key=lambda at: (shares[at] * found[at].worth, -at))
        first = last = top
        share, words = shares[top], claim & found[top].words
        for other in (top - 1, top + 1):
            if not 0 <= other < len(found):
                continue
            both = claim & (found[top].words | found[other].words)
            together = self._share(claim, both)
            start, end = found[min(top, other)].start, found[max(top, other)].end
            if together >= max(share, shares[top] + _SECOND) and end - start <= _LONGEST_QUOTE:
                first, last = min(top, other), max(top, other)
                share, words = together, both
        if found[last].worth < 1 and last + 1 < len(found):
            last += 1  # a title is no quote without what stands below it
        return Support(found[first].start, found[last].end, min(1.0, share), len(words))

    def _share(self, claim: frozenset[str], words: frozenset[str]) -> float:
        """Of the claim's weight that some of its words have."""
        # Exact sums: those of a set depend on its order, and that on the process.
        return math.fsum(map(self._weight, words)) / (math.fsum(map(self._weight, claim)) or 1.0)

    def _weight(self, word: str) -> float:
        """How telling a word is; one that is in no passage is as telling as can be."""
        having = self._having[word]
        return math.log(1 + (self._count - having + 0.5) / (having + 0.5))


def shortened(text: str, start: int, end: int) -> int:
    """Where a quote that begins at `start` ends, so that it is not too long to be one."""
    if end - start <= _LONGEST_QUOTE:
        return end
    cut = text.rfind(" ", start + _LONGEST_QUOTE // 2, start + _LONGEST_QUOTE)
    return cut if cut > start else start + _LONGEST_QUOTE
