"""Takes words that say nothing out of an English prompt, without touching what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.domain.prompt_parts import asking
from studybuddy.domain.text import harmless

MOST_CHARACTERS = 4000
"""Of a prompt that is looked at: a longer one is material, and courtesies are nothing beside it."""
_MOST_PASSES = 6
"""Over a prompt; two or three are usual, for one courtesy may stand behind another."""
_BLANKS = re.compile(r"\s{41}")
"""In data, or in what something else made: left alone, and slow to look through."""
_MAY_HAVE = re.compile(
    r"please|kindly|possibly|(?:can|could|will|would) you|do you think|it if you|wondering|"
    r"appreciate|you to |basically|actually|honest|by the way|\bjust |(?:kind|sort) of |"
    r"in order to |go ahead|n['’]t mind|"
    r"do not mind|thank|\bthx",
    re.IGNORECASE,
)
"""One of these is in whatever is taken out."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """A prompt without its filler."""

    text: str
    removed: tuple[str, ...] = ()
    """What was taken out, as it stood there; in the order of its place."""

    @property
    def words(self) -> str:
        """What was taken out, as it is told in one line: “please”, “thank you”."""
        return ", ".join(
            f"“{' '.join(harmless(each).split()).strip(' ,')}”" for each in self.removed
        )


_START = r"(?:\A[ \t]*|\n[ \t]*|[.!?][\")”’]? +)(?:[-*•] +|[0-9]+[.)] +)?"
"""Where a sentence or an item of a list begins."""
_END = r"(?=[.!?]*[ \t]*(?:\n|\Z)|[.!?]+[ \t])"
"""Where a sentence ends; its marks stay."""
_TASK = (
    r"(?:analy[sz]e|clarify|compare|define|describe|elaborate|explain|list|outline|summari[sz]e|"
    r"sum up|(?:find|give|help|make|quiz|remind|show|teach|tell|test|walk|write) (?:me|us))\b"
)
"""What one asks of another for certain: "can you swim?" and "can you give blood?" are questions."""
_COURTESY = r"(?:please|kindly|possibly)"
_NO_COURTESY = (
    r"(?!(?:is|are|was|were|means?|meant|as|in|and|or|vs|versus|for|from|to|of|on|with|by|at|the|"
    r"an?|comes?|came|has|have|had|does|did|should|can|could|would|will|when|not|yourself|me|you|"
    r"him|her|them|us|it|my|your|his|our|their|its|all|both|people|parents|(?:every|any|some)"
    r"(?:one|body)|nobody|no one|find attached)\b)"
)
"""Stands before what can't follow "please" where it is a courtesy."""
_THANKS = (
    r"(?:many |lots of )?(?:thanks|thank you|thx)(?: (?:so|very) much| a lot| a million)?"
    r"(?: in advance)?(?: for (?:your|the|any) (?:kind )?(?:help|time|assistance|support))?"
    r"(?: in advance)?"
)


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_AT_START = tuple(
    _rule(rf"{_START}(?P<cut>{lead})")
    for lead in (
        rf"(?:can|could|would|will) you (?:{_COURTESY} )+{_NO_COURTESY}(?=[a-z])",
        rf"(?:can|could) you (?=(?:just )?{_TASK})",
        r"would you be (?:so kind as to|kind enough to) (?=[a-z])",
        rf"do you think you (?:can|could) (?={_TASK})",
        r"I (?:was|am) (?:just )?wondering (?:if|whether) you (?:can|could) (?=[a-z])",
        r"I(?: would|['’]d) (?:really )?(?:appreciate|like) it if you (?:can|could) (?=[a-z])",
        r"I(?: would like|['’]d like| want| need) you to (?!know\b)(?=[a-z])",
        rf"(?:{_COURTESY},? )+{_NO_COURTESY}(?-i:(?=[a-z]))",
    )
)
_ASIDES = r"(?:basically|actually|honestly|to be honest|by the way)"
_ELSEWHERE = tuple(
    map(
        _rule,
        (
            rf"\b(?:can|could|would|will) you (?P<cut>(?:{_COURTESY} )+){_NO_COURTESY}(?=[a-z])",
            rf"\b(?:and|then|also|but) (?P<cut>(?:please|kindly) ){_NO_COURTESY}(?=[a-z])",
            rf"\w(?P<cut>(?:, please)+){_END}",
            rf"(?P<before>[\w'’]+)(?P<cut> please){_END}",
            rf"\w(?P<cut>, (?:{_ASIDES}|please|kindly),)(?= \w)",
            rf"{_START}(?P<cut>{_ASIDES}, )(?=[a-z])",
            r"\bI (?P<cut>just )(?=(?:want|need|wanted|wonder|wondered|would like)\b)",
            r"\bI(?:['’]m| am| was| feel) (?P<cut>(?:kind|sort) of )(?=[a-z])",
            r"\b(?P<cut>in order )to (?=[a-z])",
            rf"\b(?P<cut>go ahead and )(?={_TASK})",
            rf"\w(?P<cut>,? if you (?:don['’]t|do not|wouldn['’]t) mind){_END}",
        ),
    )
)
_AT_END = tuple(
    map(
        _rule,
        (
            rf"(?:\A|\n|[.!?\ue000])(?P<cut>\s*\b(?:{_THANKS}|I (?:really |would )?appreciate "
            r"(?:it|your help|any help)|much appreciated)[.!]*\s*)\Z",
            rf"(?P<before>[\w'’]+)(?P<cut>, {_THANKS})(?=[.!]*\s*\Z)",
        ),
    )
)
_TAKES_PLEASE = frozenset(
    (
        *("to", "must", "not", "will", "can", "could", "would", "only", "always", "never", "with"),
        *("i", "you", "he", "she", "it", "we", "they", "the", "a", "an", "or", "of", "and", "as"),
        *("say", "saying", "word", "words", "is", "use", "using", "used", "mean", "means"),
        *("called", "like", "yes", "no", "ok", "okay", "answer", "answers", "reply", "write"),
    )
)
"""Words after which no courtesy ends a sentence: "hard to please", "they say yes, please"."""
_ABOUT_WORDS = _rule(
    r"\b(?:translat|synonym|grammar|spell|pronounc|polite|paraphras|rephras|proofread|adverb|"
    r"idiom|lyric|quot|say|said|word|phrase|sentence|wording|express|mean|meaning|dialog|"
    r"e-?mail|letter|poem)|\b(?:in|into|to|from) (?:arabic|chinese|danish|dutch|english|french|"
    r"german|greek|hebrew|hindi|italian|japanese|korean|latin|polish|portuguese|russian|spanish|"
    r"swedish|turkish|ukrainian)\b"
)
"""Where a prompt is about words, every one of them may be what is meant."""


