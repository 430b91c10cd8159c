"""Assistants, files and lists on the wire, as far as the app reads them; see `wire`."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct

from studybuddy.providers.assistants.wire import Failure, FoundText, Resources

T = TypeVar("T")


class Definition(Struct):
    """A function that may be called."""

    name: str = ""
    description: str | None = None
    parameters: Any = None
    strict: bool | None = None


class ToolDefinition(Struct):
    """A tool that may be used."""

    type: str = ""
    function: Definition | None = None


class Assistant(Struct):
    """`assistant`."""

    id: str
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    model: str | None = None
    tools: list[ToolDefinition] | None = None
    tool_resources: Resources | None = None
    metadata: dict[str, Any] | None = None
    created_at: float | None = None


class File(Struct):
    """`file`."""

    id: str
    filename: str = ""
    bytes: int | None = None
    created_at: float | None = None


class StoredFile(Struct):
    """`vector_store.file`."""

    id: str
    status: str = ""
    last_error: Failure | None = None
    attributes: dict[str, Any] | None = None


class Identified(Struct):
    """Anything with an id."""

    id: str


class FileContent(Struct):
    """A file's text, by pages where it has any."""

    data: list[FoundText] | None = None


class ListOf(Struct, Generic[T]):
    """A page of a list."""

    data: list[T]
    has_more: bool = False
    last_id: str | None = None
