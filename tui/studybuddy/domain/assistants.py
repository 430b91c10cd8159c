"""Assistants: who answers in assistant mode, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
