"""A student whose app has personas and templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.widgets import Input

from studybuddy.domain.prompts import Example, Persona, Template, Variable
from studybuddy.domain.settings import STUDY_BUDDY_PROMPT
from studybuddy.ui.widgets.editor import Editor
from tests.support.memory_library import MemoryLibrary
from tests.support.scripted_provider import Step
from tests.ui.app_under_test import Student

BUDDY = Persona(
    "Study Buddy", "Explains.", STUDY_BUDDY_PROMPT, starters=("What is a list?", "Make a plan.")
)
POET = Persona(
    "Poet",
    "Answers as a poem.",
    "Answer as a poem.",
    (Example("What is ice?", "Cold and white."),),
    ("What is rain?",),
)
SUMMARY = Template(
    "summary",
    "Sums up.",
    "Sum up in {{words}} words, as {{form}}:\n<text>\n{{text}}\n</text>",
    (
        Variable("text", "Your text", long=True),
        Variable("words", "Words", "50"),
        Variable("form", "As", choices=("prose", "a list")),
    ),
)
GREETING = Template("greeting", "Greets.", "Say hello.")


class LibraryStudent(Student):
    """With two personas and two templates."""

    def __init__(self, *scripts: Sequence[Step], **others: Any) -> None:
        super().__init__(*scripts, **others)
        self.library = MemoryLibrary((BUDDY, POET), (SUMMARY, GREETING))
        self.app.services.library = self.library

    @property
    def at_home(self) -> bool:
        """Whether no dialog is open, and the prompt has the keys."""
        return self.app.screen is self.app.chat and self.view.prompt.has_focus

    async def press(self, *keys: str) -> None:
        """Press keys, and let happen what follows by itself."""
        await self.pilot.press(*keys)
        await self.settle()

    async def sees(self, *texts: str) -> None:
        """Wait until texts are on the screen."""
        for text in texts:
            await self.until(lambda text=text: text in self.shown())  # type: ignore[misc]

    async def open(self, key: str, title: str) -> None:
        """Open a screen by its key, and wait for its list."""
        await self.press(key)
        await self.sees(title)
        await self.settle()

    def write(self, where: str, text: str) -> None:
        """Write into a field of the dialog on top."""
        field = self.app.screen.query_one(where)
        if isinstance(field, Input):
            field.value = text
        elif isinstance(field, Editor):
            field.load_text(text)
        else:
            raise AssertionError(f"{field} is no field")

    async def leave(self) -> None:
        """Press Esc until the prompt has the keys."""
        for _ in range(6):
            if self.at_home:
                return
            await self.press("escape")
        raise AssertionError(self.shown())
