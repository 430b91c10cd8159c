"""What the routes work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from studybuddy.engine.names import ModelNames
from studybuddy.engine.upstream.port import Upstream


@dataclass(frozen=True, slots=True)
class EngineContext:
    """The engine's parts, one for each application."""

    upstream: Upstream
    names: ModelNames
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the engine is to end: what is under way ends with an error."""


def context_of(connection: HTTPConnection) -> EngineContext:
    """The context of the application that serves this request."""
    context: EngineContext = connection.app.state.context
    return context
