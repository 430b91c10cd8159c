"""Windows of models that their servers tell only while a model is loaded."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from studybuddy.domain.addresses import is_nearby
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.ports import CompletionProvider

_log = logging.getLogger(__name__)

_PATIENCE = 10.0
"""Seconds for a list of models; nobody waits for it."""


class LoadedSizes:
    """Has such servers, Ollama above all, list their models again once a model has answered."""

    def __init__(self) -> None:
        self._looked: set[tuple[str, str]] = set()
        self._looking: set[asyncio.Task[None]] = set()

    def look(self, provider: CompletionProvider, model: str) -> None:
        """Have a metered provider list its models, once for each model that has answered."""
        endpoint = provider.endpoint
        key = endpoint.name, model or endpoint.model
        nearby = endpoint.kind is EndpointKind.REMOTE and is_nearby(endpoint.base_url)
        if key in self._looked or not (nearby or endpoint.kind is EndpointKind.LOCAL):
            return
        self._looked.add(key)
        # Not a record: sums do not wait for it.
        task = asyncio.create_task(_list(provider))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)


async def _list(provider: CompletionProvider) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            await provider.models()
    except (StudyBuddyError, TimeoutError) as error:
        _log.info("the models of %s were not listed again: %s", provider.endpoint.name, error)
