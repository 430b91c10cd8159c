"""Runs over a model from a script, behind the engine's own routes and web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
from openai import AsyncOpenAI

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Ask, Asker, Call, Reply
from studybuddy.engine.context import EngineContext
from studybuddy.engine.objects import ACTIVE
from studybuddy.engine.runs.manager import RunManager
from studybuddy.engine.runs.ports import Limits
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.serve import ServeOptions
from studybuddy.engine.sockets import listen
from studybuddy.engine.tools.interpreter import CodeResult
from studybuddy.engine.web import make_server
from tests.engine.engines import ENOUGH, TOKEN, context_for, unused_port

MODEL = "scripted"
USAGE = Usage(10, 5)

Part = str | Reply | Exception | asyncio.Event
Script = Sequence[Part] | Callable[[Ask], Sequence[Part]]


def says(text: str, *, usage: Usage = USAGE, finish: str = "stop") -> list[Part]:
    """An answer that is a text, in words as they come."""
    words = text.split(" ")
    parts: list[Part] = [word + " " for word in words[:-1]]
    return [*parts, words[-1], Reply(text, (), finish, usage, MODEL)]


def calls(*wanted: tuple[str, str], text: str = "", usage: Usage = USAGE) -> list[Part]:
    """An answer that calls tools, by name and arguments; after a text where one is given."""
    made = tuple(Call(f"call_{n}", name, arguments) for n, (name, arguments) in enumerate(wanted))
    parts: list[Part] = [text] if text else []
    return [*parts, Reply(text, made, "tool_calls", usage, MODEL)]


class ScriptedAsker:
    """Gives each question the next answer of a script; the last one serves all later ones."""

    def __init__(self, *script: Script) -> None:
        self._script = list(script)
        self.asks: list[Ask] = []
        self.closed = 0
        """How many questions were given up before their end."""
        self.arrived = asyncio.Event()

    async def ask(self, ask: Ask) -> AsyncGenerator[str | Reply]:
        self.asks.append(ask)
        self.arrived.set()
        script = self._script[min(len(self.asks), len(self._script)) - 1]
        try:
            for part in script(ask) if callable(script) else script:
                if isinstance(part, Exception):
                    raise part
                if isinstance(part, asyncio.Event):
                    await part.wait()
                else:
                    yield part
        except (GeneratorExit, asyncio.CancelledError):
            self.closed += 1
            raise

    async def has_been_asked(self, times: int) -> bool:
        """Whether there have been so many questions."""
        return len(self.asks) >= times


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once something holds."""
    async with asyncio.timeout(ENOUGH):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)  # the server may be another process


