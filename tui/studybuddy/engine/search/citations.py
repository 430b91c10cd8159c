"""Citations: passages as a model is given them, and its marks as OpenAI's annotations."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studybuddy.engine.search.marks import Mark, code_spans, marks
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.search.sentences import sentences
from studybuddy.engine.search.support import Sources, Support, shortened

_SURE = 0.6  # share of a sentence's weight that a passage must have, to be cited unasked
_SURE_WORDS = 3
_MOST_COMPARED = 200  # passages that each sentence is compared with, the best ones
_NO_CLAIM = re.compile(r"\s*(?:#{1,6}\s|\||>|```|~~~)|.*[?:]\s*$", re.DOTALL)
_HOW_TO_CITE = (
    "After each sentence that rests on a passage write its mark, such as 【{first}】. "
    "Write no other marks, and say so if the passages do not answer the question."
)


@dataclass(frozen=True, slots=True)
class Cited:
    """A text whose marks are annotated."""

    text: str
    annotations: list[dict[str, Any]]
    """OpenAI's `file_citation` annotations in the order of the text. `start_index` and
    `end_index` count characters (code points) of `text`, and text[start:end] is the mark."""


def passages_for_model(passages: Sequence[Passage], first: int = 1) -> str:
    """The passages, numbered from `first`, each below its mark, and how to cite them."""
    if not passages:
        return "No passage of the files matches the question."
    parts = [
        f"【{number}】 {_place(passage)}\n{passage.text}"
        for number, passage in enumerate(passages, first)
    ]
    return "\n\n".join([*parts, _HOW_TO_CITE.format(first=first)])


def _place(passage: Passage) -> str:
    if passage.page is not None:
        return f"{passage.file_name}, page {passage.page}"
    return f"{passage.file_name}, line {passage.line}"


def cite(text: str, passages: Sequence[Passage]) -> Cited:
    """Turn the marks of a model's answer into annotations.

    Every mark that points to a passage becomes 【n】, whatever variant the model wrote; marks
    that point nowhere are taken out, with the space before them. Where no mark is left, one is
    put after each sentence whose words are clearly those of a passage.

    Args:
        text: what the model wrote.
        passages: what it was given, in the order of their numbers, from 1.
    """
    found = marks(text, len(passages))
    cited = {number - 1 for mark in found for number in mark.numbers}
    if cited:
        writer = _Writer(text, passages, Sources(passages, cited))
        writer.marked(found)
    else:
        # What several searches found is looked at once.
        first = {(p.file_id, p.start, p.end): at for at, p in reversed([*enumerate(passages)])}
        best = sorted(first.values(), key=lambda at: -passages[at].score)[:_MOST_COMPARED]
        writer = _Writer(text, passages, Sources(passages, sorted(best)))
        writer.unmarked(found)
    return writer.cited()


class _Writer:
    """Writes the answer anew, from left to right."""

    def __init__(self, text: str, passages: Sequence[Passage], sources: Sources) -> None:
        self._text = text
        self._passages = passages
        self._sources = sources
        self._out: list[str] = []
        self._length = 0  # characters written
        self._read = 0  # characters of the text that are done
        self._last: tuple[int, int] | None = None  # where the last mark ended, and its number
        self._annotations: list[dict[str, Any]] = []

    def cited(self) -> Cited:
        self._copy(len(self._text))
        return Cited("".join(self._out), self._annotations)

    def marked(self, found: Sequence[Mark]) -> None:
        """Annotate the marks of the model."""
        claims = _Claims(self._text, found)
        for mark in found:
            if not mark.numbers:
                self._skip(mark)
                continue
            self._copy(mark.start)
            self._read = mark.end
            claim = claims.before(mark)
            for number in mark.numbers:
                self._mark(number, self._sources.support(number - 1, claim))

    def unmarked(self, found: Sequence[Mark]) -> None:
        """Annotate sentences that clearly rest on a passage; `found` point nowhere."""
        events: list[tuple[int, Mark | tuple[int, Support]]] = [(m.start, m) for m in found]
        spans = code_spans(self._text)
        for start, end in sentences(self._text):
            if any(first < end and start < last for first, last in spans):
                continue
            claim = self._text[start:end]
            if _NO_CLAIM.match(claim) or not (best := self._sources.best(claim)):
                continue
            if best[1].share >= _SURE and best[1].words >= _SURE_WORDS:
                events.append((end, best))
        for place, event in sorted(events, key=lambda item: item[0]):
            if isinstance(event, Mark):
                self._skip(event)
            else:
                self._copy(place)
                self._mark(event[0] + 1, event[1])

    def _skip(self, mark: Mark) -> None:
        """Leave a mark out, and the spaces before it where they parted it from nothing."""
        after = self._text[mark.end : mark.end + 1]
        end = mark.start
        if not after or after in " \t\n.,;:!?)":
            while end > self._read and self._text[end - 1] in " \t":
                end -= 1
        self._copy(end)
        self._read = mark.end

    def _copy(self, until: int) -> None:
        if until > self._read:
            self._out.append(self._text[self._read : until])
            self._length += until - self._read
            self._read = until

    def _mark(self, number: int, support: Support) -> None:
        if self._last == (self._length, number):
            return  # the model said it twice
        mark = f"【{number}】"
        start, self._length = self._length, self._length + len(mark)
        self._out.append(mark)
        self._last = (self._length, number)
        self._annotations.append(
            {
                "type": "file_citation",
                "text": mark,
                "start_index": start,
                "end_index": self._length,
                "file_citation": _citation(self._passages[number - 1], support),
            }
        )


class _Claims:
    """What each mark stands behind."""

    def __init__(self, text: str, found: Sequence[Mark]) -> None:
        # Marks are blanked, so that they neither end a sentence nor count as its words.
        blank = list(text)
        for mark in found:
            blank[mark.start : mark.end] = " " * (mark.end - mark.start)
        self._text = "".join(blank)
        self._sentences = sentences(self._text)
        self._starts = [start for start, _end in self._sentences]

    def before(self, mark: Mark) -> str:
        """The sentence that the mark is in or stands after."""
        index = bisect.bisect_left(self._starts, mark.start) - 1
        if index < 0:
            return self._text[mark.end : mark.end + 200]
        start, end = self._sentences[index]
        return self._text[start:end]


def _citation(passage: Passage, support: Support) -> dict[str, Any]:
    """The place of the quote, in the file's extracted text."""
    end = shortened(passage.text, support.start, support.end)
    start = passage.start + support.start
    page = passage.page
    if page is not None:
        page += bisect.bisect_right(passage.page_breaks, start)
    return {
        "file_id": passage.file_id,
        "quote": passage.text[support.start : end],
        "file_name": passage.file_name,
        "page": page,
        "line": passage.line + passage.text.count("\n", 0, support.start),
        "start": start,
        "end": passage.start + end,
    }
