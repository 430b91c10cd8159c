"""Makes connections. Importing this module is cheap; what is slow happens in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.providers import outcomes

if TYPE_CHECKING:
    from studybuddy.providers.completions import OpenAICompletionProvider

KeyFinder = Callable[[Endpoint], tuple[str, KeySource]]
"""Looks up the key of an endpoint that has none; ("", NONE) where there is none. May block."""


def no_key(endpoint: Endpoint) -> tuple[str, KeySource]:
    """Find no key for any endpoint."""
    return "", KeySource.NONE


class EndpointConnector:
    """Connects to endpoints, and keeps one client for each for as long as it is used."""

    def __init__(
        self, *, built_in: Callable[[], Awaitable[Endpoint]], find_key: KeyFinder = no_key
    ) -> None:
        """Prepare it.

        Args:
            built_in: gives the built-in endpoint with address, key and model as they are now,
                starting its engine where that is needed; called for each connection to it.
            find_key: looks up a key; called in a thread.
        """
        self._built_in = built_in
        self._find_key = find_key
        self._found_keys: dict[Endpoint, Endpoint] = {}
        self._providers: dict[Endpoint, OpenAICompletionProvider] = {}
        self._making = asyncio.Lock()

    async def connect(self, endpoint: Endpoint) -> OpenAICompletionProvider:
        """Connect to an endpoint, starting the engine where it is the built-in one.

        Raises:
            StudyBuddyError: where the engine can't be started, or the key is missing or unusable.
        """
        if endpoint.kind is EndpointKind.BUILT_IN:
            started = await self._built_in()
            endpoint = replace(started, model=endpoint.model or started.model)
        async with self._making:
            if not endpoint.key and endpoint.kind is not EndpointKind.BUILT_IN:
                endpoint = await self._with_key(endpoint)
            _check_key(endpoint)
            provider = self._providers.get(endpoint)
            if provider is None:
                provider = await asyncio.to_thread(_make_provider, endpoint)
                await self._retire(endpoint)
                self._providers[endpoint] = provider
            return provider

    async def close(self) -> None:
        """Close every connection."""
        providers = list(self._providers.values())
        self._providers.clear()
        await asyncio.gather(*(provider.close() for provider in providers))

    async def _with_key(self, endpoint: Endpoint) -> Endpoint:
        found = self._found_keys.get(endpoint)
        if found is None:
            key, source = await asyncio.to_thread(self._find_key, endpoint)
            found = replace(endpoint, key=key, key_source=source)
            if key or endpoint.kind is not EndpointKind.OPENAI:
                # A keychain that has nothing for a local server is not asked at each turn: it
                # may be slow, and may want to be unlocked. OpenAI's key may yet be pasted.
                self._found_keys[endpoint] = found
        return found

    async def _retire(self, endpoint: Endpoint) -> None:
        """Close what the new connection replaces: an engine that is gone, or an old key."""
        for old in list(self._providers):
            moved = (old.base_url, old.key) != (endpoint.base_url, endpoint.key)
            if old.name == endpoint.name and moved:
                await self._providers.pop(old).close()


def _check_key(endpoint: Endpoint) -> None:
    if not endpoint.key and endpoint.kind is EndpointKind.OPENAI:
        raise StudyBuddyError(outcomes.missing_key(endpoint))
    if any(not "!" <= c <= "~" for c in endpoint.key):
        raise StudyBuddyError(outcomes.unusable_key(endpoint))


def _make_provider(endpoint: Endpoint) -> OpenAICompletionProvider:
    """Import the SDK and build a client, which takes up to a second the first time."""
    from studybuddy.providers.clients import make_client
    from studybuddy.providers.completions import OpenAICompletionProvider

    return OpenAICompletionProvider(endpoint, make_client(endpoint))
