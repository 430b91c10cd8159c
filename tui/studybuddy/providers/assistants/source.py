"""Who serves the Assistants API for an endpoint, and how each request finds the way there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.endpoints import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(frozen=True, slots=True)
class Client:
    """How the server is reached right now."""

    sdk: AsyncOpenAI
    endpoint: Endpoint
    """The server itself, for telling."""
    is_engine: bool = False
    """Whether it is the app's own engine."""
    run_headers: Mapping[str, str] = field(default_factory=dict)
    """Of requests that start a run or have it go on."""
    default_model: str = ""
    """For assistants that name none; empty for the server's own choice."""


class Source(Protocol):
    """The way to a server, looked for again where it may have moved."""

    async def client(self) -> Client:
        """How the server is reached; it is started where it is needed and not running.

        Raises:
            StudyBuddyError: where it can't be.
        """
        ...

    def doubt(self) -> None:
        """Take it that what is known of the server is no longer so."""
        ...


class DirectSource:
    """A server that has the Assistants API itself."""

    def __init__(self, client: Client, on_doubt: Callable[[], None]) -> None:
        self._client = client
        self._on_doubt = on_doubt

    async def client(self) -> Client:
        """Always the same."""
        return self._client

    def doubt(self) -> None:
        """Have it looked at again before it is next connected to."""
        self._on_doubt()
