"""Files that are kept for a time only, and the removal of files with all that hangs on them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import check_choice, check_range, missing
from studybuddy.engine.objects import File, VectorStoreFile, now
from studybuddy.engine.store.files import FileBox
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.store.store import Store
from studybuddy.engine.vectors.contents import detach
from studybuddy.engine.vectors.ingestion import Ingestion

log = logging.getLogger(__name__)

LEAST = 3600
MOST = 2_592_000
"""Seconds that a file may be kept for, as the API has it: an hour, and thirty days."""

_OF_BATCHES = MOST  # where an upload does not say
_EVERY = 600.0  # seconds between two looks; nothing expires within an hour of its upload


def lifetime_in(fields: Mapping[str, str], purpose: str) -> int | None:
    """Seconds from a form's `expires_after`; `None` for a file that stays until it is deleted.

    By default files for batches expire after thirty days, and no others do.

    Raises:
        ApiError: 400, naming the field.
    """
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        if "expires_after" in fields:
            raise invalid(
                "Invalid 'expires_after': give it as the fields 'expires_after[anchor]' and "
                "'expires_after[seconds]' of the form.",
                "expires_after",
                "invalid_type",
            )
        return _OF_BATCHES if purpose == "batch" else None
    if anchor is None:
        raise missing("expires_after[anchor]")
    if seconds is None:
        raise missing("expires_after[seconds]")
    check_choice(anchor, ("created_at",), "expires_after[anchor]")
    try:
        lifetime = int(seconds[:20])
    except ValueError:
        raise invalid(
            "Invalid type for 'expires_after[seconds]': expected an integer.",
            "expires_after[seconds]",
            "invalid_type",
        ) from None
    check_range(lifetime, LEAST, MOST, "expires_after[seconds]")
    return lifetime


def is_expired(file: File) -> bool:
    """Whether a file's time is over, whether or not it was removed by now."""
    return isinstance(file.expires_at, int) and file.expires_at <= now()


class FileExpiry:
    """Removes files: those that are to be deleted, and those whose time is over."""

    def __init__(self, store: Store, files: FileBox, ingestion: Ingestion) -> None:
        """Take what holds parts of a file; `open` begins to watch."""
        self._store = store
        self._files = files
        self._ingestion = ingestion
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to remove what expires."""
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def remove_expired(self) -> None:
        """Remove the files whose time is over."""
        if await self._store.read(_expired):  # nobody else waits for a write that is none
            await self.remove(_expired)

    async def remove(self, choose: Callable[[Objects], Sequence[File]]) -> None:
        """Remove files, from the vector stores and the disk too.

        Args:
            choose: gives them, within the transaction that removes them; what it raises is raised.
        """

        def delete(objects: Objects) -> tuple[list[str], list[tuple[str, str]]]:
            gone: list[str] = []
            members: list[tuple[str, str]] = []
            for file in choose(objects):
                for member in objects.all(VectorStoreFile, id=file.id):
                    detach(objects, member)
                    members.append((member.vector_store_id, file.id))
                objects.delete(file)
                gone.append(file.id)
            return gone, members

        gone, members = await self._store.write(delete)
        for store_id, file_id in members:
            await self._ingestion.forget(store_id, file_id)
        for file_id in gone:
            await asyncio.to_thread(self._files.drop, file_id)

    async def _watch(self) -> None:
        while True:
            try:
                await self.remove_expired()
            except Exception:  # a full disk, perhaps: they are looked at again
                log.exception("expired files could not be removed")
            await asyncio.sleep(_EVERY)


def _expired(objects: Objects) -> list[File]:
    return [file for file in objects.all(File) if is_expired(file)]
