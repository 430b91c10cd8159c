"""What the routes work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from studybuddy.engine.expiry import FileExpiry
from studybuddy.engine.heartbeat import Patience
from studybuddy.engine.names import ModelNames
from studybuddy.engine.runs.manager import RunManager
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.store.files import FileBox
from studybuddy.engine.store.store import Store
from studybuddy.engine.upstream.port import Upstream
from studybuddy.engine.upstream.registry import Upstreams
from studybuddy.engine.vectors.ingestion import Ingestion


@dataclass(frozen=True, slots=True)
class EngineContext:
    """The engine's parts, one for each application."""

    upstream: Upstream
    """The engine's own, which is the default one of `upstreams`."""
    names: ModelNames
    store: Store
    files: FileBox
    """Contents of uploaded files."""
    upstreams: Upstreams
    """Who may answer a run."""
    search: SearchIndex
    ingestion: Ingestion
    """Brings files into vector stores; to be woken where one was added."""
    expiry: FileExpiry
    """Removes files."""
    runs: RunManager
    thread_deleted: list[Callable[[str], Awaitable[None]]] = field(default_factory=list)
    """Told the id of each thread that was deleted, to forget what they keep of it."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the engine is to end: what is under way ends with an error."""
    patience: Patience = field(default_factory=Patience)


def context_of(connection: HTTPConnection) -> EngineContext:
    """The context of the application that serves this request."""
    context: EngineContext = connection.app.state.context
    return context
