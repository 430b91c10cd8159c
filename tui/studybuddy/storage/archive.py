"""Writes conversations to files and reads them in: ours, and those of ChatGPT."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from studybuddy.domain.archives import Imported
from studybuddy.domain.messages import Conversation
from studybuddy.domain.placing import put_in_place
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.shelves import kept_heads
from studybuddy.storage import archive_files, archive_format
from studybuddy.storage.archive_files import BROKEN
from studybuddy.storage.files import disk_problem

_MOST_COMPLAINTS = 20


class FileArchive:
    """`domain.archives.Archive` over a store; files are read and written in threads."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store

    async def write(
        self,
        path: Path,
        conversation_ids: Sequence[str] | None = None,
        *,
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Write conversations, all that are not deleted for `None`; returns how many."""
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        count = 0
        try:
            if not replace and await asyncio.to_thread(path.exists):
                raise FileExistsError(path)
            with part.open("wb") as file:
                os.chmod(part, 0o600)  # it has what nobody else is to read
                await asyncio.to_thread(file.write, _head())
                ids = self._all() if conversation_ids is None else _given(conversation_ids)
                async for conversation_id in ids:
                    text = await self._encoded(conversation_id)
                    if text is None:
                        continue
                    between = b",\n" if count else b"\n"
                    await asyncio.to_thread(file.write, between + text)
                    count += 1
                    if progress is not None:
                        progress(count)
                await asyncio.to_thread(_end, file)
            await asyncio.to_thread(put_in_place, part, path, replace=replace)
        except FileExistsError:
            raise
        except OSError as error:
            raise StudyBuddyError(disk_problem(error, path)) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return count

    async def read(self, path: Path, progress: Callable[[int], None] | None = None) -> Imported:
        """Read a file of ours or of ChatGPT; nothing is ever replaced."""
        complaints: list[str] = []
        conversations = added = messages = 0
        newest: Conversation | None = None
        parts = archive_files.parts(path)
        while (found := await asyncio.to_thread(next, parts, None)) is not None:
            if isinstance(found, str):
                complaints.append(found)
                continue
            for raw in found.conversations:
                conversations += 1
                try:
                    head, tree = await asyncio.to_thread(found.decode, raw)
                except BROKEN as error:
                    complaints.append(f"Conversation {conversations} can't be read: {error}.")
                    continue
                known = await self._store.load(head.id)
                stored = await self._store.insert(head, tree)
                if known is not None and known.head.deleted_at is not None:
                    await self._store.restore(head.id)  # who reads it in wants it back
                added += known is None
                messages += stored
                if newest is None or head.updated_at > newest.updated_at:
                    newest = head
                if progress is not None:
                    progress(conversations)
        if not conversations and complaints:
            raise archive_files.unreadable(path, complaints[0])
        if len(complaints) > _MOST_COMPLAINTS:
            more = len(complaints) - _MOST_COMPLAINTS
            complaints = [*complaints[:_MOST_COMPLAINTS], f"And {more:,} more."]
        newest_id = newest.id if newest is not None else ""
        return Imported(conversations, added, messages, tuple(complaints), newest_id)

    async def _encoded(self, conversation_id: str) -> bytes | None:
        opened = await self._store.load(conversation_id)
        if opened is None:
            return None
        messages = await self._store.tree(conversation_id)
        return await asyncio.to_thread(archive_format.encode, opened.head, messages)

    async def _all(self) -> AsyncIterator[str]:
        async for head in kept_heads(self._store):
            yield head.id


async def _given(ids: Sequence[str]) -> AsyncIterator[str]:
    for conversation_id in ids:
        yield conversation_id


def _head() -> bytes:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017
    format_name, version = archive_format.FORMAT, archive_format.VERSION
    return (
        f'{{"format": "{format_name}", "version": {version}, "exported_at": "{now}", '
        '"conversations": ['
    ).encode()


def _end(file: BinaryIO) -> None:
    file.write(b"\n]}\n")
    file.flush()
    os.fsync(file.fileno())
