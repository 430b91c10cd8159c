"""Words of texts and of searches: folded, found again, and shown in an excerpt.

Case, diacritics and forms of the same letter make no difference. Languages that are written
without blanks (Chinese, Japanese, Thai, …) and Korean are found by any part of a run.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST_WORD = 64
"""Characters of a word that count."""
MOST_WORDS = 32
"""Words of a search that count."""

_BEFORE, _AFTER = 50, 110
"""Characters of an excerpt before and after what was found."""
_LOOKED_AT = 50_000
"""Characters of one text that are read for its rank; beyond, it is only looked whether."""

_RUN = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
# Letters with the signs of their script, which Python does not count as parts of words.
_SIGNS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff"
_PLAIN, _SIGN = f"[^\\W_{_RUN}]", f"[{_SIGNS}]"
_PARTS = re.compile(f"([{_RUN}]+)|((?:{_PLAIN}|{_SIGN})+)")
_ASCII = re.compile("[a-z0-9]+")
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_UNDIVIDED = str.maketrans("łøđħıæœþ", "lodhiaop")  # no mark can be taken from these
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class _Folded(dict[int, str]):
    """What each character is taken for, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", chr(code)).casefold())
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
        self[code] = unicodedata.normalize("NFC", plain).translate(_UNDIVIDED)
        return self[code]


_FOLDED = _Folded()


def fold(text: str) -> str:
    """The text with all its letters in their plainest form; its length may change."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).translate(_FOLDED)


def index_words(text: str) -> set[str]:
    """What a text is found by: its words, and of runs without blanks each one and two signs."""
    folded = fold(text)
    if folded.isascii():
        return {word[:LONGEST_WORD] for word in set(_ASCII.findall(folded))}
    words: set[str] = set()
    for run, word in set(_PARTS.findall(folded)):
        if word:
            words.add(word[:LONGEST_WORD])
        else:
            words.update(run)
            words.update(run[at : at + 2] for at in range(len(run) - 1))
    return words


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is looked for, folded."""

    text: str
    begins: bool = False
    """Whether it may be the beginning of a longer one."""
    run: bool = False
    """Whether it may be anywhere in a run without blanks."""

    def pattern(self) -> str:
        """A regular expression that finds it in folded text, to the end of its word."""
        if self.run:
            return re.escape(self.text)
        whole = not self.begins and len(self.text) < LONGEST_WORD
        ending = f"(?!{_PLAIN}|{_SIGN})" if whole else f"(?:{_PLAIN}|{_SIGN})*"
        # What is not before it comes after it: a pattern that begins with letters is found faster.
        beginning = f"(?<!{_PLAIN}{self.text})(?<!{_SIGN}{self.text})"
        return f"{self.text}{beginning}{ending}"


class Terms:
    """All that is looked for: every term has to occur."""

    def __init__(self, text: str) -> None:
        """Take what was typed; the last word may go on where nothing follows it."""
        folded = fold(text[: 100 * MOST_WORDS])
        found: dict[Term, None] = {}
        for match in _PARTS.finditer(folded):
            last = match.end() == len(folded)
            found[Term(match[0][:LONGEST_WORD], last and not match[1], bool(match[1]))] = None
        self.terms = tuple(found)[:MOST_WORDS]
        """None where nothing was typed that could be found."""
        self._each = [(term, re.compile(term.pattern())) for term in self.terms]
        self._any = re.compile("|".join(sorted((t.pattern() for t in self.terms), key=_longest)))
        self._phrase = re.compile(r"[\W_]+".join(term.pattern() for term in self.terms))

    def rank(self, text: str) -> float:
        """How well a text fits, above 0; 0 where a term does not occur in it.

        It grows with how often terms occur, is less for long texts, and more where they stand
        side by side in their order, and where a word is what was typed and not just its start.
        """
        folded = fold(text)
        if not all(term.text in folded for term in self.terms):
            return 0.0
        seen = folded[:_LOOKED_AT]
        length = 0.4 + 0.6 * len(seen) / 1200
        total = 0.0
        for term, pattern in self._each:
            words = pattern.findall(seen)
            if not words:
                if not pattern.search(folded):
                    return 0.0
                words = [""]
            often = len(words) + words.count(term.text) * term.begins
            total += 2.2 * often / (often + 1.2 * length)
        total /= len(self.terms)
        if len(self.terms) > 1 and self._phrase.search(seen):
            total *= 2
        return total

    def excerpt(self, text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
        """One line around the best place, and where in it the terms are."""
        text = unicodedata.normalize("NFC", text)
        folded = fold(text)
        place = (
            self._phrase.search(folded)
            or self._each[0][1].search(folded)
            or self._any.search(folded)
        )
        at = 0
        if place is not None:
            # Where folding changed lengths, about as far on.
            at = place.start() * len(text) // max(len(folded), 1)
        begin, end = max(0, at - _BEFORE), min(len(text), at + _AFTER)
        if begin and (gap := _GAPS.search(text, begin, at)):
            begin = gap.end()
        if end < len(text):
            shown = text[at:end]
            end = at + (len(" ".join(shown.rsplit(None, 1)[:-1])) or len(shown))
        line = _GAPS.sub(" ", text[begin:end]).strip()
        line = f"{'…' * (begin > 0)}{line}{'…' * (end < len(text))}"
        return line, self.marks(line)

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where in the text the terms are: begin and end, in order."""
        if text.isascii():
            return tuple(match.span() for match in self._any.finditer(text.lower()))
        places: list[int] = []
        letters: list[str] = []
        for at, letter in enumerate(text):
            plain = fold(letter)
            letters.append(plain)
            places += [at] * len(plain)
        spans = (match.span() for match in self._any.finditer("".join(letters)))
        return tuple((places[begin], places[end - 1] + 1) for begin, end in spans if begin < end)


def _longest(pattern: str) -> int:
    return -len(pattern)
