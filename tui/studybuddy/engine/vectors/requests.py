"""What a request may say of vector stores; every check raises `ApiError` 400, naming the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studybuddy.engine.bodies import check_types
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import (
    attributes_in,
    check_choice,
    check_length,
    check_range,
    metadata_in,
    missing,
    objects_in,
    required,
    strings_in,
)
from studybuddy.engine.objects import Json, VectorStore
from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.vectors.contents import Wanted

MOST_FILES = 2000
"""In one request."""


def store_from(body: Mapping[str, Any], where: str = "") -> tuple[VectorStore, list[Wanted]]:
    """A new vector store, not stored yet, and the files that it is to begin with."""
    check_types(body, {"name": (str,), "description": (str,), "file_ids": (list,)}, where)
    store = VectorStore(name=body.get("name") or "", metadata=metadata_in(body, where))
    if body.get("description"):
        store.description = body["description"]
    if (after := expiry_in(body, where)) is not None:
        store.expires_after = after
    return store, wanted_files(body, where)


def expiry_in(body: Mapping[str, Any], where: str = "") -> Json | None:
    """The request's `expires_after`, where it has one."""
    check_types(body, {"expires_after": (dict,)}, where)
    after = body.get("expires_after")
    if after is None:
        return None
    place = f"{where}expires_after."
    check_choice(required(after, "anchor", (str,), place), ("last_active_at",), place + "anchor")
    days = required(after, "days", (int,), place)
    check_range(days, 1, 365, place + "days")
    return {"anchor": "last_active_at", "days": days}


def wanted_file(body: Mapping[str, Any], where: str = "") -> Wanted:
    """One file, with `chunking_strategy` and `attributes`."""
    file_id = required(body, "file_id", (str,), where)
    return Wanted(file_id, chunking_in(body, where), attributes_in(body, where))


def wanted_files(body: Mapping[str, Any], where: str = "") -> list[Wanted]:
    """The request's `file_ids`, all with its `chunking_strategy` and `attributes`."""
    check_types(body, {"file_ids": (list,)}, where)
    ids = strings_in(body.get("file_ids") or [], where + "file_ids")
    check_length(ids, MOST_FILES, where + "file_ids")
    chunking, attributes = chunking_in(body, where), attributes_in(body, where)
    return [Wanted(file_id, chunking, attributes) for file_id in dict.fromkeys(ids)]


def batch_files(body: Mapping[str, Any]) -> list[Wanted]:
    """The files of a batch: `file_ids`, or `files` with settings of their own."""
    check_types(body, {"file_ids": (list,), "files": (list,)})
    if body.get("files") is None:
        if body.get("file_ids") is None:
            raise missing("file_ids")
        check_length(body["file_ids"], MOST_FILES, "file_ids", least=1)
        return wanted_files(body)
    if body.get("file_ids") is not None:
        raise invalid("Give either 'file_ids' or 'files', not both.", "files")
    check_length(body["files"], MOST_FILES, "files", least=1)
    found = [
        wanted_file(file, f"files[{number}].")
        for number, file in enumerate(objects_in(body["files"], "files"))
    ]
    return list({wanted.file_id: wanted for wanted in found}.values())


def chunking_in(body: Mapping[str, Any], where: str = "") -> Chunking | None:
    """The request's `chunking_strategy`; `None` for the usual one."""
    check_types(body, {"chunking_strategy": (dict,)}, where)
    strategy = body.get("chunking_strategy")
    if strategy is None:
        return None
    place = f"{where}chunking_strategy."
    check_choice(required(strategy, "type", (str,), place), ("auto", "static"), place + "type")
    if strategy["type"] == "auto":
        return None
    static = required(strategy, "static", (dict,), place)
    place += "static."
    longest = required(static, "max_chunk_size_tokens", (int,), place)
    overlap = required(static, "chunk_overlap_tokens", (int,), place)
    check_range(longest, 100, 4096, place + "max_chunk_size_tokens")
    check_range(overlap, 0, longest // 2, place + "chunk_overlap_tokens")
    return Chunking(longest, overlap)
