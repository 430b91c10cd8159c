"""Assistants: who answers in assistant mode, and with what."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Tool(StrEnum):
    """The tools that the server itself carries out."""

    CODE_INTERPRETER = "code_interpreter"
    FILE_SEARCH = "file_search"


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the assistant may ask the app to carry out."""

    name: str
    description: str = ""
    parameters: str = "{}"
    """A JSON Schema, as JSON text."""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class AssistantSpec:
    """What makes an assistant; `preset` names the one of ours that it was made from."""

    name: str
    instructions: str = ""
    description: str = ""
    model: str = ""
    """Empty for the endpoint's own choice."""
    tools: frozenset[Tool] = frozenset()
    functions: tuple[Function, ...] = ()
    preset: str = ""


@dataclass(frozen=True, slots=True)
class Assistant:
    """An assistant that a server keeps."""

    id: str
    spec: AssistantSpec
    store_ids: tuple[str, ...] = ()
    """Vector stores with its notes."""
    created_at: float = 0.0
    """Unix time, seconds."""


class NoteStatus(StrEnum):
    """Whether a note can be searched."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Note:
    """A file that an assistant can search."""

    file_id: str
    name: str
    size: int = 0
    """Bytes."""
    status: NoteStatus = NoteStatus.IN_PROGRESS
    error: str = ""
    """For FAILED: the server's sentence."""
    created_at: float = 0.0
    """Unix time, seconds; 0 where the server does not say."""
    source: str = ""
    """Names the file that it was made from, as `Source` does; empty where that is not known."""
    modified: float = 0.0
    """When that file was last changed: Unix time, seconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that notes are made from, as it is now; its path is not told, only recognised."""

    name: str
    size: int
    """Bytes."""
    modified: float
    """Unix time, seconds."""

    @classmethod
    def of(cls, path: Path) -> Source:
        """Look at a file; blocking.

        Raises:
            OSError: where that is not allowed, or there is none.
        """
        state = path.stat()
        place = os.path.normcase(os.path.realpath(path)).encode(errors="surrogatepass")
        return cls(hashlib.sha256(place).hexdigest()[:16], state.st_size, state.st_mtime)
