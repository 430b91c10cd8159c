"""Leaves a record of usage for every request that is made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from studybuddy.chat.loaded_sizes import LoadedSizes
from studybuddy.chat.request_record import NOTED_EVERY, RequestRecord
from studybuddy.domain.events import UsageReported

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint, Model
    from studybuddy.domain.ports import (
        CompletionEvent,
        CompletionProvider,
        CompletionRequest,
        Connector,
    )


class MeteredConnector:
    """A `domain.ports.Connector` whose providers leave a record for every request.

    Each attempt is a request of its own, as it is for who bills it. What the endpoint reports is
    taken as it is, unless it can't be true. Where it reports nothing, because it never does,
    because the answer was stopped or because it broke off, the prompt and the text that came are
    counted here. That is what providers bill then, too: a prompt that was taken is billed also
    where its answer is not waited for. Nothing is billed of a request that did not arrive or was
    refused before its first word, so its record has no tokens and no cost. A server that is silent
    until it is waited for no longer may have taken the prompt: that counts. A connection that fails
    before there is a request, such as an engine that can't be started, leaves no record. The record
    is written when the request leaves, as one that was interrupted, and from time to time while the
    answer comes; its end replaces it. So a process that is killed leaves what it used. Durations
    begin when the request leaves: an engine is started before that.
    """

    def __init__(
        self,
        connector: Connector,
        accounts: Accounts,
        clock: Callable[[], float] = time.monotonic,
        *,
        learns: bool = True,
        every: float = NOTED_EVERY,
    ) -> None:
        """Take the connector that connects, who takes the records, and a clock in seconds.

        Args:
            connector: makes the connections.
            accounts: takes the records.
            clock: seconds.
            learns: off where what reports teach about counting would be lost anyway.
            every: seconds between notes of how far an answer is.
        """
        self._connector = connector
        self._accounts = accounts
        self._clock = clock
        self._learns = learns
        self._every = every
        self._sizes = LoadedSizes()

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        """Connect to an endpoint.

        Raises:
            StudyBuddyError: where that fails.
        """
        provider = await self._connector.connect(endpoint)
        self._accounts.learn_name(endpoint, provider.endpoint.model)  # an engine knows its own
        sizes = self._sizes if self._learns else None
        return _MeteredProvider(provider, self._accounts, self._clock, sizes, self._every)


class _MeteredProvider:
    def __init__(
        self,
        provider: CompletionProvider,
        accounts: Accounts,
        clock: Callable[[], float],
        sizes: LoadedSizes | None,
        every: float,
    ) -> None:
        self._provider = provider
        self._accounts = accounts
        self._clock = clock
        self._sizes = sizes
        self._every = every

    @property
    def endpoint(self) -> Endpoint:
        return self._provider.endpoint

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent]:
        endpoint = self._provider.endpoint
        learns = self._sizes is not None
        record = RequestRecord(request, endpoint, self._accounts, self._clock, learns=learns)
        record.begins(self._every)
        try:
            async with aclosing(self._provider.stream(request)) as events:
                async for event in events:
                    if isinstance(event, UsageReported):
                        usage = record.believed(event.usage)
                        if usage is None:
                            continue
                        event = UsageReported(usage)
                    record.take(event)
                    yield event
        except (asyncio.CancelledError, GeneratorExit):
            raise  # stopped, or complete and closed after the last event
        except BaseException as error:
            record.failed(error)
            raise
        else:
            record.ended()
        finally:
            # Not waited for: the answer's end does not wait for the disk, nor for a tokenizer.
            self._accounts.see_to(record.leave(self._clock()))
            if self._sizes is not None and record.is_complete:
                self._sizes.look(self, request.model)

    async def count(self, request: CompletionRequest) -> int | None:
        return await self._provider.count(request)

    async def models(self) -> Sequence[Model]:
        models = await self._provider.models()
        self._accounts.learn_models(self._provider.endpoint, models)
        return models

    async def close(self) -> None:
        await self._provider.close()
