"""Fuzzy matching of names and paths: the letters that are typed, in their order, with gaps.

Linear in the length of the text: Textual's own matcher tries every way in which the letters fit,
which are millions for a path that repeats itself.
"""

from __future__ import annotations

from dataclasses import dataclass

_LETTER, _IN_A_ROW, _AT_A_BEGINNING, _IN_THE_NAME, _NAME_BEGINS = 16, 8, 10, 12, 40
_BREAKS = "/ _-.\\"


@dataclass(frozen=True, slots=True)
class Match:
    """How a text matches."""

    score: int
    """More is better; of texts for one query."""
    places: tuple[int, ...]
    """Which of its characters were typed."""


def match(query: str, text: str) -> Match | None:
    """Match a text, in any case of its letters; `None` where a letter of the query is missing.

    What is behind the last slash counts more: it is the name, the rest is where that is.
    """
    if not query:
        return Match(0, ())
    wanted, lower = query.lower(), text.lower()
    if len(lower) != len(text):  # a letter that is two in lower case would move the places
        lower = text
    name = text.rstrip("/").rfind("/") + 1
    found = _places(wanted, lower, name) or _places(wanted, lower, 0)
    return Match(_score(wanted, lower, text, found, name), found) if found else None


def _places(wanted: str, lower: str, start: int) -> tuple[int, ...]:
    """Where the letters are, from `start` on, as near to each other as is quickly seen."""
    whole = lower.find(wanted, start)
    if whole >= 0:
        return tuple(range(whole, whole + len(wanted)))
    end = start
    for letter in wanted:
        end = lower.find(letter, end) + 1
        if not end:
            return ()
    places = []
    for letter in reversed(wanted):  # back from there: the first ones found may be far off
        end = lower.rfind(letter, start, end)
        places.append(end)
    return tuple(reversed(places))


def _score(wanted: str, lower: str, text: str, places: tuple[int, ...], name: int) -> int:
    score, before = 0, -2
    for place in places:
        score += _LETTER
        if place == before + 1:
            score += _IN_A_ROW
        if place == 0 or text[place - 1] in _BREAKS:
            score += _AT_A_BEGINNING
        before = place
    score -= min(40, places[-1] - places[0] + 1 - len(places))
    if places[0] >= name:
        score += _IN_THE_NAME
    if lower.startswith(wanted, name) or lower.startswith(wanted):
        score += _NAME_BEGINS
    return score - len(text) // 8
