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
from studybuddy.engine.heartbeat import alive
from studybuddy.engine.responses import EVENT_HEADERS, end_body, while_client_stays
from studybuddy.engine.runs.broadcast import Listener, Overrun

_DONE = b"event: done\ndata: [DONE]\n\n"


class RunEvents(Response):
    """The events that a listener gets, to the end of the run or until it waits for outputs."""

    media_type = "text/event-stream"

    def __init__(
        self,
        listener: Listener,
        show: Callable[[Any], Any],
        closing: asyncio.Event,
        silence: float,
    ) -> None:
        """Stream events.

        Args:
            listener: of the run.
            show: makes of an event's object what is to be sent.
            closing: set when the engine ends.
            silence: seconds after which a comment is sent.
        """
        super().__init__(headers=EVENT_HEADERS)
        del self.headers["content-length"]
        self._listener = listener
        self._show = show
        self._closing = closing
        self._silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or as much as the client stays for."""
        request = Request(scope, receive)
        try:
            with suppress(ClientGone, OSError):
                try:
                    await while_client_stays(request, self._closing, self._pump(send))
                except ApiError as error:  # the engine's end
                    await end_body(send, _error(error))
        finally:
            self._listener.end()  # nothing more is kept for it

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with (
            aclosing(self._listener.events()) as events,
            alive(send, self._silence) as write,
        ):
            try:
                async for told in events:
                    data = msgspec.json.encode(self._show(told.data))
                    await write(f"event: {told.event}\ndata: ".encode() + data + b"\n\n")
            except Overrun:
                error = ApiError(
                    500, "The events came faster than they were read: poll the run.", SERVER_ERROR
                )
                await write(_error(error))
        await end_body(send, _DONE)


def _error(error: ApiError) -> bytes:
    """An `error` event: the error itself, as documented, and in the envelope that clients read."""
    envelope = error.envelope()
    data = msgspec.json.encode({**envelope["error"], **envelope})
    return b"event: error\ndata: " + data + b"\n\n"
