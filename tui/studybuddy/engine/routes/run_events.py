"""A run's events as a stream of server-sent events; the reader's leaving does not end the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from studybuddy.engine.errors import SERVER_ERROR, ApiError, ClientGone
from studybuddy.engine.responses import while_client_stays
from studybuddy.engine.runs.broadcast import Listener, Overrun

_DONE = b"event: done\ndata: [DONE]\n\n"


class RunEvents(Response):
    """The events that a listener gets, to the end of the run or until it waits for outputs."""

    media_type = "text/event-stream"

    def __init__(
        self, listener: Listener, show: Callable[[Any], Any], closing: asyncio.Event
    ) -> None:
        """Stream events.

        Args:
            listener: of the run.
            show: makes of an event's object what is to be sent.
            closing: set when the engine ends.
        """
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._listener = listener
        self._show = show
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or as much as the client stays for."""
        request = Request(scope, receive)
        try:
            with suppress(ClientGone, OSError):
                try:
                    await while_client_stays(request, self._closing, self._pump(send))
                except ApiError as error:  # the engine's end
                    await _send(send, _error(error), more=False)
        finally:
            self._listener.end()  # nothing more is kept for it

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._listener.events()) as events:
            try:
                async for told in events:
                    data = msgspec.json.encode(self._show(told.data))
                    await _send(send, f"event: {told.event}\ndata: ".encode() + data + b"\n\n")
            except Overrun:
                error = ApiError(
                    500, "The events came faster than they were read: poll the run.", SERVER_ERROR
                )
                await _send(send, _error(error))
        await _send(send, _DONE, more=False)


def _error(error: ApiError) -> bytes:
    """An `error` event: the error itself, as documented, and in the envelope that clients read."""
    envelope = error.envelope()
    data = msgspec.json.encode({**envelope["error"], **envelope})
    return b"event: error\ndata: " + data + b"\n\n"


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
