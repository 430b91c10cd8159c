"""An endpoint's own tokenizer, asked what a request counts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import msgspec
import openai
from openai import AsyncOpenAI

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.token_counts import ABSENT, WAYS, Asked, Way, by_responses
from studybuddy.providers.clients import headers_for

SECONDS = 4.0
"""Longest time for one count."""
PAUSE = 15.0
"""Seconds for which a server that did not answer is not asked again."""
_REMEMBERED = 16  # counts

Messages = tuple[tuple[Role, str], ...]

_log = logging.getLogger(__name__)


class _Unanswered(Exception):
    """The server did not tell this time."""


class EndpointTokenizer:
    """Counts requests where the endpoint can; what it has not is asked for once only."""

    def __init__(
        self,
        endpoint: Endpoint,
        client: AsyncOpenAI,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
    ) -> None:
        """Take the endpoint and the client for it.

        Args:
            endpoint: who is asked.
            client: connected to it; it is not closed here.
            clock: seconds.
            seconds: how long a count may take.
        """
        self._endpoint = endpoint
        self._client = client
        self._clock = clock
        self._seconds = seconds
        is_openai = endpoint.kind is EndpointKind.OPENAI
        self._ways: list[Way] = [by_responses] if is_openai else list(WAYS)
        self._not_before = float("-inf")
        self._counts: OrderedDict[tuple[str, Messages], int] = OrderedDict()

    @property
    def is_there(self) -> bool:
        """Whether there is one, as far as is known."""
        return bool(self._ways)

    async def count(self, model: str, messages: Messages) -> int | None:
        """Prompt tokens of a request; `None` where the endpoint does not tell, or not in time."""
        key = (model, messages)
        if (known := self._counts.get(key)) is not None:
            self._counts.move_to_end(key)
            return known
        if not messages or not self._ways or self._clock() < self._not_before:
            return None
        request = {
            "model": model,
            "messages": [
                {"role": str(role), "content": encodable(text)} for role, text in messages
            ],
        }
        try:
            async with asyncio.timeout(self._seconds):
                count = await self._asked(request)
        except (TimeoutError, _Unanswered) as error:
            _log.info("%s does not count now (%s)", self._endpoint.name, type(error).__name__)
            self._not_before = self._clock() + PAUSE
            return None
        if count is not None:
            self._counts[key] = count
            if len(self._counts) > _REMEMBERED:
                self._counts.popitem(last=False)
        return count

    async def _asked(self, request: Mapping[str, Any]) -> int | None:
        for way in list(self._ways):
            try:
                count = await self._by(way, request)
            except _Refused:
                continue  # such as messages that the model's template does not take
            if count is not None:
                self._ways = [way]
                return count
            if way in self._ways:  # another count may have been quicker
                self._ways.remove(way)
        return None

    async def _by(self, way: Way, request: Mapping[str, Any]) -> int | None:
        steps = way(request)
        try:
            asked = next(steps)
            while True:
                asked = steps.send(await self._post(asked))
        except StopIteration as end:
            count: int | None = end.value
            return count

    async def _post(self, asked: Asked) -> Mapping[str, Any] | None:
        """The JSON object that comes back; `None` where there is no such route.

        Raises:
            _Refused: where the request is wrong for the server.
            _Unanswered: where the server fails.
        """
        base = str(self._client.base_url).rstrip("/")
        root = base.removesuffix("/v1") if asked.beside else base
        try:
            response = await self._client.post(
                root + asked.path,
                cast_to=httpx2.Response,
                body=asked.body,
                options={"headers": headers_for(self._endpoint), "max_retries": 0},
            )
            found = msgspec.json.decode(response.content)
        except openai.APIStatusError as error:
            if error.status_code in ABSENT:
                return None
            if error.status_code in (400, 413, 422):
                raise _Refused from None
            raise _Unanswered from None
        except (msgspec.DecodeError, RecursionError):
            return None
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
            raise _Unanswered from None
        return found if isinstance(found, dict) else None


class _Refused(Exception):
    """The server does not count this request, but may count others."""


def encodable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot carry, replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
