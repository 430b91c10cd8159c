"""The least that a full-screen app with a prompt can cost: Textual and one editor."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import TextArea


class Bare(App[None]):
    """A text area, and nothing else."""

    def compose(self) -> ComposeResult:
        yield TextArea(placeholder="Ask Study Buddy")


if __name__ == "__main__":
    Bare().run()
