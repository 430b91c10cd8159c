"""Short ways to ask a provider, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.events import TextDelta
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionEvent, CompletionProvider, CompletionRequest
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.providers.clients import make_client
from studybuddy.providers.completions import OpenAICompletionProvider
from studybuddy.providers.endpoints import at
from tests.support.scripted_server import Received, ScriptedServer
from tests.support.wire import Answer, Reply

QUESTION = CompletionRequest(((Role.SYSTEM, "Be brief."), (Role.USER, "Why?")))


@asynccontextmanager
async def serving(
    *script: Answer,
    kind: EndpointKind = EndpointKind.LOCAL,
    model: str = "scripted-model",
    key: str = "",
    models: Reply | None = None,
    silence: float | None = None,
    posts: Mapping[str, Answer | Callable[[Received], Answer]] | None = None,
) -> AsyncIterator[tuple[ScriptedServer, OpenAICompletionProvider]]:
    """A scripted server and a provider that is connected to it.

    Args:
        script: what the server answers.
        kind: what the provider takes the server for.
        model: of the endpoint.
        key: of the endpoint.
        models: the server's list of models.
        silence: seconds without a byte until a request is given up.
        posts: what the server answers to other requests than for completions.
    """
    async with ScriptedServer(*script, models=models, posts=posts) as server:
        provider = provider_at(replace(at(server.base_url, model), kind=kind, key=key), silence)
        try:
            yield server, provider
        finally:
            await provider.close()


def provider_at(
    endpoint: Endpoint, silence: float | None = None, connecting: float = 10.0
) -> OpenAICompletionProvider:
    """A provider for an endpoint.

    Args:
        endpoint: what to connect to.
        silence: as in `serving`.
        connecting: seconds that making a connection may take.
    """
    patience = httpx2.Timeout(silence or 30.0, connect=connecting)
    return OpenAICompletionProvider(endpoint, make_client(endpoint, patience))


async def events_of(
    provider: CompletionProvider, request: CompletionRequest = QUESTION
) -> list[CompletionEvent]:
    """All events of one answer."""
    return [event async for event in provider.stream(request)]


async def failure_of(
    provider: CompletionProvider, request: CompletionRequest = QUESTION
) -> tuple[Problem, list[CompletionEvent]]:
    """The problem that an answer ends in, and the events before it."""
    events: list[CompletionEvent] = []
    try:
        async for event in provider.stream(request):
            events += [event]  # one by one: those before a failure are kept
    except StudyBuddyError as error:
        return error.problem, events
    raise AssertionError(f"no failure came, but {events}")


def text_of(events: list[CompletionEvent]) -> str:
    """The text of all events together."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))
