"""Writes conversations to files and reads them in: ours, and those of ChatGPT."""

from __future__ import annotations

import asyncio
import json
import os
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

import msgspec

from studybuddy.domain.archives import Imported
from studybuddy.domain.messages import Conversation, Message
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.shelves import Place, Shelf
from studybuddy.storage import archive_format, chatgpt
from studybuddy.storage.files import disk_problem
from studybuddy.storage.text import clean

_ALL = 1_000_000_000
_MOST_BYTES = 2_000_000_000
_MOST_COMPLAINTS = 20
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)

_BAD_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)
"""Of one that is damaged, has a password, or is packed in a way that is not known here."""

_Decode = Callable[[msgspec.Raw], tuple[Conversation, list[Message]]]


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
            await asyncio.to_thread(os.replace, part, path)
        except FileExistsError:
            raise
        except OSError as error:
            raise StudyBuddyError(disk_problem(error, path)) from error
        finally:
            part.unlink(missing_ok=True)
        return count

    async def read(self, path: Path, progress: Callable[[int], None] | None = None) -> Imported:
        """Read a file of ours or of ChatGPT; nothing is ever replaced."""
        found, complaints = await asyncio.to_thread(_opened, path)
        conversations = added = messages = 0
        newest: Conversation | None = None
        for raw, decode in found:
            conversations += 1
            try:
                head, tree = await asyncio.to_thread(decode, raw)
            except _BROKEN as error:
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
        for shelf in (Shelf.ACTIVE, Shelf.ARCHIVED):
            # At once: from one page to the next, one that is used moves to the front.
            for head in await self._store.recent(_ALL, place=Place(shelf)):
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


def _opened(path: Path) -> tuple[list[tuple[msgspec.Raw, _Decode]], list[str]]:
    """The conversations of a file, not read yet, each with what reads it; and complaints."""
    found: list[tuple[msgspec.Raw, _Decode]] = []
    complaints: list[str] = []
    try:
        for name, data in _files(path):
            try:
                found += _conversations(data)
            except _BROKEN as error:
                complaints.append(f"{name} can't be read: {error}.")
    except (OSError, ValueError, *_BAD_ZIP) as error:
        reason = getattr(error, "strerror", None) or error
        raise _unreadable(path, f"{reason}") from error
    if not found and complaints:
        raise _unreadable(path, complaints[0])
    return found, complaints


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it has more than 2 GB")
        yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        inside = [
            info
            for info in archive.infolist()
            if Path(info.filename).name.startswith("conversations")
            and info.filename.endswith(".json")
        ]
        if not inside:
            raise ValueError("there is no conversations.json in it")
        if sum(info.file_size for info in inside) > _MOST_BYTES:
            raise ValueError("it has more than 2 GB")
        for info in sorted(inside, key=lambda info: info.filename):
            yield info.filename, archive.read(info)


def _conversations(data: bytes) -> list[tuple[msgspec.Raw, _Decode]]:
    """The conversations of one JSON text."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # a mark that some editors put before UTF-8
    try:
        return _found(data)
    except msgspec.DecodeError:
        # Half of an emoji, escaped, is no Unicode, and does occur in texts that were cut.
        return _found(clean(json.dumps(json.loads(data), ensure_ascii=False)).encode())


def _found(data: bytes) -> list[tuple[msgspec.Raw, _Decode]]:
    if data.lstrip()[:1] == b"[":
        return [(raw, chatgpt.decode) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]
    keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    if "mapping" in keys:
        return [(msgspec.Raw(data), chatgpt.decode)]
    if msgspec.json.decode(keys.get("format", msgspec.Raw(b"null"))) != archive_format.FORMAT:
        raise ValueError("it is neither an export of Study Buddy nor of ChatGPT")
    export = msgspec.json.decode(data, type=archive_format.Export)
    if export.version > archive_format.VERSION:
        raise ValueError("it was written by a later version of Study Buddy")
    return [(raw, archive_format.decode) for raw in export.conversations]


def _unreadable(path: Path, why: str) -> StudyBuddyError:
    sentence = f"“{path.name}” can't be read in: {why.rstrip('.')}."
    advice = "Give a file that Study Buddy has exported, or ChatGPT's export, zipped or not."
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))
