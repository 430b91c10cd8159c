"""Leaves a record of usage for every request that is made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.loaded_sizes import LoadedSizes
from studybuddy.chat.reports import Report
from studybuddy.domain.accounts import Origin, Outcome, Purpose
from studybuddy.domain.events import TextDelta, UsageReported
from studybuddy.domain.ports import CompletionFinished
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint, Model
    from studybuddy.domain.ports import (
        CompletionEvent,
        CompletionProvider,
        CompletionRequest,
        Connector,
    )

_REFUSALS = frozenset(
    {
        ProblemKind.NO_CONNECTION,
        ProblemKind.DNS,
        ProblemKind.TLS,
        ProblemKind.UNAUTHORIZED,
        ProblemKind.FORBIDDEN,
        ProblemKind.NO_MODEL,
        ProblemKind.NOT_FOUND,
        ProblemKind.RATE_LIMITED,
        ProblemKind.QUOTA,
        ProblemKind.BAD_REQUEST,
        ProblemKind.CONTEXT_OVERFLOW,
        ProblemKind.SERVER_ERROR,
        ProblemKind.ENGINE,
        ProblemKind.NO_WEIGHTS,
        ProblemKind.SETTINGS,
    }
)
"""Where no word came, nobody bills these: the request did not arrive or was not taken."""


class MeteredConnector:
    """A `domain.ports.Connector` whose providers leave a record for every request.

    Each attempt is a request of its own, as it is for who bills it. What the endpoint reports is
    taken as it is. Where it reports nothing, because it never does, because the answer was
    stopped or because it broke off, the prompt and the text that came are counted here. That is
    what providers bill then, too: a prompt that was taken is billed also where its answer is not
    waited for. Nothing is billed of a request that did not arrive or was refused before its
    first word, so its record has no tokens and costs nothing. A server that is silent until it
    is waited for no longer may have taken the prompt: that counts. A connection that fails
    before there is a request, such as an engine that can't be started, leaves no record.
    """

    def __init__(
        self,
        connector: Connector,
        accounts: Accounts,
        clock: Callable[[], float] = time.monotonic,
        *,
        learns: bool = True,
    ) -> None:
        """Take the connector that connects, who takes the records, and a clock in seconds.

        `learns` is off where what reports teach about counting would be lost anyway.
        """
        self._connector = connector
        self._accounts = accounts
        self._clock = clock
        self._learns = learns
        self._sizes = LoadedSizes()

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        """Connect to an endpoint.

        Raises:
            StudyBuddyError: where that fails.
        """
        provider = await self._connector.connect(endpoint)
        self._accounts.learn_name(endpoint, provider.endpoint.model)  # an engine knows its own
        sizes = self._sizes if self._learns else None
        return _MeteredProvider(provider, self._accounts, self._clock, sizes)


class _MeteredProvider:
    def __init__(
        self,
        provider: CompletionProvider,
        accounts: Accounts,
        clock: Callable[[], float],
        sizes: LoadedSizes | None,
    ) -> None:
        self._provider = provider
        self._accounts = accounts
        self._clock = clock
        self._sizes = sizes

    @property
    def endpoint(self) -> Endpoint:
        return self._provider.endpoint

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent]:
        endpoint = self._provider.endpoint
        learns = self._sizes is not None
        record = _Request(request, endpoint, self._accounts, self._clock, learns=learns)
        # The price list is slow to load: in the time in which the endpoint thinks.
        self._accounts.see_to(record.look_up())
        try:
            async with aclosing(self._provider.stream(request)) as events:
                async for event in events:
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


class _Request:
    """What is seen of one request, from its beginning to its end."""

    def __init__(
        self,
        request: CompletionRequest,
        endpoint: Endpoint,
        accounts: Accounts,
        clock: Callable[[], float],
        *,
        learns: bool,
    ) -> None:
        self._learns = learns
        self._request = request
        self._endpoint = endpoint
        self._accounts = accounts
        self._clock = clock
        self._at = accounts.now()
        self._began = clock()
        self._first_token: float | None = None
        self._text: list[str] = []
        self._usage: Usage | None = None
        self._model = ""
        self._outcome = Outcome.STOPPED
        self._refused = False

    @property
    def is_complete(self) -> bool:
        return self._outcome is Outcome.COMPLETE

    def take(self, event: CompletionEvent) -> None:
        match event:
            case TextDelta(text):
                if self._first_token is None:
                    self._first_token = self._clock() - self._began
                self._text.append(text)
            case UsageReported(usage):
                self._usage = usage
                self._keep_report(usage.bounded())
            case CompletionFinished(_, model):
                self._outcome = Outcome.COMPLETE
                self._model = model
                self._accounts.learn_name(self._endpoint, model)

    def _keep_report(self, usage: Usage) -> None:
        origin, asked = self._request.origin or Origin(), self._request
        if origin.conversation_id and origin.purpose is Purpose.ANSWER:
            report = Report(self._endpoint.name, asked.model, tuple(asked.messages), usage)
            self._accounts.reports.keep(origin.conversation_id, report)

    def failed(self, error: BaseException) -> None:
        if self._outcome is Outcome.COMPLETE:  # and only its closing failed
            return
        self._outcome = Outcome.FAILED
        refused = isinstance(error, StudyBuddyError) and error.problem.kind in _REFUSALS
        self._refused = refused and not self._text

    def ended(self) -> None:
        if self._outcome is not Outcome.COMPLETE:  # without a last event: it broke off
            self._outcome = Outcome.FAILED

    async def leave(self, ended: float) -> None:
        """Leave the record of a request that was over at `ended`, on the clock."""
        # As it was asked for: servers answer with names of snapshots.
        model = self._accounts.names.of(self._endpoint, self._request.model) or self._model
        usage, reported = await asyncio.to_thread(self._used, model)
        await self._accounts.record_usage(
            self._request.origin or Origin(),
            self._endpoint,
            model,
            usage if reported else None,
            at=self._at,
            first_token=self._first_token,
            duration=ended - self._began,
            outcome=self._outcome,
            counted=usage,
        )

    async def look_up(self) -> None:
        """Have the price ready for when all is over."""
        await self._accounts.facts(self._endpoint, self._request.model)

    def _used(self, model: str) -> tuple[Usage, bool]:
        """The tokens, and whether the endpoint told them all; takes long at first."""
        counter, told, text = self._accounts.counter, self._usage, "".join(self._text)
        if told is None and self._refused:
            return Usage(), False
        told = told or Usage()
        whole = told.prompt > 0 and (told.completion > 0 or not text)
        teaches = self._learns and told.prompt > 0 and not counter.priming(model).exact
        if whole and not teaches:
            return told, True
        if teaches:
            counter.learn(model, self._request.messages, told.prompt)
        if whole:
            return told, True
        prompt = counter.count_request(self._request.messages, model)
        answer = counter.count(text, model) if text and not told.completion else Count()
        counted = replace(
            told,
            prompt=told.prompt or prompt.tokens,
            completion=told.completion or answer.tokens,
        )
        return counted, False
