"""The files of vector stores, as objects: every function is a part of one transaction.

The counts of a store and of a batch are changed together with the file that they count.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from studybuddy.engine.errors import ApiError, invalid
from studybuddy.engine.fields import not_found
from studybuddy.engine.objects import File, FileBatch, Json, VectorStore, VectorStoreFile, now
from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.store.objects import Objects

_DAY = 24 * 60 * 60  # seconds
_BATCH = "batch"  # in a file's note: the batch that brought it
_JOB = "job"  # there too: another one each time that it is to be brought in

Status = Literal["in_progress", "completed", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be in a vector store."""

    file_id: str
    chunking: Chunking | None = None
    """How it is cut; in the usual way where it is `None`."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


def find_store(objects: Objects, store_id: str) -> VectorStore:
    """A vector store, whose status is `expired` from the moment on that it is.

    Raises:
        ApiError: 404 where there is none of that id.
    """
    store = objects.get(VectorStore, store_id)
    if store is None:
        raise not_found("vector store", store_id)
    return with_expiry(store)


def usable_store(objects: Objects, store_id: str) -> VectorStore:
    """A vector store that has not expired.

    Raises:
        ApiError: 404 where there is none of that id, 400 where it has expired.
    """
    store = find_store(objects, store_id)
    if store.status == "expired":
        raise invalid(f"Vector store {store_id} is expired.", "vector_store_id", "expired")
    return store


def find_file(objects: Objects, store_id: str, file_id: str) -> VectorStoreFile:
    """A file of a vector store.

    Raises:
        ApiError: 404 where there is no such store, or no such file in it.
    """
    find_store(objects, store_id)
    found = objects.get(VectorStoreFile, file_id, parent=store_id)
    if found is None:
        raise ApiError(404, f"No file found with id '{file_id}' in vector store '{store_id}'.")
    return found


def touch(store: VectorStore) -> None:
    """Note that a store is being used, which puts off its expiry; it is not written."""
    store.last_active_at = now()
    after = store.expires_after
    store.expires_at = store.last_active_at + after["days"] * _DAY if after else None


def with_expiry(store: VectorStore) -> VectorStore:
    """The store itself, its status brought up to date."""
    if store.expires_at is not None and store.expires_at <= now():
        store.status = "expired"
    elif store.status == "expired":  # its expiry was put off
        _set_status(store)
    return store


def attach(
    objects: Objects, store: VectorStore, files: Iterable[Wanted], batch: FileBatch | None = None
) -> list[VectorStoreFile]:
    """Have files brought into a store; the store and the batch are written too.

    A file that is in it already is brought in anew. Call `Ingestion.wake` after the
    transaction.

    Raises:
        ApiError: 404 where there is no such file.
    """
    made = []
    for wanted in files:
        if objects.get(File, wanted.file_id) is None:
            raise not_found("file", wanted.file_id)
        before = objects.get(VectorStoreFile, wanted.file_id, parent=store.id)
        if before is not None:
            _take_out(objects, store, before, batch)
        file = VectorStoreFile(
            id=wanted.file_id,
            vector_store_id=store.id,
            chunking_strategy=told(wanted.chunking or Chunking()),
            attributes=dict(wanted.attributes),
        )
        note = {_BATCH: batch.id if batch else "", _JOB: secrets.token_hex(8)}
        objects.insert(file, note=note)
        for counts in (store.file_counts, *([batch.file_counts] if batch else ())):
            counts["in_progress"] += 1
            counts["total"] += 1
        made.append(file)
    touch(store)
    _set_status(store)
    objects.update(store)
    if batch is not None:
        objects.update(batch)
    return made


def detach(objects: Objects, file: VectorStoreFile) -> None:
    """Take a file out of its store; call `Ingestion.forget` after the transaction."""
    store = objects.get(VectorStore, file.vector_store_id)
    if store is None:  # it is on its way out, with all its files
        objects.delete(file)
        return
    _take_out(objects, store, file)
    touch(store)
    _set_status(store)
    objects.update(store)


def settle(
    objects: Objects,
    file: VectorStoreFile,
    status: Status,
    *,
    usage_bytes: int = 0,
    error: Json | None = None,
) -> None:
    """Write down what became of a file that was in progress, and count it so."""
    store = objects.get(VectorStore, file.vector_store_id)
    batch = _batch_of(objects, file)
    for counts in (store and store.file_counts, batch and batch.file_counts):
        if counts:
            counts[file.status] -= 1
            counts[status] += 1
    if store is not None:
        store.usage_bytes += usage_bytes - file.usage_bytes
        _set_status(store)
        objects.update(store)
    file.status, file.usage_bytes, file.last_error = status, usage_bytes, error
    objects.update(file)
    if batch is not None:
        _set_batch_status(batch)
        objects.update(batch)


def cancel(objects: Objects, batch: FileBatch) -> FileBatch:
    """Cancel what is still in progress of a batch; what is done stays."""
    if batch.status != "in_progress":
        return batch
    store = find_store(objects, batch.vector_store_id)
    for file in files_of(objects, batch):
        if file.status == "in_progress":
            for counts in (store.file_counts, batch.file_counts):
                counts["in_progress"] -= 1
                counts["cancelled"] += 1
            file.status = "cancelled"
            objects.update(file)
    batch.status = "cancelled"
    objects.update(batch)
    _set_status(store)
    objects.update(store)
    return batch


def files_of(objects: Objects, batch: FileBatch) -> Sequence[VectorStoreFile]:
    """The files that a batch brought, as far as they are still there."""
    page = objects.page(
        VectorStoreFile,
        parent=batch.vector_store_id,
        limit=batch.file_counts["total"] + 1,
        noted=in_batch(batch.id),
    )
    return page.items


def in_batch(batch_id: str) -> dict[str, str]:
    """What is noted with the files that a batch brought."""
    return {_BATCH: batch_id}


def job_of(objects: Objects, file: VectorStoreFile) -> str:
    """Tells apart the times that a file is brought in."""
    return str(objects.note(file).get(_JOB))


def told(chunking: Chunking) -> Json:
    """How a file is cut, as OpenAI tells it."""
    return {
        "type": "static",
        "static": {
            "max_chunk_size_tokens": chunking.max_tokens,
            "chunk_overlap_tokens": chunking.overlap_tokens,
        },
    }


def chunking_of(file: VectorStoreFile) -> Chunking | None:
    """How a file is to be cut, as it was told."""
    static = file.chunking_strategy.get("static")
    if not isinstance(static, dict):
        return None
    return Chunking(static["max_chunk_size_tokens"], static["chunk_overlap_tokens"])


def again(objects: Objects, indexed: Set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Have completed files that are not in the index brought in anew; all files there should be.

    Args:
        objects: within a transaction.
        indexed: vector store and file of all that the index has.
    """
    files = objects.all(VectorStoreFile, status={"completed", "in_progress"})
    for file in files:
        if file.status == "completed" and (file.vector_store_id, file.id) not in indexed:
            settle(objects, file, "in_progress")
    return {(file.vector_store_id, file.id) for file in files}


