"""Where sentences end, for cutting chunks and choosing quotes."""

from __future__ import annotations

import re

_END = re.compile(
    r"""[.!?…]+["'”’)\]]*(?=\s)      # a full stop and what closes after it, then a space
    |[。！？｡]+[」』”’）]*           # no space follows in Chinese and Japanese
    |\n(?=[ \t]*(?:[-*+•]\s|\d+[.)]\s|\#{1,6}\s|\|))   # list items, headings and rows stand alone
    |\n[ \t]*\n                       # a paragraph's end
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|e\.g|i\.e|cf|vs|etc|Dr|Mr|Mrs|Ms|Prof|St|Fig|Figs|Eq|Eqs|No|Nos|Vol|pp|ca|approx"
    r"|Sec|Ch|al|Jr|Sr|Inc|Ltd|Co|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)|^\s*\d{1,3})\.$"
)
_LOOKBACK = 12  # characters in which an abbreviation is looked for


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Start and end of each sentence within text[start:end], without the spaces around it."""
    stop = len(text) if end is None else end
    found: list[tuple[int, int]] = []
    begin = start
    for mark in _END.finditer(text, start, stop):
        if mark[0].endswith(".") and _is_abbreviation(text, begin, mark.end(), stop):
            continue
        _add(found, text, begin, mark.end())
        begin = mark.end()
    _add(found, text, begin, stop)
    return found


def _is_abbreviation(text: str, begin: int, end: int, stop: int) -> bool:
    """Whether the full stop before `end` ends a word and not the sentence."""
    after = text[end : min(end + 3, stop)].lstrip()[:1]
    if after and (after.islower() or after in ",;:"):
        return True
    return _ABBREVIATION.search(text[max(begin, end - _LOOKBACK) : end]) is not None


def _add(found: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    if end > begin:
        found.append((begin, end))
