"""Text as the database can hold it."""

from __future__ import annotations


def clean(text: str) -> str:
    """The text as UTF-8 can carry it: surrogate pairs joined, lone ones U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
