"""The passages that a search put into a conversation, and the sentences in them that matter."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studybuddy.engine.search.sentences import sentences

_HEAD = re.compile(r"^【(?P<number>\d+)】 (?P<place>.*)$", re.MULTILINE)
_HOW_TO_CITE = re.compile(r"\n\nAfter each sentence that rests on a passage .*\Z", re.DOTALL)
_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[-*+•]\s+|\d+[.)]\s+|>\s*)")
_INLINE = re.compile(r"\*\*|(?<!\w)__(?=\w)|(?<=\w)__(?!\w)|`")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = ("ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "e")
_STOP = set(
    re.findall(
        r"\S+",
        "a an the of to in on for and or is are was were be been do does did how what which "
        "who whom whose why when where many much with without by from that this it its can "
        "could i you my me your if not no just get got there their they them as at about into "
        "than then so up out has have had will would should we our us he she his her tell "
        "explain describe mean say says notes note file files document",
    )
)
_GAP = re.compile(r"\n\s*\n|\f")
_ENDED = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_LONGEST = 400  # characters of a sentence
_HEADING = 8  # words, from which a line without a full stop is taken for a sentence
_QUOTED_FROM = 0.5
"""Share of the best sentence's score from which another one is quoted too."""
_COVERED = 0.8
"""Share of a question's words with which a sentence is taken for the whole answer."""
_ALIKE, _ALIKE_TO_AN_ANSWER = 0.6, 0.9
"""Share of what the best sentence's words are worth with which another is as good."""
_NEAR = 2  # sentences
_NEIGHBOUR_BEFORE, _NEIGHBOUR_AFTER, _RANK = 0.4, 0.2, 1.5


@dataclass(frozen=True, slots=True)
class NotePassage:
    """A passage as the model was given it."""

    mark: str
    """Such as 【1】, by which it is cited."""
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage."""

    text: str
    mark: str
    score: float
    """How well it fits the question; 0 where no word of it does."""
    order: int
    """Its place among all sentences."""
    paragraph: int = 0
    """Of its passage, from 0."""
    own: float = 0.0
    """What of the score is due to its own words, and not to its place."""


def passages_in(outputs: Sequence[str]) -> list[NotePassage]:
    """The passages in outputs of the file search; each only once."""
    found: dict[str, NotePassage] = {}
    for output in outputs:
        body = _HOW_TO_CITE.sub("", output)
        heads = list(_HEAD.finditer(body))
        ends = [*(head.start() for head in heads[1:]), len(body)]
        for head, end in zip(heads, ends, strict=False):
            text = body[head.end() : end].strip()
            passage = NotePassage(f"【{head['number']}】", head["place"], text)
            found.setdefault(text, passage)
    return list(found.values())


def all_sentences(passages: Sequence[NotePassage], *, plain: bool = False) -> list[Sentence]:
    """The sentences of passages without headings, bullets and code, in their order.

    Args:
        passages: where they stand.
        plain: whether Markdown within them goes too, such as the marks of bold words.
    """
    found: dict[str, Sentence] = {}
    for passage in passages:
        prose = _CODE.sub("\n\n", passage.text)
        paragraph, before = 0, 0
        for start, end in sentences(prose):
            paragraph += len(_GAP.findall(prose, before, start))
            before, raw = start, prose[start:end]
            if raw.startswith("#"):
                raw = raw.partition("\n")[2]  # a heading ends with its line
            listed = _BULLET.match(raw)
            text = " ".join(_BULLET.sub("", raw).split())
            text = _INLINE.sub("", text) if plain else text
            words = len(_WORD.findall(text))
            if words < 3 or len(text) > _LONGEST:
                continue
            if listed or words >= _HEADING or _ENDED.search(text):
                found.setdefault(text, Sentence(text, passage.mark, 0.0, len(found), paragraph))
    return list(found.values())


def best_sentences(
    question: str, passages: Sequence[NotePassage], most: int = 3, *, plain: bool = False
) -> list[Sentence]:
    """The sentences that are most likely to answer a question, best first.

    A word counts the more the fewer sentences have it; a neighbour of a fitting sentence fits
    too, for it often says what the question is after; an earlier passage is the better one.
    Measured on 70 questions about study notes, where the first three passages hold 59 of the
    answers: the best sentence holds 36, the best three 48.
    """
    everything = all_sentences(passages, plain=plain)
    words = [set(stems(sentence.text)) for sentence in everything]
    counts = Counter(word for each in words for word in each)
    asked = set(stems(question))
    ranks = {passage.mark: rank for rank, passage in enumerate(passages)}
    own = [
        sum(math.log(1 + len(everything) / counts[word]) for word in asked & each) for each in words
    ]
    scored = []
    for index, sentence in enumerate(everything):
        if not any(own[max(0, index - 1) : index + 2]):
            continue
        score = own[index] + _RANK / (1 + ranks.get(sentence.mark, len(ranks)))
        if index and everything[index - 1].mark == sentence.mark:
            score += _NEIGHBOUR_BEFORE * own[index - 1]
        if index + 1 < len(everything) and everything[index + 1].mark == sentence.mark:
            score += _NEIGHBOUR_AFTER * own[index + 1]
        scored.append(replace(sentence, score=score, own=own[index]))
    return sorted(scored, key=lambda sentence: -sentence.score)[:most]


def worth_quoting(
    question: str, best: Sequence[Sentence], *, widely: bool = False
) -> list[Sentence]:
    """Those of the best sentences that say more about a question than the first does.

    They fit it about half as well, and they have words of the question that the first lacks;
    or, where that one lacks some, they follow it at once, are near it and have some of its
    words, or fit about as well as it does.
    Measured on 163 questions about study notes: 2.4 sentences are quoted for one, where
    their scores alone let 2.8 be quoted, and as many of the quotes hold the answer.

    Args:
        question: that is asked.
        best: sentences, best first.
        widely: whether all that fit half as well are of use, for something to be explained.
    """
    if not best[0].score:
        return list(best)
    asked = set(stems(question))
    first = best[0]
    covered = asked & set(stems(first.text))
    is_answer = len(covered) >= _COVERED * len(asked)
    alike = _ALIKE_TO_AN_ANSWER if is_answer else _ALIKE

    def counts(sentence: Sentence) -> bool:
        if sentence.score < _QUOTED_FROM * first.score:
            return False
        if (
            widely
            or (asked & set(stems(sentence.text))) - covered
            or sentence.own >= alike * first.own > 0
        ):
            return True
        distance = sentence.order - first.order if sentence.mark == first.mark else math.inf
        is_next = distance == 1 and sentence.paragraph == first.paragraph
        is_near = is_next or (bool(sentence.own) and abs(distance) <= _NEAR)
        return is_near and not is_answer

    return [first, *filter(counts, best[1:])]


def stems(text: str) -> list[str]:
    """The words of a text that mean something, without their endings."""
    return [stem(w) for w in _WORD.findall(text) if w.lower() not in _STOP]


def stem(word: str) -> str:
    """A word without its ending; crude, and the same for most forms of it."""
    word = word.lower()
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
