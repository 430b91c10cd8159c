"""A provider and a connector with no wire behind them, for tests of what is built on the ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.events import TextDelta
from studybuddy.domain.ports import CompletionEvent, CompletionFinished, CompletionRequest
from studybuddy.domain.problems import Problem, StudyBuddyError

ENDPOINT = Endpoint("scripted", "http://scripted.invalid/v1", EndpointKind.REMOTE, "scripted-model")
MODELS = (Model(ENDPOINT.model),)

Step = CompletionEvent | Problem | asyncio.Event
"""An event to yield, a problem to raise, or a gate to wait at."""


def says(text: str, finish_reason: str = "stop") -> list[Step]:
    """The script of a complete answer, one event for each word."""
    words = text.split(" ")
    return [
        *(TextDelta(word + " ") for word in words[:-1]),
        TextDelta(words[-1]),
        CompletionFinished(finish_reason, ENDPOINT.model),
    ]


class ScriptedProvider:
    """Plays one script for each request; the last one is played for all later ones."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        endpoint: Endpoint = ENDPOINT,
        models: Sequence[Model] | Problem = MODELS,
        counts: int | None = None,
    ) -> None:
        """Prepare it; `counts` is what its tokenizer says of any request, if it has one."""
        self._scripts = scripts
        self.counts = counts
        self._endpoint = endpoint
        self._models = models
        self.requests: list[CompletionRequest] = []
        """What was asked, oldest first."""
        self.abandoned = 0
        """How many streams were closed or cancelled before their end."""
        self.closed = False

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint it is connected to."""
        return self._endpoint

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        """Play the script of this request."""
        self.requests.append(request)
        script = self._scripts[min(len(self.requests), len(self._scripts)) - 1]
        ended = False
        try:
            for step in script:
                match step:
                    case Problem():
                        ended = True
                        raise StudyBuddyError(step)
                    case asyncio.Event():
                        await step.wait()
                    case _:
                        ended = isinstance(step, CompletionFinished)
                        yield step
        finally:
            self.abandoned += not ended

    async def count(self, request: CompletionRequest) -> int | None:
        """The count given."""
        return self.counts

    async def models(self) -> Sequence[Model]:
        """The models given."""
        if isinstance(self._models, Problem):
            raise StudyBuddyError(self._models)
        return self._models

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class ScriptedConnector:
    """Connects every endpoint to one provider."""

    def __init__(self, provider: ScriptedProvider, *, problem: Problem | None = None) -> None:
        """Take the provider, and a problem where connecting is to fail."""
        self.provider = provider
        self.problem = problem
        self.connected: list[Endpoint] = []
        """The endpoints asked for, oldest first."""

    async def connect(self, endpoint: Endpoint) -> ScriptedProvider:
        """The provider, which from then on names this endpoint as its own."""
        self.connected.append(endpoint)
        if self.problem is not None:
            raise StudyBuddyError(self.problem)
        model = endpoint.model or self.provider.endpoint.model
        self.provider._endpoint = replace(endpoint, model=model)
        return self.provider
