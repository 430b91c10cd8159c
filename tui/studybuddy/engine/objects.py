"""The objects of the Assistants API v2 as they go over the wire.

Fields, names and nulls are those of OpenAI's OpenAPI document; times are Unix seconds. Parts that
the engine passes through without looking inside stay plain JSON objects.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

Json = dict[str, Any]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

RunState = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
ACTIVE: frozenset[str] = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
"""States of a run that still holds its thread."""


def new_object_id(prefix: str) -> str:
    """An id as OpenAI makes them: `thread_` and 24 letters and digits (`file-` for files)."""
    mark = "-" if prefix == "file" else "_"
    return prefix + mark + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def now() -> int:
    """Unix time, whole seconds."""
    return int(time.time())


class Assistant(Struct, kw_only=True):
    """`assistant`."""

    id: str = field(default_factory=lambda: new_object_id("asst"))
    object: Literal["assistant"] = "assistant"
    created_at: int = field(default_factory=now)
    name: str | None = None
    description: str | None = None
    model: str
    instructions: str | None = None
    tools: list[Json] = field(default_factory=list)
    tool_resources: Json | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    response_format: str | Json | None = "auto"


class Thread(Struct, kw_only=True):
    """`thread`."""

    id: str = field(default_factory=lambda: new_object_id("thread"))
    object: Literal["thread"] = "thread"
    created_at: int = field(default_factory=now)
    tool_resources: Json | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class Message(Struct, kw_only=True):
    """`thread.message`; its parent is the thread."""

    id: str = field(default_factory=lambda: new_object_id("msg"))
    object: Literal["thread.message"] = "thread.message"
    created_at: int = field(default_factory=now)
    thread_id: str
    status: Literal["in_progress", "incomplete", "completed"] = "completed"
    incomplete_details: Json | None = None
    completed_at: int | None = None
    incomplete_at: int | None = None
    role: Literal["user", "assistant"]
    content: list[Json] = field(default_factory=list)
    assistant_id: str | None = None
    run_id: str | None = None
    attachments: list[Json] | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class Run(Struct, kw_only=True):
    """`thread.run`; its parent is the thread."""

    id: str = field(default_factory=lambda: new_object_id("run"))
    object: Literal["thread.run"] = "thread.run"
    created_at: int = field(default_factory=now)
    thread_id: str
    assistant_id: str
    status: RunState = "queued"
    required_action: Json | None = None
    last_error: Json | None = None
    expires_at: int | None = None
    started_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    incomplete_details: Json | None = None
    model: str
    instructions: str = ""
    tools: list[Json] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    usage: Json | None = None
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: Json = field(
        default_factory=lambda: {"type": "auto", "last_messages": None}
    )
    tool_choice: str | Json = "auto"
    parallel_tool_calls: bool = True
    response_format: str | Json | None = "auto"


class RunStep(Struct, kw_only=True):
    """`thread.run.step`; its parent is the run."""

    id: str = field(default_factory=lambda: new_object_id("step"))
    object: Literal["thread.run.step"] = "thread.run.step"
    created_at: int = field(default_factory=now)
    assistant_id: str
    thread_id: str
    run_id: str
    type: Literal["message_creation", "tool_calls"]
    status: Literal["in_progress", "cancelled", "failed", "completed", "expired"] = "in_progress"
    step_details: Json
    last_error: Json | None = None
    expired_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    usage: Json | None = None


class File(Struct, kw_only=True):
    """`file`."""

    id: str = field(default_factory=lambda: new_object_id("file"))
    object: Literal["file"] = "file"
    bytes: int
    created_at: int = field(default_factory=now)
    expires_at: int | UnsetType = UNSET
    filename: str
    purpose: str
    status: Literal["uploaded", "processed", "error"] = "processed"
    status_details: str | UnsetType = UNSET


class VectorStore(Struct, kw_only=True):
    """`vector_store`."""

    id: str = field(default_factory=lambda: new_object_id("vs"))
    object: Literal["vector_store"] = "vector_store"
    created_at: int = field(default_factory=now)
    name: str = ""
    description: str | UnsetType = UNSET
    usage_bytes: int = 0
    file_counts: Json = field(
        default_factory=lambda: {
            "in_progress": 0,
            "completed": 0,
            "failed": 0,
            "cancelled": 0,
            "total": 0,
        }
    )
    status: Literal["expired", "in_progress", "completed"] = "completed"
    expires_after: Json | UnsetType = UNSET
    expires_at: int | None = None
    last_active_at: int | None = field(default_factory=now)
    metadata: dict[str, str] = field(default_factory=dict)


class VectorStoreFile(Struct, kw_only=True):
    """`vector_store.file`; its parent is the vector store, its id the file's."""

    id: str
    object: Literal["vector_store.file"] = "vector_store.file"
    usage_bytes: int = 0
    created_at: int = field(default_factory=now)
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"] = "in_progress"
    last_error: Json | None = None
    chunking_strategy: Json = field(default_factory=lambda: {"type": "other"})
    attributes: Json = field(default_factory=dict)


class FileBatch(Struct, kw_only=True):
    """`vector_store.files_batch`; its parent is the vector store."""

    id: str = field(default_factory=lambda: new_object_id("vsfb"))
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int = field(default_factory=now)
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"] = "in_progress"
    file_counts: Json = field(default_factory=dict)
