"""Chat Completions over the `openai` SDK."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial

import httpx2
import openai
from openai import AsyncOpenAI

from studybuddy.domain.default_model import default_of, looks_like_chat
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.events import ReasoningDelta, StatusChanged, TextDelta, UsageReported
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionEvent, CompletionFinished, CompletionRequest
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.providers import outcomes
from studybuddy.providers.answer import AnswerReader
from studybuddy.providers.clients import headers_for
from studybuddy.providers.draining import drain
from studybuddy.providers.events import EventSplitter, EventTooLong, RawEvent
from studybuddy.providers.models import listed_models
from studybuddy.providers.options import UNKNOWN_TO_SDK, RequestOptions
from studybuddy.providers.problems import is_broken_connection, problem_of
from studybuddy.providers.statuses import problem_of_status
from studybuddy.providers.tokenizer import SECONDS, EndpointTokenizer, encodable
from studybuddy.providers.told import told
from studybuddy.providers.windows import fetched, tells_windows, with_windows

_log = logging.getLogger(__name__)


class OpenAICompletionProvider:
    """One endpoint, asked through an SDK client that does not retry."""

    def __init__(self, endpoint: Endpoint, client: AsyncOpenAI) -> None:
        self._endpoint = endpoint
        self._client = client
        self._default_model = endpoint.model
        self._options = RequestOptions(endpoint)
        self._tokenizer = EndpointTokenizer(endpoint, client)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint it is connected to."""
        return self._endpoint

    async def models(self) -> Sequence[Model]:
        """List the endpoint's models in the order of the server; for OpenAI only those that chat.

        Of servers that the student may run, with the context windows that they tell elsewhere.

        Raises:
            StudyBuddyError: when the list cannot be had.
        """
        models = await self._listed()
        chosen = self._default_model or default_of([model.id for model in models])
        if not tells_windows(self._endpoint, chosen, models):
            return models
        return await with_windows(models, chosen, partial(fetched, self._endpoint, self._client))

    async def _listed(self) -> list[Model]:
        try:
            # The raw response, since servers differ in what they put into the list.
            response = await self._client.models.with_raw_response.list(
                extra_headers=headers_for(self._endpoint)
            )
            body = response.http_response.content
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise StudyBuddyError(problem_of(error, self._endpoint)) from None
        models = listed_models(body)
        if models is None:
            page = told(body).is_page
            raise StudyBuddyError(
                outcomes.web_page(self._endpoint) if page else outcomes.malformed(self._endpoint)
            )
        if self._endpoint.kind is EndpointKind.OPENAI:
            models = [model for model in models if looks_like_chat(model.id)]
        return models

    async def count(self, request: CompletionRequest) -> int | None:
        """Prompt tokens of a request by the endpoint's own tokenizer.

        `None` where it has none, or does not tell within a few seconds; never an error. OpenAI is
        asked over its network, so ask this where no exact count can be had here.
        """
        if not self._tokenizer.is_there:
            return None
        try:
            async with asyncio.timeout(SECONDS):
                model = request.model or await self.default_model()
        except (TimeoutError, StudyBuddyError):
            return None
        return await self._tokenizer.count(model, request.messages)

    async def default_model(self) -> str:
        """The model the endpoint is configured with, else the first listed that chats.

        Raises:
            StudyBuddyError: when the list cannot be had, or has none.
        """
        if not self._default_model:
            names = [model.id for model in await self._listed()]
            if not names:
                raise StudyBuddyError(outcomes.no_models(self._endpoint))
            self._default_model = default_of(names)
        return self._default_model

    async def close(self) -> None:
        """Close the connection's sockets."""
        await self._client.close()

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """Ask, and yield the answer as it comes; text that came in one piece is one event.

        Closing the iterator closes the connection.

        Raises:
            StudyBuddyError: for every failure, with the problem to show.
        """
        model = request.model or await self.default_model()
        reader = AnswerReader()
        try:
            async with AsyncExitStack() as stack:
                response = await self._open(stack, request, model)
                reads = await stack.enter_async_context(aclosing(response.aiter_bytes()))
                events = await stack.enter_async_context(
                    aclosing(self._events(response, reads, reader))
                )
                async for event in events:
                    yield event
                # Before the last event: who has that may close the iterator at once.
                await drain(reads)
                if reader.usage is not None:
                    yield UsageReported(reader.usage)
                if (problem := self._outcome(reader, model)) is not None:
                    raise StudyBuddyError(problem)
                yield CompletionFinished(reader.finish_reason or "stop", reader.model or model)
        except (
            openai.OpenAIError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            httpx2.StreamError,
            UnicodeError,
        ) as error:
            problem = problem_of(error, self._endpoint, model)
            if reader.has_events and is_broken_connection(error):
                problem = outcomes.cut_off(self._endpoint)
            _log.info("request failed: %s (%s)", problem.kind, type(error).__name__)
            # Without the cause: it holds the request, and the request the key.
            raise StudyBuddyError(problem) from None

    async def _events(
        self, response: httpx2.Response, reads: AsyncIterator[bytes], reader: AnswerReader
    ) -> AsyncGenerator[TextDelta | ReasoningDelta | StatusChanged, None]:
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "text/html":
            raise StudyBuddyError(outcomes.web_page(self._endpoint))
        if media_type == "application/json":  # a server that does not stream
            text = reader.read([RawEvent(await response.aread())])
            reader.done = True
            if thoughts := reader.take_thoughts():
                yield ReasoningDelta(thoughts)
            if text:
                yield TextDelta(text)
            return
        splitter = EventSplitter()
        last: StatusChanged | None = None
        try:
            async for data in reads:
                text = reader.read(splitter.feed(data))
                if not text and (status := _status_of(reader)) is not None and status != last:
                    last = status
                    yield status
                if thoughts := reader.take_thoughts():
                    yield ReasoningDelta(thoughts)
                if text:
                    yield TextDelta(text)
                if reader.over:
                    return
        except EventTooLong:
            reader.malformed = True
            return
        text = reader.read(splitter.finish())
        if thoughts := reader.take_thoughts():
            yield ReasoningDelta(thoughts)
        if text:
            yield TextDelta(text)

    def _outcome(self, reader: AnswerReader, model: str) -> Problem | None:
        """What is wrong with an answer that has ended, if anything."""
        if reader.error is not None:
            return problem_of_status(told(reader.error), self._endpoint, model)
        if reader.malformed:
            return outcomes.malformed(self._endpoint)
        if reader.finish_reason == "content_filter":
            return outcomes.content_filter(self._endpoint)
        if reader.finish_reason == "error":
            return problem_of_status(told("", 500), self._endpoint, model)
        if reader.has_events and not reader.finish_reason and not reader.done:
            return outcomes.cut_off(self._endpoint)
        if not reader.has_text:
            return outcomes.empty(
                self._endpoint,
                reader.finish_reason,
                thought=reader.has_reasoning,
                anything=reader.has_events,
            )
        return None

    async def _open(
        self, stack: AsyncExitStack, request: CompletionRequest, model: str
    ) -> httpx2.Response:
        """Send the request; a field that the server does not take is left out and not tried again.

        At most as many requests as there are such fields, plus one.
        """
        messages = [
            {"role": str(role), "content": encodable(text)} for role, text in request.messages
        ]
        while True:
            body = self._options.of(request, model)
            sending = self._client.chat.completions.with_streaming_response.create(
                **{name: value for name, value in body.items() if name not in UNKNOWN_TO_SDK},
                # Given as messages they would be walked through by the SDK, which blocks the
                # event loop for 0.1 ms a message; the extra body goes out as it is.
                messages=[],
                extra_body={
                    "messages": messages,
                    **{name: body[name] for name in UNKNOWN_TO_SDK if name in body},
                },
                stream=True,
                extra_headers=headers_for(self._endpoint),
            )
            try:
                response = await stack.enter_async_context(sending)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                said = told(error.body, error.status_code)
                if not self._options.leave_out(said, body, model):
                    raise
            else:
                received: httpx2.Response = response.http_response
                return received


def _status_of(reader: AnswerReader) -> StatusChanged | None:
    """What the model does before its first word, where it tells."""
    if reader.has_text:
        return None
    if reader.has_reasoning:
        return StatusChanged(Phase.THINKING)
    return StatusChanged(Phase.THINKING, str(reader.progress)) if reader.progress else None
