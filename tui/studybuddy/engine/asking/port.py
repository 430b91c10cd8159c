"""What a run asks of whatever makes its answers: text, calls of tools, or both."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studybuddy.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the model, in the terms of Chat Completions."""

    messages: Sequence[Mapping[str, Any]]
    """Oldest first, the system's first; with the assistant's tool_calls and role=tool messages."""
    model: str = ""
    """As the client asked it; the asker resolves it."""
    tools: Sequence[Mapping[str, Any]] = ()
    """Function tools; the built-in ones too, see `studybuddy.engine.tools.definitions`."""
    tool_choice: str | Mapping[str, Any] = "auto"
    """One of "none", "auto", "required", or {"type": "function", "function": {"name": …}}."""
    parallel_tool_calls: bool = True
    response_format: Mapping[str, Any] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None
    """For upstreams that take one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model wants called."""

    id: str
    name: str
    arguments: str
    """JSON text, repaired where that could be done; else as the model gave it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request came to; the last thing that `ask` yields."""

    text: str
    calls: tuple[Call, ...]
    finish_reason: str
    """One of stop, length, tool_calls, content_filter."""
    usage: Usage
    """Of all requests that were made for this one."""
    model: str = ""
    """The name to tell the client."""


class Asker(Protocol):
    """Asks one upstream."""

    def ask(self, ask: Ask) -> AsyncGenerator[str | Reply]:
        """Text deltas as they come, then one `Reply`; closing it ends the request upstream.

        Raises:
            ApiError: for every failure of the upstream.
        """
        ...
