"""Requests to a server of the Assistants API: sent, decoded, and their failures told."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any, TypeVar

import httpx2
import msgspec
import openai

from studybuddy.domain.assistant_ports import RunChanged, RunEvent
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.providers.assistants import problems, values, wire
from studybuddy.providers.assistants.source import Client, Source
from studybuddy.providers.assistants.stream import RunReader
from studybuddy.providers.assistants.wire_kept import ListOf
from studybuddy.providers.draining import drain
from studybuddy.providers.events import EventSplitter, EventTooLong
from studybuddy.providers.problems import causes, is_broken_connection
from studybuddy.providers.told import told

T = TypeVar("T")

MOST = 100
"""Objects in one page of a list."""

Ask = Callable[[Client], Awaitable[Any]]
"""Sends a request by `with_raw_response` of the SDK."""
AskPage = Callable[[Client, dict[str, Any]], Awaitable[Any]]
"""The same for a page of a list, whose cursor and length it is given."""
Open = Callable[[Client], AbstractAsyncContextManager[Any]]
"""Sends a request by `with_streaming_response` of the SDK."""

_log = logging.getLogger(__name__)


class Calls:
    """Sends requests where the source leads.

    A request that did not get there is sent once more; so is one whose connection broke, where
    the engine that it went to has ended since.

    Raises:
        StudyBuddyError: (any method) for every failure.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    async def client(self) -> Client:
        """How the server is reached right now."""
        return await self._source.client()

    async def raw(self, ask: Ask) -> tuple[httpx2.Response, Client]:
        """The response, and who gave it."""
        client = await self._source.client()
        try:
            response = await ask(client)
        except problems.Failure as error:
            client = await self._again(error, client)
            try:
                response = await ask(client)
            except problems.Failure as again:
                raise _failed(again, client) from None
        received: httpx2.Response = response.http_response
        return received, client

    async def one(self, decoder: msgspec.json.Decoder[T], ask: Ask) -> T:
        """The object of a response."""
        response, client = await self.raw(ask)
        return decode(decoder, response, client)

    async def every(self, decoder: msgspec.json.Decoder[ListOf[T]], ask: AskPage) -> list[T]:
        """All of a list, page by page."""
        found: list[T] = []
        window: dict[str, Any] = {"limit": MOST}
        while True:
            asked = dict(window)
            page = await self.one(decoder, lambda client, asked=asked: ask(client, asked))  # type: ignore[misc]
            found += page.data
            if not page.has_more or not page.data or page.last_id in (None, window.get("after")):
                return found
            window["after"] = page.last_id

    async def events(self, open_stream: Open) -> AsyncGenerator[RunEvent, None]:
        """The events of a run's stream, to where the run is over or requires action."""
        reader = RunReader()
        client = await self._source.client()
        try:
            async with AsyncExitStack() as stack:
                try:
                    response = await stack.enter_async_context(open_stream(client))
                except problems.Failure as error:
                    client = await self._again(error, client)
                    response = await stack.enter_async_context(open_stream(client))
                events = _read(response.http_response, reader, client)
                async for event in await stack.enter_async_context(aclosing(events)):
                    yield event
        except problems.Failure as error:
            problem = (
                problems.cut_off() if reader.has_run else problems.problem_of_call(error, client)
            )
            _log.info("run stream failed: %s (%s)", problem.kind, type(error).__name__)
            raise StudyBuddyError(problem) from None
        if not reader.ended:
            raise StudyBuddyError(_unfinished(reader, client))

    async def _again(self, error: BaseException, client: Client) -> Client:
        """Where to send a request once more that failed.

        Raises:
            StudyBuddyError: with that failure, where it is not to be sent again.
        """
        unknown = _is_unknown(error)
        if unknown or _is_elsewhere(error, client):
            self._source.doubt()
        if not (unknown or _never_arrived(error) or (client.is_engine and _broke(error))):
            raise _failed(error, client) from None
        found = await self._source.client()
        if _broke(error) and _place(found) == _place(client):
            raise _failed(error, client) from None
        return found


def decode(decoder: msgspec.json.Decoder[T], response: httpx2.Response, client: Client) -> T:
    """The object of a body.

    Raises:
        StudyBuddyError: (MALFORMED) where it is none.
    """
    try:
        return decoder.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _log.info("a body is not as documented: %s", type(error).__name__)
        raise StudyBuddyError(problems.malformed(client)) from None


_run = msgspec.json.Decoder(wire.Run)


async def _read(
    response: httpx2.Response, reader: RunReader, client: Client
) -> AsyncGenerator[RunEvent, None]:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":  # a server that does not stream
        await response.aread()
        run = decode(_run, response, client)
        reader.ended = True
        yield RunChanged(values.run(run))
        return
    splitter = EventSplitter()
    try:
        async with aclosing(response.aiter_bytes()) as reads:
            async for data in reads:
                for event in reader.read(splitter.feed(data)):
                    yield event
                if reader.ended:
                    await drain(reads)
                if reader.ended or reader.error is not None:
                    return
        for event in reader.read(splitter.finish()):
            yield event
    except EventTooLong:
        reader.error = {}


def _unfinished(reader: RunReader, client: Client) -> Problem:
    """What is wrong with a stream that ended before its run."""
    if reader.has_run:
        return problems.cut_off()
    if reader.error:
        return problems.problem_of_told(told(reader.error), client)
    return problems.malformed(client)


def _failed(error: BaseException, client: Client) -> StudyBuddyError:
    problem = problems.problem_of_call(error, client)
    _log.info("request failed: %s (%s)", problem.kind, type(error).__name__)
    # Raised without the cause: it holds the request, and the request the key.
    return StudyBuddyError(problem)


def _place(client: Client) -> tuple[str, str]:
    return client.endpoint.base_url, client.endpoint.key


def _is_unknown(error: BaseException) -> bool:
    """Whether the engine does not know who is to answer: it was started anew."""
    if not isinstance(error, openai.APIStatusError):
        return False
    return told(error.body).code == problems.UNKNOWN_UPSTREAM


def _is_elsewhere(error: BaseException, client: Client) -> bool:
    """Whether the server may be another one by now."""
    if isinstance(error, openai.APIStatusError):
        return not client.is_engine and error.status_code in (404, 405)
    return not isinstance(error, openai.APITimeoutError)


def _never_arrived(error: BaseException) -> bool:
    """Whether the server can't have worked on the request."""
    return any(isinstance(cause, httpx2.ConnectError) for cause in causes(error))


def _broke(error: BaseException) -> bool:
    return is_broken_connection(error) and not _never_arrived(error)
