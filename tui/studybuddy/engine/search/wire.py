"""What the engine and its reading child say to each other: length-prefixed MessagePack."""

from __future__ import annotations

import struct
from typing import TypeVar

import msgspec

from studybuddy.engine.search.chunks import Chunk
from studybuddy.engine.search.documents import Document, Kind
from studybuddy.engine.search.passages import Code

PREFIX = struct.Struct("<Q")

T = TypeVar("T")


class Task(msgspec.Struct):
    """Read a file and cut its text, or cut a text that was read before."""

    max_tokens: int
    overlap_tokens: int
    seconds: float
    """After which the child ends itself, if no one else has ended it."""
    path: str = ""
    name: str = ""
    document: Document | None = None


class Done(msgspec.Struct):
    """What became of a task: a document and its chunks, or a refusal."""

    document: Document | None = None
    chunks: list[Chunk] = []
    code: Code | None = None
    sentence: str = ""


def pack(message: Task | Done) -> bytes:
    """The message with its length before it."""
    body = msgspec.msgpack.encode(message)
    return PREFIX.pack(len(body)) + body


def unpack(body: bytes, kind: type[T]) -> T:
    """The message whose bytes these are, without the length."""
    return msgspec.msgpack.decode(body, type=kind)


__all__ = ["PREFIX", "Done", "Kind", "Task", "pack", "unpack"]
