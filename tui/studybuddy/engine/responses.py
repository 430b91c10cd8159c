"""Answers: JSON, errors, and streams that stop with their client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from studybuddy.engine.errors import ApiError, ClientGone, shutting_down
from studybuddy.engine.heartbeat import COMMENT, alive

log = logging.getLogger(__name__)

T = TypeVar("T")

DONE = b"[DONE]"
"""The last event of a stream of chunks."""

EVENT_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Of a stream of events: nobody on its way is to keep or to collect it."""


def json_response(body: object, status: int = 200) -> Response:
    """Any value that msgspec can encode, as JSON."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def error_response(error: ApiError) -> Response:
    """An error in OpenAI's envelope."""
    return Response(
        msgspec.json.encode(error.envelope()),
        error.status,
        headers=dict(error.headers),
        media_type="application/json",
    )


async def while_client_stays(
    request: Request, closing: asyncio.Event, work: Coroutine[Any, Any, T]
) -> T:
    """The outcome of `work`, which is cancelled when the client leaves or the engine ends.

    The request's body must have been read: what comes after it is only the client's leaving.

    Raises:
        ClientGone: where the client left.
        ApiError: 503 where the engine ends.
    """
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_departure(request.receive))
    ending = asyncio.ensure_future(closing.wait())
    try:
        await asyncio.wait({task, leaving, ending}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGone if leaving.done() else shutting_down()
    finally:
        await _cancel(task, leaving, ending)


class Payloads(Protocol):
    """The events of a stream."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The payloads; an empty one is a sign of life that tells nothing."""
        ...

    async def aclose(self) -> None:
        """End their source."""
        ...


class EventStream(Response):
    """Server-sent events whose source is closed as soon as the client leaves.

    Starlette's own streaming response notices a client's leaving too, but only ends the
    iteration; this one also tells an error of the source as a last event, as OpenAI does, and
    sends comments while there are no events.
    """

    media_type = "text/event-stream"

    def __init__(self, payloads: Payloads, closing: asyncio.Event, silence: float) -> None:
        """Stream event payloads.

        Args:
            payloads: of the events; closed at the end, however it comes.
            closing: set when the engine ends.
            silence: seconds after which a comment is sent.
        """
        super().__init__(headers=EVENT_HEADERS)
        del self.headers["content-length"]
        self._payloads = payloads
        self._closing = closing
        self._silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or as much as the client stays for."""
        request = Request(scope, receive)
        with suppress(ClientGone, OSError):  # a write to a closed connection may say it first
            try:
                await while_client_stays(request, self._closing, self._pump(send))
            except ApiError as error:  # only the engine's end: the source's errors are told below
                await end_body(send, _event(_told(error)))

    async def _pump(self, send: Send) -> None:
        # aclosing ends the source also where the task is cancelled.
        async with aclosing(self._payloads) as payloads:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with alive(send, self._silence) as write:
                try:
                    async for payload in payloads:
                        await write(_event(payload) if payload else COMMENT)
                except ApiError as error:
                    log.warning("a stream broke off: %s", error)
                    await write(_event(_told(error)))
        await end_body(send)


async def end_body(send: Send, part: bytes = b"") -> None:
    """Send the last part of a body."""
    await send({"type": "http.response.body", "body": part, "more_body": False})


def _event(payload: bytes) -> bytes:
    return b"data: " + payload + b"\n\n"


def _told(error: ApiError) -> bytes:
    """An error inside a stream, with the status that it would have had before."""
    envelope = error.envelope()
    return msgspec.json.encode({"error": {**envelope["error"], "status": error.status}})


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
