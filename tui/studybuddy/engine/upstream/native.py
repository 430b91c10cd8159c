"""The built-in model as the upstream: its process, its default settings, its own manners."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from studybuddy.engine.errors import ApiError, not_ready
from studybuddy.engine.model.native_model import NativeModel
from studybuddy.engine.model.process import ModelAddress, ModelPhase, ModelProcess
from studybuddy.engine.responses import DONE
from studybuddy.engine.upstream import problems
from studybuddy.engine.upstream.assemble import Assembly
from studybuddy.engine.upstream.http import HttpUpstream

_LIMITS = ("max_completion_tokens", "max_tokens", "n_predict")
_SILENCE = 3600.0  # seconds


class NativeUpstream:
    """`Upstream` for the model in the child process."""

    def __init__(
        self,
        model: NativeModel,
        process: ModelProcess,
        connect: Callable[[ModelAddress], HttpUpstream] | None = None,
    ) -> None:
        """Prepare it; the process is started by `start`, or by the first request."""
        self._model = model
        self._process = process
        self._connect = connect or _connection
        self._connected: tuple[ModelAddress, HttpUpstream] | None = None
        self._context: int | None = model.context_window

    async def start(self) -> None:
        """Begin to load the model."""
        self._process.start()

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One chat completion, whole.

        It is streamed all the same: llama.cpp works an answer that is asked whole to its end,
        also when no one waits for it any more.
        """
        whole = Assembly()
        options = {**(body.get("stream_options") or {}), "include_usage": True}
        async with aclosing(self.stream({**body, "stream_options": options})) as payloads:
            async for payload in payloads:
                if payload != DONE:
                    chunk = msgspec.json.decode(payload)
                    if "error" in chunk:
                        raise problems.of_body(500, payload)
                    whole.add(chunk)
        return whole.completion()

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The payloads of a streamed chat completion as they come, reports of progress too."""
        address, server = await self._server()
        try:
            async with aclosing(server.stream(self._prepared(body))) as payloads:
                async for payload in payloads:
                    yield payload
        except ApiError as error:
            raise await self._told(error, address) from error

    async def models(self) -> Sequence[dict[str, Any]]:
        """The one model, with its window and the longest answer that it gives unless asked."""
        entry: dict[str, Any] = {
            "id": self._model.id,
            "object": "model",
            "created": self._model.created,
            "owned_by": self._model.owned_by,
        }
        if context := await self._context_window():
            entry["context_window"] = context
        if self._model.max_tokens:
            entry["max_output_tokens"] = self._model.max_tokens
        return [entry]

    async def default_model(self) -> str:
        """The one model's id."""
        return self._model.id

    async def tokenize(self, text: str) -> list[int]:
        """Token ids of a text."""
        address, server = await self._server()
        try:
            return await server.tokenize(text)
        except ApiError as error:
            raise await self._told(error, address) from error

    async def count(self, body: Mapping[str, Any]) -> int:
        """Prompt tokens of a chat completion's body."""
        address, server = await self._server()
        try:
            return await server.count(body)
        except ApiError as error:
            raise await self._told(error, address) from error

    def health(self) -> dict[str, Any]:
        """The state of the model's process."""
        state = self._process.state
        told = {"state": state.phase.value, "id": self._model.id}
        return told | {"sentence": state.sentence} if state.sentence else told

    async def close(self) -> None:
        """End the process."""
        if self._connected is not None:
            await self._connected[1].close()
            self._connected = None
        await self._process.close()

    async def _server(self) -> tuple[ModelAddress, HttpUpstream]:
        """Where the process that runs now answers, and the connection to it."""
        address = await self._process.address()
        if self._connected is None or self._connected[0] != address:
            old, self._connected = self._connected, (address, self._connect(address))
            if old is not None:
                await old[1].close()
        return self._connected

    def _prepared(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with the model's defaults where the request leaves a setting open."""
        given = {name: value for name, value in body.items() if value is not None}
        prepared = {**self._model.sampling, **given, "stream": True}
        # Without reports of its progress llama.cpp writes nothing while it reads a prompt, and so
        # would not notice for half a minute that the client has left.
        prepared["return_progress"] = True
        limit = next((given[name] for name in _LIMITS if name in given), self._model.max_tokens)
        if limit is not None:
            prepared["max_tokens"] = limit
        return prepared

    async def _told(self, error: ApiError, address: ModelAddress) -> ApiError:
        """An error of llama.cpp's server, as the engine's own."""
        if error.code in (problems.UNREACHABLE, problems.BROKE_OFF):
            await self._process.lost(address)
            return not_ready(
                "The built-in model stopped unexpectedly and is being started again. "
                "Please ask again.",
                "model_crashed",
            )
        if "input is not supported" in error.message:  # it gives 500 for images and sound
            error.status, error.param = 400, "messages"
            error.message = "The built-in model reads only text."
        return error

    async def _context_window(self) -> int | None:
        """Tokens of one conversation; asked of the process once it is ready."""
        if self._context is None and self._process.state.phase is ModelPhase.READY:
            _, server = await self._server()
            for entry in await server.models():
                window = (entry.get("meta") or {}).get("n_ctx")
                self._context = window if isinstance(window, int) else None
        return self._context


def _connection(address: ModelAddress) -> HttpUpstream:
    # llama.cpp's server closes idle connections when it likes; a request that then meets a closed
    # one would look like a crash.
    # It says nothing to a request that waits for others to end, and ends with its engine.
    return HttpUpstream(
        f"http://127.0.0.1:{address.port}/v1", address.key, keep_alive=False, silence=_SILENCE
    )