@dataclass
class FakeInterpreters:
    """Answers code with the code itself, or as it is told to."""

    answer: Callable[[str], str] = lambda code: f"ran {code}"
    delay: asyncio.Event | None = None
    spoilt: str = ""
    """Code that leaves no variables behind."""
    ran: list[tuple[str, str]] = field(default_factory=list)
    restored: list[list[str]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    async def run(self, thread_id: str, code: str) -> CodeResult:
        if self.delay is not None:
            await self.delay.wait()
        self.ran.append((thread_id, code))
        return CodeResult(self.answer(code), kept=code != self.spoilt)

    def knows(self, thread_id: str) -> bool:
        return any(ran[0] == thread_id for ran in self.ran)

    async def restore(self, thread_id: str, codes: Sequence[str]) -> None:
        self.restored.append(list(codes))

    async def forget(self, thread_id: str) -> None:
        self.forgotten.append(thread_id)

    async def close(self) -> None:
        pass


def passage(text: str, file_id: str = "file-1", *, page: int | None = 3) -> Passage:
    """A passage of a file."""
    return Passage(file_id, "cells.pdf", text, 100, 100 + len(text), page, 7, 0.9, {})


@dataclass
class FakeIndex:
    """Finds the same passages for every query."""

    passages: list[Passage] = field(default_factory=list)
    asked: list[tuple[tuple[str, ...], Any, int]] = field(default_factory=list)

    async def search(
        self,
        store_ids: Sequence[str],
        query: str | Sequence[str],
        *,
        limit: int = 10,
        filters: Mapping[str, object] | None = None,
        score_threshold: float = 0,
    ) -> list[Passage]:
        self.asked.append((tuple(store_ids), query, limit))
        return self.passages[:limit]


QUICK = Limits(retries=(0.0,) * 4, journal=0.01, storing=(0.0,) * 4)


@dataclass(frozen=True)
class Host:
    """A running engine whose model is a script."""

    context: EngineContext
    client: httpx2.AsyncClient
    """With the token; its base URL has no /v1."""
    api: AsyncOpenAI

    @property
    def runs(self) -> RunManager:
        return self.context.runs

    async def assistant(self, **fields: Any) -> str:
        """The id of a new assistant."""
        made = await self.api.beta.assistants.create(**{"model": MODEL, **fields})
        return made.id

    async def thread(self, text: str = "What is a cell?") -> str:
        """The id of a new thread with one message."""
        messages: Any = [{"role": "user", "content": text}]
        return (await self.api.beta.threads.create(messages=messages)).id

    async def run(self, thread_id: str | None = None, **fields: Any) -> Any:
        """A run that has come to its end, or waits for outputs."""
        started = await self.start(thread_id, **fields)
        return await self.ended(started.thread_id, started.id)

    async def start(self, thread_id: str | None = None, **fields: Any) -> Any:
        """A run that was just created."""
        fields.setdefault("assistant_id", fields.pop("assistant", None) or await self.assistant())
        return await self.api.beta.threads.runs.create(thread_id or await self.thread(), **fields)

    async def ended(self, thread_id: str, run_id: str, *, parked: bool = True) -> Any:
        """The run once it is over, or waits for outputs."""
        etag = ""
        async with asyncio.timeout(ENOUGH):
            while True:
                response = await self.client.get(
                    f"/v1/threads/{thread_id}/runs/{run_id}",
                    headers={"Prefer": "wait=10", "If-None-Match": etag or '"none"'},
                )
                etag = response.headers["etag"]
                status = response.json()["status"]
                waits = parked and status == "requires_action"
                if waits or status not in ACTIVE:
                    return await self.api.beta.threads.runs.retrieve(run_id, thread_id=thread_id)

    async def steps(self, run: Any, *, content: bool = False) -> list[Any]:
        """The run's steps, oldest first."""
        extra: Any = {}
        if content:
            extra = {"include": ["step_details.tool_calls[*].file_search.results[*].content"]}
        page = await self.api.beta.threads.runs.steps.list(
            run.id, thread_id=run.thread_id, order="asc", limit=100, **extra
        )
        return page.data

    async def messages(self, thread_id: str) -> list[Any]:
        """The thread's messages, oldest first."""
        page = await self.api.beta.threads.messages.list(thread_id, order="asc", limit=100)
        return page.data

    async def has_begun(self, run: Any) -> bool:
        """Whether the run has a message."""
        return any(m.run_id == run.id for m in await self.messages(run.thread_id))

    async def texts(self, thread_id: str) -> list[str]:
        """Their texts."""
        return [
            "".join(part.text.value for part in message.content)
            for message in await self.messages(thread_id)
        ]


@asynccontextmanager
async def host(
    asker: Asker | None,
    *,
    limits: Limits = QUICK,
    interpreters: FakeInterpreters | None = None,
    index: FakeIndex | None = None,
    named: Mapping[str, Asker] | None = None,
    data_dir: Path | None = None,
    window: int | None = None,
    settled: Callable[[Any], Awaitable[None]] | None = None,
    image_of: Callable[[str], Awaitable[str | None]] | None = None,
) -> AsyncIterator[Host]:
    """Serve runs that this asker answers; `named` ones answer for upstreams of that name."""
    context = context_for(f"http://127.0.0.1:{unused_port()}/v1", data_dir=data_dir)
    askers = {"": asker, **(named or {})}

    async def window_of(upstream: str, model: str) -> int | None:
        return window

    parts = replace(
        context.runs.parts,
        asker_for=askers.get,
        interpreters=interpreters or FakeInterpreters(),
        index=index or FakeIndex(),
        window_of=window_of,
        settled=settled or context.ingestion.settled,
        image_of=image_of or context.runs.parts.image_of,
        limits=limits,
    )
    runs = RunManager(parts)
    context = replace(context, runs=runs, thread_deleted=[runs.forget_thread])
    options = ServeOptions("127.0.0.1", 0, TOKEN, token_is_random=False)
    server = make_server(options, context)
    with listen("127.0.0.1", 0) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with httpx2.AsyncClient(
                base_url=base_url,
                headers={"Authorization": f"Bearer {TOKEN}"},
                transport=httpx2.AsyncHTTPTransport(verify=False),
                timeout=ENOUGH,
            ) as client:
                api = AsyncOpenAI(
                    api_key=TOKEN, base_url=f"{base_url}/v1", http_client=client, max_retries=0
                )
                yield Host(context, client, api)
        finally:
            context.closing.set()
            server.should_exit = True
            await asyncio.wait_for(serving, ENOUGH)
