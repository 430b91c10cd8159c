"""Conversations to files and back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy.chat.markdown_export import file_name, markdown, message_markdown
from studybuddy.domain.archives import Archive, Imported
from studybuddy.study.typed_paths import is_there, path_of
from studybuddy.ui.saving import Unsure, checked, save, shown_path
from studybuddy.ui.screens.export import Choice, ExportScreen
from studybuddy.ui.screens.save_text import SaveScreen
from studybuddy.ui.token_words import many

if TYPE_CHECKING:
    from studybuddy.domain.messages import Message
    from studybuddy.ui.features import Workplace


class InOut:
    """Exports and imports."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._folder: Path | None = None
        """Where something was written last."""

    async def run(self, command: str) -> None:
        """Carry out a command."""
        await self._place.once(self._export if command == "export" else self._import)

    # Out

    async def _export(self) -> None:
        view = self._place.view
        selected = view.transcript.screen.get_selected_text() or ""
        message = view.transcript.chosen or view.transcript.last_answer()
        choice = await self._place.dialog(
            ExportScreen(
                conversation=bool(view.session.messages),
                selection=bool(selected),
                message=message is not None,
            )
        )
        title = view.session.head.title
        match choice:
            case Choice.MARKDOWN:
                messages = [self._as_shown(message) for message in view.session.messages]
                await self._write_text(markdown(view.session.head, messages), title)
            case Choice.MESSAGE if message is not None:
                await self._write_text(message_markdown(message) + "\n", title)
            case Choice.SELECTION:
                await self._write_text(selected + "\n", title)
            case Choice.JSON:
                await view.flush_draft()
                await self._write_archive([view.session.head.id], title)
            case Choice.ALL_JSON:
                await view.flush_draft()
                await self._write_archive(None, "studybuddy")
            case Choice.ALL_MARKDOWN:
                await self._write_all()

    def _as_shown(self, message: Message) -> Message:
        turn = self._place.view.turn
        shown = turn.answer_shown() if turn is not None else None
        return shown if shown is not None and shown.id == message.id else message

    async def _write_text(self, text: str, title: str) -> None:
        async def write(typed: str, sure: bool) -> Path:
            return await asyncio.to_thread(save, typed, text, sure=sure, private=True)

        screen = SaveScreen("Export as Markdown", self._suggested(f"{file_name(title)}.md"), write)
        self._told(await self._place.dialog(screen))

    async def _write_archive(self, ids: list[str] | None, title: str) -> None:
        archive = self._archive()
        if archive is None:
            return
        written = 0

        async def write(typed: str, sure: bool) -> Path:
            nonlocal written
            path = await asyncio.to_thread(checked, typed, sure=sure)
            try:
                written = await archive.write(path, ids, replace=sure)
            except FileExistsError:
                raise Unsure.to_replace() from None
            return path

        screen = SaveScreen("Export as JSON", self._suggested(f"{file_name(title)}.json"), write)
        self._told(await self._place.dialog(screen), f"{many(written, 'conversation')}, ")

    async def _write_all(self) -> None:
        """Write each conversation to a Markdown file of its own, in a new folder."""
        written = 0

        async def write(typed: str, sure: bool) -> Path:
            nonlocal written
            folder = path_of(typed)
            if not sure and await asyncio.to_thread(is_there, folder):
                raise Unsure("There is such a folder. Enter again writes into it.")
            written = 0  # it may be tried again
            # What is there stays: a file of the same name is none of ours.
            taken = await asyncio.to_thread(_names_in, folder)
            async for opened in self._place.desk.shelf.all():
                name = file_name(opened.head.title, taken)
                taken.add(name)
                text = markdown(opened.head, opened.messages)
                await asyncio.to_thread(
                    save, str(folder / f"{name}.md"), text, sure=True, private=True
                )
                written += 1
            return folder

        screen = SaveScreen(
            "Export everything as Markdown, a file each", self._suggested("studybuddy"), write
        )
        self._told(await self._place.dialog(screen), f"{many(written, 'conversation')} ")

    def _suggested(self, name: str) -> str:
        documents = Path.home() / "Documents"
        folder = self._folder or (documents if documents.is_dir() else Path.home())
        return shown_path(folder / name)

    def _told(self, path: Path | None, what: str = "") -> None:
        if path is not None:
            self._folder = path.parent
            self._place.say(f"Exported {what}to {shown_path(path)}", timeout=8)

    # In

    async def _import(self) -> None:
        from studybuddy.ui.screens.import_file import ImportScreen

        archive = self._archive()
        if archive is None:
            return
        imported = await self._place.dialog(ImportScreen(archive))
        if imported is None:
            return
        await self._place.opener.reload_list()
        self._place.say(told_of(imported), timeout=12)
        if imported.added == 1:
            await self._place.opener.open(imported.newest_id)

    def _archive(self) -> Archive | None:
        make = self._place.services.archive
        if make is None:
            self._place.say("There is nothing stored that could be exported.")
            return None
        return make()


def _names_in(folder: Path) -> set[str]:
    """The names of Markdown files in a folder, without their ends; touches the disk."""
    try:
        return {path.stem for path in folder.glob("*.md")}
    except (OSError, ValueError):
        return set()  # writing into it tells why


def told_of(imported: Imported) -> str:
    """What came of an import, in a sentence or more."""
    if not imported.messages:
        told = "Everything in that file is here already: nothing was added."
    elif imported.added:
        told = f"Imported {many(imported.added, 'conversation')} with "
        told += f"{many(imported.messages, 'message')}."
    else:
        told = f"Added {many(imported.messages, 'message')} to conversations that were here."
    return " ".join([told, *imported.complaints])
