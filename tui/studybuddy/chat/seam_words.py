"""Whether a word was parted where an answer was cut, or whether another one begins there.

Answers are cut between tokens. Tokens of words have their space before them, and models begin
what they say without one: so it can only be guessed, by which words there are.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 24
"""Letters of a word that comes, after which it is taken for another one."""
_LONGEST_WHOLE = 21
_WORD_BEFORE = re.compile(r"\w+\Z")
_WORD_AFTER = re.compile(r"\w+")
_PUNCTUATION = ",;:.!?)"
"""What a word does not follow without a space."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON = _words(
    # Frequent words; those of other languages that no English word begins or ends with.
    """
    a an the and or but nor if then than as at by for from in into of off on onto out over to up
    with is are was were be been being am has have had do does did can could will would shall
    should may might must not no yes i you he she it we they me him her us them my your his its our
    their this that these those there here what which who whom whose when where why how all any
    both each few more most other some such only own same so too very just also because while
    after before between during under about above below again once one two three many much new
    make makes made use uses used take takes takes called like let means way see
    add set get got old act now via try last since upon itself already another bit big small long
    good need needs help
    und oder aber nicht ist sind wird für auf auch wenn dass sich les une sont dans pour avec que
    qui los una pero não é è het een niet
    """
)
_JOINED = frozenset({"cannot"})
"""Words of two that are in `_COMMON` or might be."""
_NO_WORDS = _words(
    # Ends of words that are none themselves, not in another of those languages either.
    """
    s ed ing ings ly tion tions sion sions ment ments ness ity ities able ible ous ious ically
    ally ism isms ization isation ize ized ise ised th st nd rd
    """
)
_FULL_ENDS = tuple(
    _words("ed ing tion sion ly ness ment ity ous ive ful ism able ible ical ance ence ies")
)
"""Ends of words with which they are whole."""
_END = re.compile(
    r"(?:[aiu]?[tscl])?"
    r"(?:i?ed|ies|ions?|ives?|ively|i[tv]?al|ially|ar(?:y|ies)|ors|ers|[ae]nces?|ists?|at(?:ed|es)|"
    r"[ai]tions?|[ai]tive|ing|able|ible|it(?:y|ies)|ical|ically|ous|ously|isms?)",
)
"""Ends of words that are hardly ever words themselves."""
_OPEN = "ijoquvо"
"""Letters with which many parts of words end, such as “photo”, and few words."""


def may_be_parted(text: str, rest: str) -> bool:
    """Whether it can't be told yet where the first word of `rest` ends, and that matters."""
    return (
        _is_in_word(text[-1:])
        and not _is_wide(rest[:1])
        and len(rest) <= LONGEST
        and _WORD_AFTER.fullmatch(rest) is not None
    )


def needs_space(text: str, rest: str, known: str) -> bool:
    """Whether another word begins with `rest`, and not the rest of the one that `text` ends with.

    Args:
        text: what was cut.
        rest: what comes; its first word is whole, or longer than `LONGEST`.
        known: another text in which words may be found.
    """
    last, first = text[-1:], rest[:1]
    if not last or not first or _is_wide(last) or _is_wide(first):
        return False
    if not last.isalnum():
        return last in _PUNCTUATION and first.isalpha()
    if not first.isalnum() or (last.isdigit() and first.isdigit()):
        return False
    before, after = _WORD_BEFORE.search(text), _WORD_AFTER.match(rest)
    if before is None or after is None:
        return False
    if text[: before.start()].endswith(("'", "’")):  # as in “it's”
        return True
    return not _is_one_word(before[0], after[0], f"{known}\n{text[: before.start()]}")


def _is_one_word(tail: str, head: str, others: str) -> bool:
    """Whether two pieces are of one word, given what else there is."""
    if len(head) > LONGEST:
        return False
    if tail[-1].isdigit() or head[0].isdigit():
        return head.lower() in _NO_WORDS or (len(tail) == 1 and tail.isupper())
    if tail[-1].islower() and head[0].isupper():
        return False
    if (tail + head).lower() in _JOINED or _has(others, tail + head):
        return True
    if tail.casefold() == head.casefold():
        return False
    if tail.isupper() and head.isupper():  # an abbreviation
        return head != "I" and not _has(others, tail) and not _has(others, head)
    if head in _NO_WORDS and not _has(others, head):
        return True
    words = _COMMON.intersection((tail.lower(), head.lower()))
    if words or _has(others, tail) or _has(others, head):
        return False
    if len(tail) > 4 and tail.lower().endswith(_FULL_ENDS):
        return False
    if len(tail) + len(head) > _LONGEST_WHOLE or not head[0].islower():
        return False
    # Of texts that were cut at each of their tokens, these are more often parted than not.
    short = min(len(tail), len(head)) <= 3 or max(len(tail), len(head)) <= 4
    return short or tail[-1] in _OPEN or _END.fullmatch(head) is not None


def _has(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


def _is_in_word(character: str) -> bool:
    return character.isalnum() and not _is_wide(character)


def _is_wide(character: str) -> bool:
    """Whether it is of a script that is written without spaces."""
    return bool(character) and unicodedata.east_asian_width(character) in "WF"
