"""Words as they are indexed and asked for."""

from __future__ import annotations

import re

# Scripts written without spaces between words, and Korean, whose words take endings:
# each run is indexed as overlapping pairs of characters.
_RUN = (
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003134f]+"
)
RUNS = re.compile(_RUN)
# Each begins at a word's beginning: else a long run of letters would be tried from every place.
_SPLIT = re.compile(r"\b(\w+)-[ \t]*\n[ \t]*(\w+)")
_HYPHENED = re.compile(r"\b\w+(?:[-‐‑]\w+)+")
_CAMEL = re.compile(r"(?<![A-Za-z])[A-Za-z]*[a-z][A-Z][A-Za-z]*")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SIGNED = re.compile(r"(?<!\w)([A-Za-z])(\+\+|#)(?!\w)")

_STOP_WORDS = """
a about above after again all also am an and any are as at be because been before being below
between both but by can could did do does doing down during each few for from further get give
had has have having he her here hers him his how i if in into is it its itself just let me more
most my no nor not of off on once only or other our ours out over own please same she so some
such tell than that the their theirs them then there these they this those through to too under
until up us very was we were what when where which while who whom whose why will with would you
your yours s t d ll m re ve don doesn didn isn aren wasn weren won explain describe mean meaning
happen happens happened thing things way really exactly
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that a question has and its answer need not."""


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a run's characters; the run itself where it is one character."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def extra(text: str) -> str:
    """More words to find a text by, which its own words are not split into.

    Pairs of characters of scripts without spaces, hyphened words in one, words that a line's
    end parts, the parts of camelCase names, and C++ and C# as words.
    """
    words: list[str] = []
    if not text.isascii():
        for run in RUNS.findall(text):
            words += pairs(run)
    if "-" in text or "‐" in text or "‑" in text:
        words += ["".join(parts) for parts in _SPLIT.findall(text)]
        words += [re.sub("[-‐‑]", "", word) for word in _HYPHENED.findall(text)]
    for name in _CAMEL.findall(text):
        words += _HUMP.findall(name)
    words += [
        letter + ("sharp" if sign == "#" else "plusplus") for letter, sign in _SIGNED.findall(text)
    ]
    return " ".join(words)
