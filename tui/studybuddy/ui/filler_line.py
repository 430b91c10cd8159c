"""What will be left out of the prompt on sending, and how many tokens that saves."""

from __future__ import annotations

import asyncio

from textual.content import Content
from textual.widgets import Static

from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.filler import shorten
from studybuddy.domain.usage import Count
from studybuddy.ui.token_words import plural


class FillerLine(Static):
    """One line above the prompt, which is there only while something would be left out."""

    DEFAULT_CSS = """
    FillerLine {
        height: 1;
        padding: 0 1;
        color: $text-muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    async def look(self, draft: str, counter: TokenCounter, model: str) -> None:
        """Show what would be left out of a draft, off the event loop."""
        self.tell(*await asyncio.to_thread(_saved, draft, counter, model))

    def tell(self, words: str, saved: Count) -> None:
        """Show what is left out and what that saves; nothing where that is nothing."""
        self.display = bool(words)
        tokens = f"{saved} {plural(saved.tokens, 'token')}"
        self.update(Content(f"Saves {tokens} on sending, leaves out {words}"))


def _saved(draft: str, counter: TokenCounter, model: str) -> tuple[str, Count]:
    shortened = shorten(draft)
    if not shortened.removed:
        return "", Count()
    before, after = counter.count(draft, model), counter.count(shortened.text, model)
    exact = before.exact and after.exact
    return shortened.words, Count(max(0, before.tokens - after.tokens), exact)
