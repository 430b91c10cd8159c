"""Where an answer that was cut goes on: what is said twice there is left out."""

from __future__ import annotations

import re

from studybuddy.chat.seam_words import may_be_parted, needs_space

_LEAST_LETTERS = 4
"""Letters and digits that have to be the same for what comes to be taken as said again: few may
follow each other in one text."""
_DOTS = re.compile(r"\s*(?:(?:\.\.\.|…)\s*(?=[^\W\d]))?")
"""What is put before words that go on, and says nothing."""
_ONLY_DOTS = ("", ".", "..", "...", "…")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_OPENING = re.compile(r"\s*(?:`{3,}|~{3,})[ \t]*\w[^\n`]*\n")
"""A line that begins a block of code in a language, with what ends it."""


class Seam:
    """Joins what comes to a text that was cut; it holds back what may be said there already.

    Models begin again with the last words, the last line, or all of it; they put dots first, and
    begin a block of code that is open anew. Nothing else of what they say is touched.
    """

    def __init__(self, text: str, known: str = "") -> None:
        """Take the text that was cut, and others in which words may be found, such as the question.

        A word of theirs that the cut has parted is put together again.
        """
        self._text = text
        self._known = known
        self._held = ""
        self._open = True
        self._in_code = _ends_in_code(text)

    def add(self, delta: str) -> str:
        """Take more, and return what is to be added to the text by now; it may be empty."""
        if not self._open:
            return delta
        self._held += delta
        return "" if self._may_be_said_again(self._held) else self.end()

    def end(self) -> str:
        """What is held back and is to be added all the same, for nothing more comes."""
        self._open = False
        held, self._held = self._held, ""
        return self._joined(held) if held else ""

    def _may_be_said_again(self, new: str) -> bool:
        """Whether what came by now may yet turn out to be how the text ends."""
        if self._in_code and not _is_past_opening(new):
            return True
        if not self._in_code and new.strip() in _ONLY_DOTS:
            return True
        rest = self._begun(new)
        if not rest or rest in self._text:
            return True
        return not self._in_code and not new[0].isspace() and may_be_parted(self._text, rest)

    def _begun(self, new: str) -> str:
        """What came, without what says nothing."""
        if self._in_code:
            opening = _OPENING.match(new)
            return new[opening.end() :] if opening else new
        dots = _DOTS.match(new)
        return new[dots.end() :] if dots else new

    def _joined(self, new: str) -> str:
        rest = self._begun(new)
        if same := self._said_again(rest):
            return rest[same:]
        if self._in_code:
            reopened = len(rest) < len(new)
            return f"\n{rest}" if reopened and not self._text.endswith("\n") else rest
        blank = new[: len(new) - len(new.lstrip())]
        return (blank or " " * needs_space(self._text, rest, self._known)) + rest

    def _said_again(self, rest: str) -> int:
        """Characters at the beginning of what came that the text ends with."""
        for start in range(max(0, len(self._text) - len(rest)), len(self._text)):
            size = len(self._text) - start
            if rest[:1] != self._text[start] or not rest.startswith(self._text[start:]):
                continue
            parts_word = start > 0 and self._text[start - 1].isalnum() and rest[0].isalnum()
            if self._text.endswith(self._text[start:] * 2):
                continue  # it is said twice there already, so that once more may be meant
            if sum(c.isalnum() for c in rest[:size]) >= _LEAST_LETTERS and not parts_word:
                return size
        return 0


def _is_past_opening(new: str) -> bool:
    """Whether it can be told by now if a block of code begins there."""
    begun = new.lstrip()
    return bool(begun) and (begun[0] not in "`~" or "\n" in begun)


def _ends_in_code(text: str) -> bool:
    """Whether a block of code is open at the end, as CommonMark has them."""
    mark = ""
    for line in text.split("\n"):
        if (fence := _FENCE.match(line)) is None:
            continue
        if not mark:
            mark = fence[1]
        elif fence[1].startswith(mark) and not fence[2].strip():
            mark = ""
    return bool(mark)
