"""Facts in study notes that can be asked for: a sentence, and a term of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.engine.asking.notes import Sentence, stem

_BLANK = "_____"
_UNCLEAR = re.compile(
    r"^(?:it|its|they|their|them|this|that|these|those|he|she|his|her|both|such|however|but|and|or|so|"
    r"then|there|here|each|neither|some|others?|another|also|thus|hence|therefore|we|you|i)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_COMMON = frozenset(
    re.findall(
        r"\S+",
        "because through between without another against however although whether around before "
        "called carries becomes between different example following usually together itself "
        "themselves several during within across towards toward always almost cannot nearly "
        "another nothing something everything anything therefore otherwise first second third "
        "further longer larger smaller higher lower greater rather little having being known "
        "while where which whose their there these those would could should about after again "
        "other under until later since every still never often might shall makes takes gives "
        "enough somebody tomorrow comes keeps holds moves turns found given taken using needs "
        "times years people things supports twelve thirteen fourteen fifteen twenty thirty forty "
        "fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions "
        "billion double doubles triple",
    )
)
_VERBISH = ("ing", "ed", "ly", "ous", "ful", "ive", "ble", "ary", "ish", "less", "al", "ic")
_FOLLOWING = (
    "of|and|or|in|on|at|to|with|by|for|from|which|that|is|are|was|were|has|have|had|can|could|will|"
    "into|through|between|than|as|but|when|where|while|who|during|under|over|because|if|so"
)
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)*")
_MONTH = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
_DEFINING = re.compile(r"\b(?:is|are|was|were|means?|called|known as|consists? of)\b")
_UNIT = re.compile(r"\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence with the term in it that is to be known."""

    sentence: str
    term: str
    others: tuple[str, ...]
    """Terms of the same kind elsewhere in the notes, for wrong choices."""

    @property
    def gap(self) -> str:
        """The sentence without the term."""
        return re.sub(rf"(?<!\w){re.escape(self.term)}(?!\w)", _BLANK, self.sentence)


def facts_in(
    sentences: Sequence[Sentence], most: int, about: Sequence[Sentence] = ()
) -> list[Fact]:
    """The facts best suited for questions, in the order of the sentences; one a sentence.

    Args:
        sentences: what may be asked about, and where wrong choices come from.
        most: how many are wanted; there may be fewer.
        about: those of the sentences that are to be asked about first.
    """
    terms = {s.text: _terms(s.text) for s in sentences}
    first = {s.text for s in about}
    counts = Counter(stem(term) for found in terms.values() for term in found)
    ranked = sorted(
        (
            (sentence in first, _worth(term, sentence, counts), number, term)
            for number, sentence in enumerate(s.text for s in sentences)
            if _stands_alone(sentence)
            for term in terms[sentence]
        ),
        reverse=True,
    )
    found: dict[int, Fact] = {}
    taken: set[str] = set()
    for _, _, number, term in ranked:
        text = sentences[number].text
        others = _others(term, text, terms)
        if number not in found and stem(term) not in taken and len(others) >= 2:
            found[number] = Fact(text, term, others[:3])
            taken.add(stem(term))
        if len(found) == most:
            break
    return [found[number] for number in sorted(found)]


def _stands_alone(text: str) -> bool:
    words = _TOKEN.findall(text)
    return 7 <= len(words) <= 40 and not _UNCLEAR.match(text) and text[0].isupper()


def _terms(text: str) -> list[str]:
    """What may be asked for in a sentence: names, numbers and longer nouns."""
    names = [re.sub(r"['’]s?$", "", m[0]) for m in _NAME.finditer(text)]
    found = [
        name for name in names if len(name) >= 4 and not _MONTH.search(name) and text.find(name) > 0
    ]
    inside = {word for name in names for word in name.split()}
    for match in _TOKEN.finditer(text):
        word = match[0]
        is_noun = (
            len(word) >= 6
            and word.replace("-", "").isalpha()
            and word.islower()
            and not _COMMON.intersection((word, *word.split("-")))
            and not word.endswith(_VERBISH)
            and _is_noun_like(text[: match.start()], text[match.end() :])
        )
        if word not in inside and (is_noun or _UNIT.fullmatch(word)):
            found.append(word)
    return [word for word in dict.fromkeys(found) if _once(word, text)]


def _once(word: str, text: str) -> bool:
    """Whether nothing else in a sentence gives a word away, such as another form of it."""
    words = [stem(each) for each in _TOKEN.findall(text)]
    return all(words.count(stem(each)) == 1 for each in _TOKEN.findall(word))


def _is_noun_like(before: str, after: str) -> bool:
    """Whether what stands around a word lets the end of a noun's phrase be expected."""
    return bool(
        re.match(rf"[.,;:)!?]|\Z|\s+(?:{_FOLLOWING})\b", after)
        and re.search(
            r"(?:\b(?:the|a|an|of|into|by|from|with|and|or|in|to|called|for|than|as|are|is)|,|:)\s+"
            r"(?:\w+\s+)?$",
            before,
            re.IGNORECASE,
        )
    )


def _worth(term: str, text: str, counts: Counter[str]) -> float:
    """How good a term is to be asked for: names and numbers first, then what comes up often."""
    place = text.find(term) / max(1, len(text))
    kind = 1.0 if _kind(term) != "word" else 0.0
    defines = 0.5 if _DEFINING.search(text) else 0.0
    shortness = max(0, 25 - len(text.split())) * 0.05
    often = min(3, counts[stem(term)]) * 0.7
    return kind + defines + shortness + often + min(len(term), 14) * 0.05 + place * 0.5


def _kind(term: str) -> str:
    if term[0].isdigit():
        return "number"
    return "name" if term[0].isupper() else "word"


def _others(term: str, sentence: str, terms: dict[str, list[str]]) -> tuple[str, ...]:
    """Terms like this one that would fit its place and are wrong there."""
    if _kind(term) == "number":
        return _numbers_near(term)
    plural = term.endswith("s")
    there = {stem(word) for word in _TOKEN.findall(sentence)}
    found: dict[str, str] = {}
    for text, listed in terms.items():
        for other in listed if text != sentence else ():
            if _kind(other) == _kind(term) and stem(other) not in there:
                found.setdefault(stem(other), other)
    ranked = sorted(
        found.values(),
        key=lambda o: (o.endswith("s") != plural, o[-3:] != term[-3:], abs(len(o) - len(term))),
    )
    return tuple(ranked)


def _numbers_near(term: str) -> tuple[str, ...]:
    digits = term.replace(",", "")
    try:
        number = float(digits)
    except ValueError:
        return ()
    if number.is_integer() and 1000 <= number <= 2100 and "," not in term:  # a year
        step = 10 if number % 10 == 0 else 7
        return tuple(str(int(number) + change) for change in (-step, step, 2 * step))
    if not number.is_integer():
        return tuple(f"{number * factor:g}" for factor in (0.5, 2.0, 10.0))
    whole = int(number)
    near = {whole - 1, whole + 1, whole + 2} if whole <= 20 else {whole // 2, whole * 3 // 2}
    kept = sorted(value for value in (near | {whole * 2}) - {whole} if value > 0)[:3]
    return tuple(f"{value:,}" if "," in term else str(value) for value in kept)
