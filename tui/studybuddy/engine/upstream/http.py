"""Any OpenAI-compatible server as the upstream, over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from studybuddy.domain.token_counts import ABSENT, WAYS, Way
from studybuddy.engine.errors import ApiError
from studybuddy.engine.upstream import problems
from studybuddy.engine.upstream.addresses import shown_address
from studybuddy.engine.upstream.listing import ModelList

LIST_WITHIN = 5.0
"""Seconds within which a server is to give its list of models."""
COUNT_WITHIN = 10.0
"""Seconds within which a server is to count the tokens of a request."""

_COUNTED = ("model", "messages", "tools", "tool_choice", "chat_template_kwargs")
_CONNECT = 10.0  # seconds
_SILENCE = 600.0  # seconds; a slow model may think long over a long prompt
_LARGEST_EVENT = 32 * 1024 * 1024  # bytes


class HttpUpstream:
    """`Upstream` for a base URL and a key."""

    def __init__(
        self,
        base_url: str,
        key: str = "",
        default_model: str = "",
        *,
        keep_alive: bool = True,
        list_within: float = LIST_WITHIN,
        silence: float = _SILENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it; nothing is sent yet.

        Args:
            base_url: with the version, such as `http://127.0.0.1:11434/v1`; a name and password
                in it are sent in HTTP's basic way, and told to no one.
            key: sent as the bearer token; none where empty.
            default_model: empty for the first one that the server lists.
            keep_alive: whether connections are kept for later requests.
            list_within: seconds in which the server is to list its models.
            silence: seconds without a byte after which a request is given up.
            clock: seconds, for the age of the list of models.
        """
        self._base_url = base_url.rstrip("/")
        self._where = shown_address(self._base_url)
        self._default_model = default_model
        self._list_within = list_within
        self._models = ModelList(self._list, clock)
        self._takes_both_limits = is_loopback(self._base_url)
        self._ways = list(WAYS)
        """In which the server may yet be able to count tokens."""
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(silence, connect=_CONNECT, pool=None),
            limits=httpx2.Limits(
                max_connections=None, max_keepalive_connections=20 if keep_alive else 0
            ),
            # Loading the certificates takes as long as all else here: not for plain HTTP.
            verify=self._base_url.startswith("https:"),
            trust_env=not is_loopback(self._base_url),  # no proxy leads back to this machine
        )

    async def start(self) -> None:
        """Do nothing: the server runs already."""

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One chat completion, whole."""
        sent = self._limited(body)
        try:
            return await self._json("POST", "/chat/completions", sent)
        except ApiError as error:
            if not self._wants_one_limit(error, sent):
                raise
        return await self._json("POST", "/chat/completions", body)

    async def stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The payloads of a streamed chat completion as they come."""
        sent = self._limited(body)
        try:
            async with aclosing(self._stream(sent)) as payloads:
                async for payload in payloads:
                    yield payload
            return
        except ApiError as error:  # of the response's head: nothing has come yet
            if not self._wants_one_limit(error, sent):
                raise
        async with aclosing(self._stream(body)) as payloads:
            async for payload in payloads:
                yield payload

    async def _stream(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        try:
            async with self._client.stream(
                "POST",
                self._base_url + "/chat/completions",
                content=msgspec.json.encode(body),
                headers={"Content-Type": "application/json", "Accept": "text/event-stream"},
            ) as response:
                if response.status_code != 200:
                    raise problems.of_response(
                        response.status_code, response.headers, await response.aread()
                    )
                async with aclosing(_events(response)) as events:
                    async for event in events:
                        yield event.data.encode()
        except httpx2.SSEError as error:
            raise problems.of_odd_answer(self._where) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise problems.of_transport(error, self._where) from error

    async def models(self) -> Sequence[dict[str, Any]]:
        """The entries of the server's list, at most half a minute old."""
        return await self._models.entries()

    async def default_model(self) -> str:
        """The given one, else the first of the list."""
        if self._default_model:
            return self._default_model
        listed = await self.models()
        return listed[0]["id"] if listed else ""

    async def tokenize(self, text: str) -> list[int]:
        """Token ids as llama.cpp's server tells them; its route lies beside /v1, not under it."""
        url = self._base_url.removesuffix("/v1")
        try:
            found = await self._json("POST", "/tokenize", {"content": text}, url)
        except ApiError as error:
            if error.status in (404, 405, 501):
                raise problems.no_tokenizer() from error
            raise
        tokens = found.get("tokens")
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise problems.no_tokenizer()
        return tokens

    async def count(self, body: Mapping[str, Any]) -> int:
        """Prompt tokens of a chat completion's body, in whichever way the server tells them."""
        refusal: ApiError | None = None
        for way in list(self._ways):
            try:
                async with asyncio.timeout(COUNT_WITHIN):
                    count = await self._counted(way, body)
            except TimeoutError as error:
                raise problems.of_transport(httpx2.ReadTimeout(""), self._where) from error
            except ApiError as error:
                if error.status not in (400, 422):
                    raise
                refusal = refusal or error
                continue
            if count is not None:
                self._ways = [way]
                return count
            if way in self._ways:  # another count may have been quicker
                self._ways.remove(way)
        raise refusal or problems.no_tokenizer()

    def health(self) -> dict[str, Any]:
        """Ready, as far as is known without asking."""
        return {"state": "ready"}

    async def close(self) -> None:
        """Close the connections."""
        await self._models.close()
        await self._client.aclose()

    def _limited(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with its limit of tokens under the older name too, for servers on this machine.

        Ollama, LM Studio and older llama.cpp servers ignore the newer name without a word.
        """
        limit = body.get("max_completion_tokens")
        if limit is None or not self._takes_both_limits or body.get("max_tokens") is not None:
            return body
        return {**body, "max_tokens": limit}

    def _wants_one_limit(self, error: ApiError, sent: Mapping[str, Any]) -> bool:
        """Whether a refusal is about the older name that was added; it is not added again then."""
        if not self._takes_both_limits or error.status not in (400, 422):
            return False
        if "max_completion_tokens" not in sent or "max_tokens" not in error.message:
            return False
        self._takes_both_limits = False
        return True

    async def _counted(self, way: Way, body: Mapping[str, Any]) -> int | None:
        steps = way({name: body[name] for name in _COUNTED if body.get(name) is not None})
        try:
            asked = next(steps)
            while True:
                url = self._base_url.removesuffix("/v1") if asked.beside else self._base_url
                try:
                    found = await self._json("POST", asked.path, asked.body, url)
                except ApiError as error:
                    if error.status not in ABSENT and error.code != problems.ODD_ANSWER:
                        raise
                    found = None
                asked = steps.send(found)
        except StopIteration as end:
            count: int | None = end.value
            return count

    async def _list(self) -> list[dict[str, Any]]:
        try:
            async with asyncio.timeout(self._list_within):
                found = await self._json("GET", "/models", None)
        except TimeoutError as error:
            raise problems.of_transport(httpx2.ReadTimeout(""), self._where) from error
        except ApiError as error:
            if error.status in (404, 405, 501):
                return []
            raise
        entries = found.get("data")
        if not isinstance(entries, list):
            return []
        return [
            entry
            for entry in entries
            if isinstance(entry, dict) and isinstance(entry.get("id"), str)
        ]

    async def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None, base_url: str = ""
    ) -> dict[str, Any]:
        """Ask for a JSON object."""
        try:
            response = await self._client.request(
                method,
                (base_url or self._base_url) + path,
                content=None if body is None else msgspec.json.encode(body),
                headers={} if body is None else {"Content-Type": "application/json"},
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise problems.of_transport(error, self._where) from error
        if response.status_code != 200:
            raise problems.of_response(response.status_code, response.headers, response.content)
        try:
            found = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise problems.of_odd_answer(self._where) from error
        if not isinstance(found, dict):
            raise problems.of_odd_answer(self._where)
        return found


async def _events(response: httpx2.Response) -> AsyncGenerator[httpx2.ServerSentEvent, None]:
    async for event in httpx2.EventSource(response, _LARGEST_EVENT):
        yield event


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
