"""Code blocks and messages taken out of the conversation: into the prompt, or to a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy.domain.text import harmless
from studybuddy.study.typed_paths import working_folder
from studybuddy.ui.code_names import file_name, info_of
from studybuddy.ui.saving import save, shown_path
from studybuddy.ui.screens.save_text import SaveScreen
from studybuddy.ui.widgets.conversation import markdown_of

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace


class CodeKeeper:
    """Carries out the commands of the feature "code"."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._folder: Path | None = None
        """Where something was saved last."""

    async def run(self, command: str) -> None:
        """Carry out a command of the table."""
        match command:
            case "quote":
                self._quote()
            case "save_code":
                await self._workplace.once(self._save)

    def _quote(self) -> None:
        view = self._workplace.view
        transcript, prompt = view.transcript, view.prompt
        code = transcript.chosen_code() if transcript.on_code else None
        message = transcript.current_message()
        if code is not None:
            text = fenced(info_of(code.message.text, code.text), code.text)
        elif message is not None and message.text.strip():
            text = quoted(harmless(markdown_of(message)))
        else:
            self._workplace.say("There is nothing here to put into the prompt.")
            return
        before = prompt.document.get_line(prompt.cursor_location[0])[: prompt.cursor_location[1]]
        prompt.insert(("\n" if before.strip() else "") + text + "\n")
        prompt.focus()

    async def _save(self) -> None:
        code = self._workplace.view.transcript.chosen_code()
        if code is None:
            self._workplace.say("There is no code block to save.")
            return
        name = file_name(info_of(code.message.text, code.text), code.text)
        path = shown_path((self._folder or working_folder()) / name)
        text = harmless(code.text) + "\n"

        async def write(typed: str, sure: bool) -> Path:
            return await asyncio.to_thread(save, typed, text, sure=sure)

        saved = await self._workplace.dialog(SaveScreen("Save the code block", path, write))
        if saved is not None:
            self._folder = saved.parent
            lines = text.count("\n")
            told = f"{lines:,} line{'' if lines == 1 else 's'}"
            self._workplace.say(f"Saved {told} to {shown_path(saved)}")


def fenced(info: str, code: str) -> str:
    """A code block in Markdown, between fences that do not occur in it."""
    marks = "```"
    while marks in code:
        marks += "`"
    return f"{marks}{info}\n{code}\n{marks}"


def quoted(text: str) -> str:
    """A text as a quotation in Markdown."""
    return "\n".join([f"> {line}".rstrip() for line in text.strip("\n").split("\n")])
