"""What the student is called, where the student says so."""

from __future__ import annotations

import re

LONGEST = 40
"""Characters of a name."""

# Only where it can hardly be anything else: “I'm tired” is no name.
_SAYS = re.compile(
    r"(?:^|[.!?,;:\n]\s*|\b(?:hi|hello|hey)\W+)"
    r"(?:my name is|my name's|call me|you can call me|please call me)\s+"
    r"(?P<name>[^\W\d_][\w'’-]*(?:\s+[A-ZÀ-ÖØ-Þ][\w'’-]*){0,2})"
    r"(?=\s*(?:[.!?,;:\n]|$|and\b|but\b))",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    [
        "a",
        "an",
        "the",
        "back",
        "it",
        "when",
        "if",
        "later",
        "now",
        "once",
        "that",
        "this",
        "not",
        "what",
        "maybe",
        "name",
        "something",
        "irrelevant",
    ]
)


def name_in(text: str) -> str:
    """The name that a message gives for its writer; empty where it gives none."""
    found = _SAYS.search(text[:500])
    if found is None:
        return ""
    words = found["name"].split()
    # The words after the first count as names where they begin with a capital alone.
    kept = [words[0], *(word for word in words[1:] if word[:1].isupper())]
    name = " ".join(kept)
    if words[0].casefold() in _NO_NAMES or len(name) > LONGEST:
        return ""
    return name if name[:1].isupper() else name[:1].upper() + name[1:]