def no_counts() -> dict[str, int]:
    """The counts of an empty store or batch."""
    return dict.fromkeys(("in_progress", "completed", "failed", "cancelled", "total"), 0)


def _take_out(
    objects: Objects, store: VectorStore, file: VectorStoreFile, held: FileBatch | None = None
) -> None:
    """Delete a file and uncount it; the store and the batch in hand are not written."""
    batch = _batch_of(objects, file)
    if held is not None and batch is not None and batch.id == held.id:
        batch = held  # the file was named twice
    objects.delete(file)
    store.file_counts[file.status] -= 1
    store.file_counts["total"] -= 1
    store.usage_bytes -= file.usage_bytes
    if batch is held and batch is not None:
        batch.file_counts[file.status] -= 1
        batch.file_counts["total"] -= 1
    elif batch is not None and file.status == "in_progress":
        batch.file_counts["in_progress"] -= 1
        batch.file_counts["cancelled"] += 1
        _set_batch_status(batch)
        objects.update(batch)


def _batch_of(objects: Objects, file: VectorStoreFile) -> FileBatch | None:
    batch_id = objects.note(file).get(_BATCH)
    if not batch_id:
        return None
    return objects.get(FileBatch, batch_id, parent=file.vector_store_id)


def _set_batch_status(batch: FileBatch) -> None:
    """One that was cancelled stays so; one that is done begins anew where a file of it does."""
    if batch.status in ("in_progress", "completed"):
        batch.status = "in_progress" if batch.file_counts["in_progress"] else "completed"


def _set_status(store: VectorStore) -> None:
    store.status = "in_progress" if store.file_counts["in_progress"] else "completed"
