"""An engine in the test's own process, over whatever upstream the test gives it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from studybuddy.engine.app import create_app
from studybuddy.engine.assembly import make_served
from studybuddy.engine.context import EngineContext
from studybuddy.engine.expiry import FileExpiry
from studybuddy.engine.runs.assembly import make_runs
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.serve import LOOPBACK_NAMES, ServeOptions
from studybuddy.engine.sockets import listen
from studybuddy.engine.store.files import FileBox
from studybuddy.engine.store.folder import DataFolder
from studybuddy.engine.store.store import Store
from studybuddy.engine.tools.interpreter import Interpreters
from studybuddy.engine.upstream.http import HttpUpstream
from studybuddy.engine.upstream.port import Upstream
from studybuddy.engine.upstream.registry import Address, Served, Upstreams
from studybuddy.engine.vectors.ingestion import Ingestion
from studybuddy.engine.web import make_server

if TYPE_CHECKING:
    from openai import AsyncOpenAI

TOKEN = "the-token-of-the-test"
QUESTION: dict[str, Any] = {"messages": [{"role": "user", "content": "What is a cell?"}]}
ENOUGH = 20.0
"""Seconds until a test gives up; nothing is measured by it."""


@dataclass(frozen=True)
class Engine:
    """A running engine, and a client that has its token."""

    base_url: str
    """Without /v1."""
    client: httpx2.AsyncClient
    context: EngineContext

    @property
    def sdk(self) -> AsyncOpenAI:
        """OpenAI's own client, over the same connection."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            base_url=f"{self.base_url}/v1", api_key=TOKEN, http_client=self.client, max_retries=0
        )

    async def chat(self, **fields: Any) -> httpx2.Response:
        """Ask for a chat completion."""
        return await self.client.post("/v1/chat/completions", json={**QUESTION, **fields})

    async def events(self, **fields: Any) -> list[Any]:
        """The decoded events of a streamed chat completion; `[DONE]` stays text."""
        response = await self.chat(stream=True, **fields)
        assert response.status_code == 200, response.text
        return events_in(response.text)


@asynccontextmanager
async def engine(
    upstream: Upstream | str,
    *,
    strict: bool = False,
    host: str = "127.0.0.1",
    data_dir: Path | None = None,
) -> AsyncIterator[Engine]:
    """Serve an upstream, or the one at a base URL, without a socket in between."""
    context = context_for(upstream, strict=strict, data_dir=data_dir)
    app = create_app(context, TOKEN, LOOPBACK_NAMES if host in LOOPBACK_NAMES else ())
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with _client("http://127.0.0.1", transport) as client:
            yield Engine(str(client.base_url), client, context)


@asynccontextmanager
async def keeping_engine(
    data_dir: Path | None = None, *, strict: bool = False
) -> AsyncIterator[Engine]:
    """An engine that is only to keep things: nothing answers as its upstream."""
    async with engine("http://127.0.0.1:9/v1", strict=strict, data_dir=data_dir) as served:
        yield served


async def settled(served: Engine, *store_ids: str) -> None:
    """Wait until no file of these vector stores is in progress."""
    async with asyncio.timeout(ENOUGH):
        await served.context.ingestion.settled(store_ids)


@asynccontextmanager
async def listening_engine(
    upstream: Upstream | str, *, strict: bool = False, data_dir: Path | None = None
) -> AsyncIterator[Engine]:
    """Serve an upstream on a port, with the web server that the engine has."""
    context = context_for(upstream, strict=strict, data_dir=data_dir)
    options = ServeOptions("127.0.0.1", 0, TOKEN, token_is_random=False)
    server = make_server(options, context)
    with listen("127.0.0.1", 0) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with _client(base_url, httpx2.AsyncHTTPTransport(verify=False)) as client:
                yield Engine(base_url, client, context)
        finally:
            context.closing.set()
            server.should_exit = True
            await asyncio.wait_for(serving, ENOUGH)


def context_for(
    upstream: Upstream | str, *, strict: bool = False, data_dir: Path | None = None
) -> EngineContext:
    """What the routes work with; without a folder, nothing is kept."""
    data = DataFolder(data_dir)
    if isinstance(upstream, str):
        upstream = HttpUpstream(upstream)
    default = make_served(upstream, strict=strict, calls_tools=True)

    def connect(address: Address) -> Served:
        registered = HttpUpstream(address.base_url, address.key, address.model)
        return make_served(registered, strict=strict, calls_tools=True)

    store, files = Store(data.database), FileBox(data.files)
    search = SearchIndex(data.search)
    upstreams = Upstreams(default, connect)
    ingestion = Ingestion(store, files, search)
    runs = make_runs(store, files, upstreams, search, Interpreters(), ingestion.settled)
    return EngineContext(
        default.upstream,
        default.names,
        store,
        files,
        upstreams,
        search,
        ingestion,
        FileExpiry(store, files, ingestion),
        runs,
        [runs.forget_thread],
    )


def _client(base_url: str, transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {TOKEN}"},
        transport=transport,
        timeout=ENOUGH,
    )


def events_in(text: str) -> list[Any]:
    """The decoded events of a stream, without its comments."""
    payloads = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(p) if p.startswith("{") else p for p in payloads]


def text_of(events: list[Any]) -> str:
    """The text of a streamed answer."""
    return "".join(
        choice["delta"].get("content") or ""
        for event in events
        if isinstance(event, dict)
        for choice in event.get("choices", [])
    )


def unused_port() -> int:
    """A port that no one listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
