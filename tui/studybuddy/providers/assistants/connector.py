"""Finds the server of assistant mode for whoever answers. Importing this is cheap."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.providers.connector import EndpointConnector

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from studybuddy.providers.assistants.link import Answerer, Engine, EngineLink
    from studybuddy.providers.assistants.service import OpenAIAssistantService
    from studybuddy.providers.assistants.source import Source
    from studybuddy.providers.completions import OpenAICompletionProvider

_log = logging.getLogger(__name__)

_PROBE_SECONDS = 3.0
_ASKED_FOR = 60.0
"""Seconds until a server that did not answer is asked again what it serves, and which models."""


class CompanionAssistantConnector:
    """`domain.assistant_ports.AssistantConnector` over the app's own engine.

    The engine has the assistants, threads and files, and goes to the chosen endpoint for answers.
    Only an endpoint that serves the Assistants API itself is used without it.
    """

    def __init__(
        self,
        connector: EndpointConnector,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it; nothing is started or imported.

        Args:
            connector: connects to endpoints, and finds their keys.
            engine: finds or starts the engine; told whether its own model is wanted.
            clock: seconds.
        """
        self._connector = connector
        self._engine = engine
        self._clock = clock
        self._making: defaultdict[Endpoint, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One for each endpoint: looking at one that does not answer takes seconds."""
        self._linking = asyncio.Lock()
        self._link: EngineLink | None = None
        self._services: dict[Endpoint, tuple[OpenAIAssistantService, float | None]] = {}
        """With the time until which a service stands for an endpoint that was not reached."""
        self._direct: list[AsyncOpenAI] = []

    async def connect(self, endpoint: Endpoint) -> OpenAIAssistantService:
        """The service whose runs that endpoint answers, starting the engine where it is needed.

        Raises:
            StudyBuddyError: where the engine can't be started, or a key is missing.
        """
        provider: OpenAICompletionProvider | None = None
        if endpoint.kind is not EndpointKind.BUILT_IN:
            provider = await self._connector.connect(endpoint)
            endpoint = provider.endpoint
        async with self._making[endpoint]:
            service = self._known(endpoint) or await self._make(endpoint, provider)
        await service.ready()
        return service

    async def close(self) -> None:
        """Close every connection; the engine is not ended."""
        self._services.clear()
        clients, self._direct = self._direct, []
        await asyncio.gather(*(client.close() for client in clients))
        if self._link is not None:
            await self._link.close()

    def _known(self, endpoint: Endpoint) -> OpenAIAssistantService | None:
        service, until = self._services.get(endpoint, (None, None))
        return service if until is None or self._clock() < until else None

    async def _make(
        self, endpoint: Endpoint, provider: OpenAICompletionProvider | None
    ) -> OpenAIAssistantService:
        async with self._linking:
            if self._link is None:
                self._link = await asyncio.to_thread(_make_link, self._engine)
            link = self._link
        from studybuddy.providers.assistants.link import EngineSource
        from studybuddy.providers.assistants.service import OpenAIAssistantService

        until: float | None = None
        source: Source | None = None
        if provider is not None and endpoint.kind is not EndpointKind.OPENAI:
            source, reached = await self._direct_source(endpoint, provider)
            until = None if reached else self._clock() + _ASKED_FOR
        if source is None:
            source = EngineSource(link, _Answering(provider, self._clock))
        service = OpenAIAssistantService(endpoint, source)
        self._services[endpoint] = service, until
        return service

    async def _direct_source(
        self, endpoint: Endpoint, provider: OpenAICompletionProvider
    ) -> tuple[Source | None, bool]:
        """The server itself where it has the API, and whether it was reached at all.

        OpenAI is not asked: it has ended its own.
        """
        from studybuddy.providers.assistants.probe import serves_assistants
        from studybuddy.providers.assistants.sdk import make_sdk
        from studybuddy.providers.assistants.source import Client, DirectSource

        sdk = await asyncio.to_thread(make_sdk, endpoint)
        serves = await serves_assistants(sdk, _PROBE_SECONDS)
        _log.info("%s: assistants are %s", endpoint.name, _WORDS[serves])
        if not serves:
            await sdk.close()
            return None, serves is not None
        self._direct.append(sdk)
        model = endpoint.model or await _default_model(provider)
        client = Client(sdk, endpoint, default_model=model)
        return DirectSource(client, lambda: self._forget(endpoint)), True

    def _forget(self, endpoint: Endpoint) -> None:
        self._services.pop(endpoint, None)


class _Answering:
    """Tells the engine who answers, with a model that chats where none was chosen."""

    def __init__(
        self, provider: OpenAICompletionProvider | None, clock: Callable[[], float]
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._model = ""
        self._ask_again = -math.inf

    async def __call__(self) -> Answerer | None:
        if self._provider is None:
            return None
        from studybuddy.providers.assistants.link import Answerer

        endpoint = self._provider.endpoint
        model = endpoint.model or self._model
        if not model and self._clock() >= self._ask_again:
            self._ask_again = self._clock() + _ASKED_FOR
            model = self._model = await _default_model(self._provider)
        return Answerer(endpoint.name, endpoint.base_url, endpoint.key, model)


_WORDS = {True: "its own", False: "not its own", None: "not known"}


async def _default_model(provider: OpenAICompletionProvider) -> str:
    try:
        return await provider.default_model()
    except StudyBuddyError as error:
        # Threads can be read all the same, and a run says what is wrong.
        _log.info("%s names no model: %s", provider.endpoint.name, error.problem.kind)
        return ""


def _make_link(engine: Engine) -> EngineLink:
    """Import the SDK, which takes up to a second the first time."""
    from studybuddy.providers.assistants import probe, service
    from studybuddy.providers.assistants.link import EngineLink

    assert probe
    assert service
    return EngineLink(engine)
