"""The token view over texts."""

from __future__ import annotations

from studybuddy.tokens.counter import Counter
from studybuddy.ui.screens.token_view import Sample, TokenViewScreen
from tests.ui.dialog_host import DialogHost

COUNTER = Counter()
CAREER = "I'm going to use AI to relaunch my career."


def view(*texts: str, model: str = "gpt-5", start: int = 0) -> TokenViewScreen:
    """The screen over some texts."""
    samples = [Sample(f"Text {number}", text) for number, text in enumerate(texts, start=1)]
    return TokenViewScreen(samples, COUNTER, model, start)


async def ready(host: DialogHost, says: str = " characters") -> None:
    """Wait until it is counted."""
    await host.until(lambda: says in host.shown() and "Counting…" not in host.shown())
