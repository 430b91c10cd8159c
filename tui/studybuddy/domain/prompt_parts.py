"""Tells the words of a prompt that ask from what it is about: code, quotations, data, material."""

from __future__ import annotations

import re

MASK = "\ue000"
"""Stands for each character that is not the student's own asking; no word and no space."""

_FENCE = r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*?^[ \t]*(?P=fence)[^\n]*$|.*\Z)"
_SPANS = re.compile(
    "|".join(
        [
            rf"(?ms:{_FENCE})",
            r"(?P<ticks>`+)(?s:[^`].*?)(?<!`)(?P=ticks)(?!`)|`+[^\n]*",
            r"“[^”\n]*(?:”|$)|„[^“”\n]*(?:[“”]|$)|«[^»\n]*(?:»|$)|‘[^’\n]*(?:’(?!\w)|$)",
            r"\"[^\"\n]*(?:\"|$)",
            r"(?<!\w)'[^'\n]*'(?!\w)",
            r"[a-zA-Z][\w+.-]*://\S+|www\.\S+|[^\s\ue000]+@\S+",
        ]
    ),
    re.MULTILINE,
)
_LONG = re.compile(r"[^\s\"'`“”„«»‘’]{41,}")
"""A word that is none: an address, a path, encoded data. Other patterns are slow in it."""
_CODE_MARKS = re.compile(r"[{}<>=\\|^~_$@#;\t]|\w\(|\]\[|^(?: {4}|>|\$ )|^\s*(?:import|from) \w+")
_MATERIAL_AFTER = re.compile(r"\b(?:following|below|here is|here are|here's|this is)\b", re.I)
_COLON = re.compile(r":(?=\s|$)")


def asking(text: str) -> str:
    """The text with everything masked but the sentences that ask; of the same length.

    Masked are code spans and fences, quotations, addresses, lines that look like code or data,
    and what follows a colon or a line that announces the material that it is about.
    """
    masked = _LONG.sub(lambda found: _hidden(found[0]), text)
    masked = _SPANS.sub(lambda found: _hidden(found[0]), masked)
    if (colon := _COLON.search(masked)) is not None:
        masked = masked[: colon.end()] + _hidden(masked[colon.end() :])
    lines: list[str] = []
    material = False
    for line in masked.split("\n"):
        lines.append(_hidden(line) if material or _CODE_MARKS.search(line) else line)
        material = material or _MATERIAL_AFTER.search(line) is not None
    return "\n".join(lines)


def _hidden(text: str) -> str:
    return "\n".join(MASK * len(line) for line in text.split("\n"))