_LOWER = re.compile(r"[a-z]+(?!\w|\.\w)")
"""A word that can have a capital; "e.g." and "main.py" can't."""


def shorten(text: str) -> Shortened:
    """A prompt without courtesies and filler; only ever shorter, and the same where it has none.

    Code, quotations, addresses, data, and the material that a prompt is about stay as they are.
    A prompt of nothing else is left alone, and so is one of more than `MOST_CHARACTERS`.
    Shortening twice takes out nothing more. At most some milliseconds.
    """
    if len(text) > MOST_CHARACTERS or not _MAY_HAVE.search(text) or _BLANKS.search(text):
        return Shortened(text)
    removed: list[str] = []
    shorter = text
    passes = 0
    while spans := _filler(shorter):
        if (passes := passes + 1) > _MOST_PASSES:
            return Shortened(text)  # whatever this is, it is no prompt
        after = _without(shorter, spans)
        if not _says_something(after):
            alone = ([span] for span in spans)
            spans = next((one for one in alone if _says_something(_without(shorter, one))), [])
            after = _without(shorter, spans)
        if not spans:
            break
        removed.extend(shorter[start:end].strip(" \t\n,.!") for start, end in spans)
        shorter = after
    return Shortened(shorter, tuple(removed))


def _filler(text: str) -> list[tuple[int, int]]:
    """Where filler stands, in the order of its place; no two overlap."""
    masked = asking(text)
    about_words = _ABOUT_WORDS.search(masked) is not None
    spans: list[tuple[int, int]] = []
    for rule in _AT_START:
        found = [rule.match(masked)] if about_words else rule.finditer(masked)
        spans.extend(match.span("cut") for match in found if match is not None)
    for rule in () if about_words else (*_AT_END, *_ELSEWHERE):
        spans.extend(match.span("cut") for match in rule.finditer(masked) if _is_courtesy(match))
    apart: list[tuple[int, int]] = []
    for span in sorted(spans):
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart


def _is_courtesy(match: re.Match[str]) -> bool:
    """Whether nothing before it says otherwise."""
    return match.groupdict().get("before", "").casefold() not in _TAKES_PLEASE


def _says_something(text: str) -> bool:
    return re.search(r"\w\w", asking(text)) is not None


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without some parts; what then begins a sentence has the capital that it had."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts.append(text[done:start])
        done = end
        if text[start:end].lstrip()[:1].isupper() and _LOWER.match(text, end):
            parts.append(text[end].upper())
            done += 1
    return "".join([*parts, text[done:]])
