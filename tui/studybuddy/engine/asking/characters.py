"""Text that can be written down: halves of characters, as some servers send them, are mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def cleaned(text: str) -> str:
    """A text whose surrogates are joined to characters; a lone one becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def cleaned_json(value: Any) -> Any:
    """A JSON value with all its texts cleaned."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, Mapping):
        return {cleaned(name): cleaned_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cleaned_json(inner) for inner in value]
    return value


def half_at_end(text: str) -> str:
    """The first half of a character with which a text ends; empty where it ends with none."""
    return text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
