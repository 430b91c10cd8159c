"""Notes on their way to an assistant: they go on while their screen is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.screen import Screen
from textual.worker import Worker

from studybuddy.chat.assistant_shelf import AssistantShelf, FolderProgress
from studybuddy.domain.assistants import Assistant, NoteStatus
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.study.typed_paths import read_paths
from studybuddy.ui.workers import start

AT_ONCE = 3
"""Uploads under way at once; the others wait."""
NAMED = 3
"""Files of a folder that are named where something is wrong with them."""


@dataclass(slots=True, eq=False)
class Upload:
    """A file or folder that is being sent and read, or that could not be."""

    path: Path
    sent: int = 0
    """Bytes."""
    total: int = 0
    """Bytes; 0 until the upload begins."""
    folder: bool = False
    done: int = 0
    """Of a folder: files that are through."""
    files: int = 0
    """Of a folder: files in all."""
    error: str = ""
    """Why it failed; empty while it goes on."""
    worker: Worker[None] | None = None

    @property
    def indexing(self) -> bool:
        """Whether all of it was sent, and it is being read now."""
        return 0 < self.total <= self.sent


class Uploads:
    """The uploads of all assistants, by the assistant's id."""

    def __init__(self, screen: Screen[None], shelf: AssistantShelf) -> None:
        """Take the screen whose workers carry the uploads: one that stays."""
        self._screen = screen
        self._shelf = shelf
        self._uploads: dict[str, list[Upload]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.watcher: Callable[[str], None] | None = None
        """Told the id of the assistant whose uploads or notes have changed."""
        self.counted: Callable[[], object] = lambda: None
        """Told that there may be more uploads under way, or fewer."""

    def of(self, assistant_id: str) -> list[Upload]:
        """The uploads that are under way or failed."""
        return self._uploads.setdefault(assistant_id, [])

    def under_way(self, assistant_id: str = "") -> list[Upload]:
        """The uploads that go on, of one assistant or of all."""
        some = [self.of(assistant_id)] if assistant_id else self._uploads.values()
        return [upload for uploads in some for upload in uploads if not upload.error]

    def forget(self, assistant_id: str) -> None:
        """Stop what is under way for an assistant that is gone."""
        for upload in self._uploads.pop(assistant_id, []):
            if upload.worker is not None:
                upload.worker.cancel()

    async def add(self, assistant: Assistant, typed: str) -> str:
        """Add the files and folders of a typed text; returns what is wrong with it, if anything."""
        paths = await asyncio.to_thread(read_paths, typed)
        missing = ""
        for path in paths:
            is_folder = await asyncio.to_thread(path.is_dir)
            if is_folder or await asyncio.to_thread(path.is_file):
                self._start(assistant, path, is_folder)
            else:
                missing = f"There is no file or folder {path}."
        return missing if paths else "Type the path of a file or a folder."

    def _start(self, assistant: Assistant, path: Path, is_folder: bool) -> None:
        uploads = self.of(assistant.id)
        uploads[:] = [other for other in uploads if not (other.error and other.path == path)]
        if any(other.path == path for other in uploads):
            return  # it is on its way
        upload = Upload(path, folder=is_folder)
        uploads.append(upload)
        carry = partial(self._carry, assistant, upload)
        upload.worker = start(self._screen, carry, f"upload-{assistant.id}")
        self._changed(assistant.id)
        self.counted()

    async def _carry(self, assistant: Assistant, upload: Upload) -> None:
        """Take a file or a folder to the server, and say how that ended."""
        unreadable = ""
        try:
            async with self._gate:
                if upload.folder:
                    upload.error = await self._send_folder(assistant.id, upload)
                else:
                    unreadable = await self._send_file(assistant.id, upload)
        except StudyBuddyError as error:
            upload.error = str(error.problem)
        except OSError as error:
            upload.error = f"It can't be read: {error.strerror or error}."
        finally:
            if not upload.error and upload in self.of(assistant.id):
                self.of(assistant.id).remove(upload)
            self._changed(assistant.id)
            self.counted()
        if self.watcher is None:
            self._tell(assistant, upload, upload.error or unreadable)

    async def _send_file(self, assistant_id: str, upload: Upload) -> str:
        def on_progress(sent: int, total: int) -> None:
            upload.sent, upload.total = sent, total
            self._changed(assistant_id)

        note = await self._shelf.add_note(assistant_id, upload.path, on_progress)
        # The list of notes has it from here on, with its error.
        failed = note.status is NoteStatus.FAILED
        return (note.error or "It could not be read.") if failed else ""

    async def _send_folder(self, assistant_id: str, upload: Upload) -> str:
        def on_progress(progress: FolderProgress) -> None:
            upload.done, upload.files = progress.done, progress.total
            self._changed(assistant_id)

        report = await self._shelf.add_folder(assistant_id, upload.path, on_progress)
        lost = [*report.failed, *report.passed_over]
        if not report.added and not lost:
            return "There is nothing in it that can be read as a note."
        if not lost:
            return ""
        named = "; ".join(f"{one.path.name}: {one.reason.rstrip('.')}" for one in lost[:NAMED])
        more = f"; and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        return f"{len(report.added)} files were added. Not so: {named}{more}."

    def _tell(self, assistant: Assistant, upload: Upload, error: str) -> None:
        """Say how it ended, where its screen is closed."""
        name = upload.path.name
        if error:
            self._screen.notify(error, title=name, severity="warning", markup=False)
        elif not any(not other.error for other in self.of(assistant.id)):
            self._screen.notify(f"{assistant.spec.name} can search {name} now.", markup=False)

    def dismiss(self, assistant_id: str, upload: Upload) -> None:
        """Take back an upload that is under way, or forget one that failed."""
        if upload.worker is not None and upload.worker.is_running:
            upload.worker.cancel()
        elif upload in self.of(assistant_id):
            self.of(assistant_id).remove(upload)
            self._changed(assistant_id)

    def _changed(self, assistant_id: str) -> None:
        if self.watcher is not None:
            self.watcher(assistant_id)
