"""The marks by which models cite passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(r"(?ms)^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1|\Z)|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)")
_NUMBERS = r"\d{1,4}(?:\s*[,;、]\s*\d{1,4})*"
_NAMES = r"(?:(?:source|passage|citation|cite|ref|reference|document|doc|note)s?\.?\s*#?\s*)"
_LENTICULAR = re.compile(
    rf"【\s*{_NAMES}?(?P<numbers>{_NUMBERS})(?:\s*[:†‡|][^【】\n]{{0,80}})?\s*】", re.IGNORECASE
)
_SQUARE = re.compile(
    rf"(?<![\\!])\[\^?\s*{_NAMES}?(?P<numbers>{_NUMBERS})"
    rf"(?:(?::\d+)?†[^\[\]\n]{{0,80}})?\s*\](?!\()",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"(?m)^ {0,3}\[\^?(\d{1,4})\]:")
_ROUND = re.compile(
    rf"(?<=\S)(?P<space>[ \t]+)\(\s*{_NAMES}?(?P<numbers>{_NUMBERS})\s*\)(?=[.!?,;:]?(?:\s|\Z))",
    re.IGNORECASE,
)
_ENUMERATED = re.compile(r"(?m)(?:^|[:,;.]\s+|\b(?:and|or)\s+)\(\d+\)\s+\w")
_COUNTED = re.compile(
    r"\b(?:equations?|eqs?\.?|fig(?:ure)?s?\.?|steps?|options?|parts?|points?|cases?|items?|tables?"
    r"|examples?|sections?|chapters?|lines?|rules?|choices?|answers?|questions?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the text, and the numbers of the passages it points to."""

    start: int
    end: int
    numbers: tuple[int, ...]
    """Those that there are; none where it points nowhere and is to go."""


def code_spans(text: str) -> list[tuple[int, int]]:
    """Where the text is code, inline or fenced."""
    return [found.span() for found in _CODE.finditer(text)]


def marks(text: str, passages: int) -> list[Mark]:
    """Marks in the order of the text, none of them in code.

    【1】 and its variants are marks also where there is no passage of that number. [1] and (1)
    are prose unless there is one, and a link or a footnote that the text defines stays what
    it is; (1) must end a sentence or a line, and not be counting anything.

    Args:
        text: what the model wrote, Markdown.
        passages: how many there are; they are numbered from 1.
    """
    spans = code_spans(text)
    defined = {int(number) for number in _DEFINITION.findall(text)}
    found = list(_clear(text, passages))
    found += _square(text, passages, defined)
    if not any(mark.numbers for mark in found) and not _ENUMERATED.search(text):
        found += _round(text, passages)
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda mark: mark.start):
        in_code = any(start < mark.end and mark.start < end for start, end in spans)
        if not in_code and (not kept or mark.start >= kept[-1].end):
            kept.append(mark)
    return kept


def _clear(text: str, passages: int) -> Iterator[Mark]:
    for found in _LENTICULAR.finditer(text):
        numbers = _numbers(found["numbers"])
        yield Mark(*found.span(), tuple(n for n in numbers if 1 <= n <= passages))


def _square(text: str, passages: int, defined: set[int]) -> Iterator[Mark]:
    for found in _SQUARE.finditer(text):
        numbers = _numbers(found["numbers"])
        if all(1 <= n <= passages and n not in defined for n in numbers):
            yield Mark(*found.span(), numbers)


def _round(text: str, passages: int) -> Iterator[Mark]:
    for found in _ROUND.finditer(text):
        numbers = _numbers(found["numbers"])
        counts = _COUNTED.search(text, max(0, found.start() - 20), found.start())
        if all(1 <= n <= passages for n in numbers) and not counts:
            yield Mark(found.end("space"), found.end(), numbers)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in re.findall(r"\d+", text)))
