"""What leaves of a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.settings import Settings


def as_sent(text: str, settings: Settings) -> str:
    """A prompt as it leaves: nothing of a blank one, and no filler where that is to go."""
    if not text or text.isspace():
        return ""
    if not settings.savings.filler_words:
        return text
    from studybuddy.domain.filler import shorten

    return shorten(text).text
