"""The way to the app's own engine: found or started again where it has moved, and told of the
endpoints that are to answer."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx2
from openai import AsyncOpenAI

from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.providers.assistants.problems import problem_of_told
from studybuddy.providers.assistants.sdk import make_sdk
from studybuddy.providers.assistants.source import Client
from studybuddy.providers.told import told

HEADER = "StudyBuddy-Upstream"
"""Names the upstream of a run; percent-encoded."""

FRESH = 1.0
"""Seconds for which the engine is taken to be where it was; after that someone else may have its
port."""

_PATIENCE = httpx2.Timeout(10.0)

_log = logging.getLogger(__name__)

Engine = Callable[[bool], Awaitable[Endpoint]]
"""The engine as it is now, started where none runs; told whether its own model is wanted."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """An endpoint as the engine is told of it."""

    name: str
    base_url: str
    key: str = field(default="", repr=False)
    model: str = ""


class EngineLink:
    """One for each app; all its services go through it."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare it; nothing is started.

        Args:
            engine: finds or starts the engine.
            clock: seconds.
        """
        self._engine = engine
        self._clock = clock
        self._endpoint: Endpoint | None = None
        self._sdk: AsyncOpenAI | None = None
        self._seen: dict[bool, float] = {}
        """When the engine was last looked for, with its model and without."""
        self._known: dict[str, Answerer] = {}
        """Whom this engine was told of, by name."""
        self._looking = asyncio.Lock()
        self._mark = secrets.token_hex(4)

    async def client(self, answerer: Answerer | None) -> Client:
        """How the engine is reached right now, by whom `answerer` has answer.

        Args:
            answerer: who is to answer; `None` for the engine's own model.

        Raises:
            StudyBuddyError: where no engine can be started, or it won't go to that endpoint.
        """
        async with self._looking:
            sdk, engine = await self._found(own_model=answerer is None)
            if answerer is None:
                return Client(sdk, engine, True)
            if self._known.get(answerer.name) != answerer:
                await self._tell(sdk, engine, answerer)
                self._known[answerer.name] = answerer
        headers = {HEADER: self._name(answerer)}
        return Client(sdk, engine, True, headers)

    def doubt(self) -> None:
        """Look for the engine again, and tell it anew who answers, before the next request."""
        self._seen.clear()
        self._known.clear()

    async def close(self) -> None:
        """Close the connections."""
        sdk, self._sdk = self._sdk, None
        if sdk is not None:
            await sdk.close()

    async def _found(self, *, own_model: bool) -> tuple[AsyncOpenAI, Endpoint]:
        now = self._clock()
        seen = self._seen.get(own_model)
        fresh = seen is not None and now - seen < FRESH
        if fresh and self._sdk is not None and self._endpoint is not None:
            return self._sdk, self._endpoint
        endpoint = await self._engine(own_model)
        if self._sdk is None or self._moved(endpoint):
            await self.close()
            self._sdk = await asyncio.to_thread(make_sdk, endpoint)
            self._known.clear()
        self._endpoint = endpoint
        self._seen[own_model] = self._clock()
        return self._sdk, endpoint

    def _name(self, answerer: Answerer) -> str:
        """What the engine calls it; another window may mean another model by the same name."""
        return quote(f"{answerer.name}~{self._mark}", safe="")

    def _moved(self, endpoint: Endpoint) -> bool:
        known = self._endpoint
        return known is None or (known.base_url, known.key) != (endpoint.base_url, endpoint.key)

    async def _tell(self, sdk: AsyncOpenAI, engine: Endpoint, answerer: Answerer) -> None:
        """Make an endpoint known to the engine; its key goes over loopback, into memory."""
        root = engine.base_url.removesuffix("/v1")
        url = f"{root}/studybuddy/upstreams/{self._name(answerer)}"
        body = {"base_url": answerer.base_url, "key": answerer.key, "model": answerer.model}
        try:
            # Not through the SDK: at its debug level it logs what it sends.
            async with httpx2.AsyncClient(
                trust_env=False, verify=False, timeout=_PATIENCE
            ) as client:
                response = await client.put(
                    url, json=body, headers={"Authorization": f"Bearer {engine.key}"}
                )
        except httpx2.HTTPError as error:
            _log.info("the engine was not told of %s (%s)", answerer.name, type(error).__name__)
            self.doubt()
            raise StudyBuddyError(_NOT_ANSWERING) from None
        if response.status_code != 200:
            said = told(response.content, response.status_code)
            raise StudyBuddyError(problem_of_told(said, Client(sdk, engine, True)))


_NOT_ANSWERING = Problem(
    ProblemKind.ENGINE,
    "StudyBuddy's engine is not answering.",
    "It is started again when you retry.",
    transient=True,
)


class EngineSource:
    """The app's own engine, with an endpoint that answers."""

    def __init__(
        self, link: EngineLink, answerer: Callable[[], Awaitable[Answerer | None]]
    ) -> None:
        """Take the link, and what tells who answers; `None` is the engine's own model."""
        self._link = link
        self._answerer = answerer

    async def client(self) -> Client:
        """How the engine is reached right now."""
        return await self._link.client(await self._answerer())

    def doubt(self) -> None:
        """Have the engine looked for again."""
        self._link.doubt()
