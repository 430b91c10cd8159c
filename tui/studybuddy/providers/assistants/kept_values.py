"""Assistants and their notes on the wire, as values of the domain, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from studybuddy.domain.assistants import (
    Assistant,
    AssistantSpec,
    Function,
    Note,
    NoteStatus,
    Source,
    Tool,
)
from studybuddy.providers.assistants import wire, wire_kept
from studybuddy.providers.assistants.values import DEFAULT_MODEL, model_of

PRESET = "studybuddy_preset"
"""The key of an assistant's metadata that names the preset it was made from."""
SOURCE, MODIFIED = "studybuddy_source", "studybuddy_modified"
"""The keys of a stored file's attributes that name the file it was made from, and its time."""


def assistant(told: wire_kept.Assistant) -> Assistant:
    """An assistant."""
    kinds = {tool.type for tool in told.tools or ()}
    return Assistant(
        told.id,
        AssistantSpec(
            name=told.name or "",
            instructions=told.instructions or "",
            description=told.description or "",
            model=model_of(told.model),
            tools=frozenset(tool for tool in Tool if tool.value in kinds),
            functions=tuple(
                _function(tool.function) for tool in told.tools or () if tool.function is not None
            ),
            preset=str((told.metadata or {}).get(PRESET) or ""),
        ),
        stores_of(told.tool_resources),
        told.created_at or 0.0,
    )


def stores_of(resources: wire.Resources | None) -> tuple[str, ...]:
    """The ids of the vector stores that a thread or an assistant has."""
    search = resources.file_search if resources is not None else None
    return tuple((search.vector_store_ids if search is not None else None) or ())


def fields_of(
    spec: AssistantSpec,
    default_model: str = DEFAULT_MODEL,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An assistant's fields as a request has them; `metadata` is what it had before."""
    kept = {key: value for key, value in (metadata or {}).items() if key != PRESET}
    return {
        "name": spec.name,
        "description": spec.description,
        "instructions": spec.instructions,
        "model": spec.model or default_model or DEFAULT_MODEL,
        "tools": tools_of(spec),
        "metadata": {**kept, PRESET: spec.preset} if spec.preset else kept,
    }


def tools_of(spec: AssistantSpec) -> list[dict[str, Any]]:
    """An assistant's tools as a request has them."""
    built_in: list[dict[str, Any]] = [{"type": tool.value} for tool in Tool if tool in spec.tools]
    return built_in + [
        {
            "type": "function",
            "function": {
                "name": function.name,
                "description": function.description,
                "parameters": _schema(function.parameters),
                "strict": function.strict,
            },
        }
        for function in spec.functions
    ]


def note(told: wire_kept.StoredFile, file: wire_kept.File | None) -> Note:
    """A note; `file` may have been deleted elsewhere."""
    error = told.last_error
    source, modified = ((told.attributes or {}).get(key) for key in (SOURCE, MODIFIED))
    return Note(
        told.id,
        file.filename if file is not None else told.id,
        (file.bytes if file is not None else None) or 0,
        NoteStatus(told.status) if told.status in set(NoteStatus) else NoteStatus.IN_PROGRESS,
        (error.message if error is not None else None) or "",
        (file.created_at if file is not None else None) or 0.0,
        source if isinstance(source, str) else "",
        float(modified) if isinstance(modified, int | float) else 0.0,
    )


def attributes_of(source: Source) -> dict[str, str | float | bool]:
    """What is kept with a stored file, so that `note` knows what it was made from."""
    return {SOURCE: source.name, MODIFIED: source.modified}


def _function(told: wire_kept.Definition) -> Function:
    return Function(
        told.name,
        told.description or "",
        msgspec.json.encode(told.parameters or {}).decode(),
        bool(told.strict),
    )


def _schema(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
