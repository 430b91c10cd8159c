"""A student with files, some of which go with a question."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from studybuddy.domain.usage import Count
from studybuddy.ui.widgets.completion_list import CompletionList
from tests.ui.app_under_test import Student

CELLS = "# Cells\n\nEvery plant cell has a wall.\n"
SENT = f"Explain @notes/cells.md\n\nFile notes/cells.md:\n```md\n{CELLS}```"


class Words:
    """Counts words, when it is told to."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def count(self, text: str, model: str) -> Count:
        """Tokens of a text."""
        assert self.gate.wait(10)
        return Count(len(text.split()))


def fill(folder: Path) -> Path:
    """Put files there."""
    (folder / "notes").mkdir()
    (folder / "notes" / "cells.md").write_text(CELLS)
    (folder / "notes" / "my essay.md").write_text("An essay.")
    (folder / "slides.pdf").write_bytes(b"%PDF-1.7")
    return folder


class Picker(Student):
    """A student with files."""

    def __init__(self, *scripts: Any) -> None:
        super().__init__(*scripts)
        self.words = Words()
        self.desk.accounts.counter = self.words  # type: ignore[assignment]

    @property
    def text(self) -> str:
        """What is typed."""
        return self.view.prompt.text

    @property
    def listed(self) -> list[str]:
        """What is offered."""
        lists = self.app.screen.query(CompletionList)
        if not lists or not lists.first().display:
            return []
        return [entry.label for entry in lists.first()._entries]

    async def lists(self, *names: str) -> None:
        """Wait until these are offered, the first of them first."""
        await self.until(lambda: self.listed[: len(names)] == list(names))

    async def press(self, *keys: str) -> None:
        """Press keys, and let happen what follows by itself."""
        await self.pilot.press(*keys)
        await self.settle()

    async def goes_along(self, name: str) -> None:
        """Wait until a file is said to go along."""
        await self.until(lambda: f"Goes along: {name}" in self.shown())
