"""An assistant's notes: files in a vector store of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studybuddy.domain.assistants import Note, NoteStatus, Source, Tool
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.providers.assistants import kept_values, problems, wire, wire_kept
from studybuddy.providers.assistants.calls import Calls
from studybuddy.providers.assistants.uploading import CountedFile

T = TypeVar("T")

_log = logging.getLogger(__name__)

_assistant = msgspec.json.Decoder(wire_kept.Assistant)
_thread = msgspec.json.Decoder(wire.Thread)
_identified = msgspec.json.Decoder(wire_kept.Identified)
_file = msgspec.json.Decoder(wire_kept.File)
_files = msgspec.json.Decoder(wire_kept.ListOf[wire_kept.File])
_assistants = msgspec.json.Decoder(wire_kept.ListOf[wire_kept.Assistant])
_stored_file = msgspec.json.Decoder(wire_kept.StoredFile)
_stored_files = msgspec.json.Decoder(wire_kept.ListOf[wire_kept.StoredFile])
_content = msgspec.json.Decoder(wire_kept.FileContent)

_FIRST_LOOK, _LAST_LOOK = 0.05, 1.0  # seconds between two looks at how indexing goes
_TAKING_BACK = 10.0  # seconds


class Notes:
    """What `AssistantService` does with notes."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """A lock for each assistant, so that files added together get one vector store."""
        self._chores: set[asyncio.Task[None]] = set()

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        """The assistant's notes with their names, newest first."""
        stores = kept_values.stores_of((await self._assistant(assistant_id)).tool_resources)
        members = [member for store in stores for member in await self._members(store)]
        files = {file.id: file for file in await self._uploads()} if members else {}
        return [kept_values.note(member, files.get(member.id)) for member in members]

    async def add(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        """Upload a file and have it indexed; cancelling takes it back."""
        source = await self._source(path)
        file = await self._upload(path, on_progress)
        store = ""
        try:
            store = await self._store(assistant_id)
            member = await self._calls.one(
                _stored_file,
                lambda c: c.sdk.vector_stores.files.with_raw_response.create(
                    store, file_id=file.id, attributes=kept_values.attributes_of(source)
                ),
            )
            member = await self._indexed(store, member)
        except BaseException:
            await self._take_back(store, file.id)
            raise
        return kept_values.note(member, file)

    async def remove(self, assistant_id: str, file_id: str) -> None:
        """Remove and delete one of the assistant's notes."""
        for store in kept_values.stores_of((await self._assistant(assistant_id)).tool_resources):
            await _unless_gone(self._detach(store, file_id))
        await _unless_gone(self._delete_file(file_id))

    async def delete_all(self, assistant_id: str) -> None:
        """Delete the assistant's notes, but for those in stores that others use too."""
        mine = await self._assistant(assistant_id)
        everyone = await self._calls.every(
            _assistants, lambda c, page: c.sdk.beta.assistants.with_raw_response.list(**page)
        )
        used = {
            store
            for other in everyone
            if other.id != assistant_id
            for store in kept_values.stores_of(other.tool_resources)
        }
        for store in kept_values.stores_of(mine.tool_resources):
            if store not in used:
                await _unless_gone(self._delete_store(store))

    async def pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        """The text of a note, page by page."""
        stores: dict[str, None] = {}
        if assistant_id:
            found = await _unless_gone(self._assistant(assistant_id))
            stores.update(_stores(found))
        if thread_id:
            thread = await _unless_gone(
                self._calls.one(
                    _thread, lambda c: c.sdk.beta.threads.with_raw_response.retrieve(thread_id)
                )
            )
            stores.update(_stores(thread))
        for store in stores:
            content = await _unless_gone(self._content(store, file_id))
            if content is not None:
                return [piece.text or "" for piece in content.data or ()]
        raise StudyBuddyError(problems.gone("file"))

    async def _content(self, store: str, file_id: str) -> wire_kept.FileContent:
        return await self._calls.one(
            _content,
            lambda c: c.sdk.vector_stores.files.with_raw_response.content(
                file_id, vector_store_id=store
            ),
        )

    async def _source(self, path: Path) -> Source:
        try:
            return await asyncio.to_thread(Source.of, path)
        except OSError as error:
            raise StudyBuddyError(_unreadable(path, error)) from None

    async def _upload(self, path: Path, on_progress: Callable[[int, int], None]) -> wire_kept.File:
        try:
            file = await asyncio.to_thread(CountedFile, path)
        except OSError as error:
            raise StudyBuddyError(_unreadable(path, error)) from None
        file.report_to(on_progress)
        with file:
            try:
                return await self._calls.one(
                    _file,
                    lambda c: c.sdk.files.with_raw_response.create(
                        file=(path.name, file), purpose="assistants"
                    ),
                )
            except OSError as error:  # of reading: the transport's own are told otherwise
                raise StudyBuddyError(_unreadable(path, error)) from None

    async def _store(self, assistant_id: str) -> str:
        """The id of the assistant's vector store, made where there is none.

        Its files are searched from then on, also where that was not among its tools.
        """
        async with self._making[assistant_id]:
            assistant = await self._assistant(assistant_id)
            if stores := kept_values.stores_of(assistant.tool_resources):
                return stores[0]
            name = f"Notes of {assistant.name or 'an assistant'}"[:256]
            store = await self._calls.one(
                _identified,
                lambda c: c.sdk.vector_stores.with_raw_response.create(name=name),
            )
            changes: dict[str, Any] = {
                "tool_resources": {"file_search": {"vector_store_ids": [store.id]}}
            }
            spec = kept_values.assistant(assistant).spec
            if Tool.FILE_SEARCH not in spec.tools:
                changes["tools"] = [{"type": "file_search"}, *kept_values.tools_of(spec)]
            await self._calls.raw(
                lambda c: c.sdk.beta.assistants.with_raw_response.update(assistant_id, **changes)
            )
            return store.id

    async def _indexed(self, store: str, member: wire_kept.StoredFile) -> wire_kept.StoredFile:
        wait = _FIRST_LOOK
        while member.status == NoteStatus.IN_PROGRESS:
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, _LAST_LOOK)
            member = await self._member(store, member.id)
        return member

    async def _member(self, store: str, file_id: str) -> wire_kept.StoredFile:
        return await self._calls.one(
            _stored_file,
            lambda c: c.sdk.vector_stores.files.with_raw_response.retrieve(
                file_id, vector_store_id=store
            ),
        )

    async def _take_back(self, store: str, file_id: str) -> None:
        """Delete what was uploaded, also while this is being cancelled."""

        async def take_back() -> None:
            try:
                async with asyncio.timeout(_TAKING_BACK):
                    if store:
                        await _unless_gone(self._detach(store, file_id))
                    await _unless_gone(self._delete_file(file_id))
            except (StudyBuddyError, TimeoutError) as error:
                _log.info("an upload could not be taken back (%s)", type(error).__name__)

        taking_back = asyncio.create_task(take_back())
        self._chores.add(taking_back)
        taking_back.add_done_callback(self._chores.discard)
        await asyncio.shield(taking_back)

    async def _delete_store(self, store: str) -> None:
        for member in await self._members(store):
            await _unless_gone(self._delete_file(member.id))
        await self._calls.raw(lambda c: c.sdk.vector_stores.with_raw_response.delete(store))

    async def _detach(self, store: str, file_id: str) -> None:
        await self._calls.raw(
            lambda c: c.sdk.vector_stores.files.with_raw_response.delete(
                file_id, vector_store_id=store
            )
        )

    async def _delete_file(self, file_id: str) -> None:
        await self._calls.raw(lambda c: c.sdk.files.with_raw_response.delete(file_id))

    async def _members(self, store: str) -> Sequence[wire_kept.StoredFile]:
        found = await _unless_gone(
            self._calls.every(
                _stored_files,
                lambda c, page: c.sdk.vector_stores.files.with_raw_response.list(store, **page),
            )
        )
        return found or ()

    async def _uploads(self) -> Sequence[wire_kept.File]:
        return await self._calls.every(
            _files,
            lambda c, page: c.sdk.files.with_raw_response.list(
                **{**page, "limit": 10_000, "purpose": "assistants"}
            ),
        )

    async def _assistant(self, assistant_id: str) -> wire_kept.Assistant:
        return await self._calls.one(
            _assistant,
            lambda c: c.sdk.beta.assistants.with_raw_response.retrieve(assistant_id),
        )


async def _unless_gone(work: Awaitable[T]) -> T | None:
    """The outcome; `None` where what it is about is gone."""
    try:
        return await work
    except StudyBuddyError as error:
        if error.problem.kind is not ProblemKind.NOT_FOUND:
            raise
        return None


def _stores(owner: wire_kept.Assistant | wire.Thread | None) -> dict[str, None]:
    return dict.fromkeys(kept_values.stores_of(owner.tool_resources) if owner is not None else ())


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(
        ProblemKind.STORAGE,
        f"{path.name} can't be read: {error.strerror or error}.",
        "Check that the file is there and may be read.",
    )
