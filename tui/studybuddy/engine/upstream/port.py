"""What the engine asks of whatever makes its answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol


class Upstream(Protocol):
    """A Chat Completions server, seen from the engine.

    Bodies are the API's own objects, decoded; unknown members are passed on. Cancelling a call,
    or closing a stream, ends the request upstream, so that the model stops.

    Raises:
        ApiError: (any method) for every failure, ready to be told to the client.
    """

    async def start(self) -> None:
        """Begin whatever takes time; called once the engine's event loop runs."""
        ...

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One chat completion, whole."""
        ...

    def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The payloads of a streamed chat completion as they come: JSON chunks, then `[DONE]`.

        Before the first word there may be chunks that tell how far the prompt is read, see
        `progress`.
        """
        ...

    async def models(self) -> Sequence[dict[str, Any]]:
        """The entries of `GET /v1/models`; none where the server has no such list."""
        ...

    async def default_model(self) -> str:
        """The model for requests that name none, or one that there is not; may be empty."""
        ...

    async def tokenize(self, text: str) -> list[int]:
        """Token ids of a text; 404 where the server can't tell them."""
        ...

    async def count(self, body: Mapping[str, Any]) -> int:
        """Prompt tokens of a chat completion's body; 404 where the server can't tell them."""
        ...

    def health(self) -> dict[str, Any]:
        """What `GET /health` tells about the model: `state`, one of off, loading, ready, crashed,
        failed, and with the latter two a `sentence`."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...
