"""The record of one request, from when it leaves to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.reports import Report
from studybuddy.domain.accounts import Origin, Outcome, Purpose
from studybuddy.domain.events import ReasoningDelta, TextDelta, UsageReported
from studybuddy.domain.messages import new_id
from studybuddy.domain.ports import CompletionFinished
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.reported_usage import believable
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.ports import CompletionEvent, CompletionRequest

_log = logging.getLogger(__name__)

NOTED_EVERY = 2.0
"""Seconds between notes of how far an answer is: what a process that is killed forgets of it."""

REFUSALS = frozenset(
    {
        ProblemKind.NO_CONNECTION,
        ProblemKind.DNS,
        ProblemKind.TLS,
        ProblemKind.UNAUTHORIZED,
        ProblemKind.FORBIDDEN,
        ProblemKind.NO_MODEL,
        ProblemKind.NOT_FOUND,
        ProblemKind.RATE_LIMITED,
        ProblemKind.QUOTA,
        ProblemKind.BAD_REQUEST,
        ProblemKind.CONTEXT_OVERFLOW,
        ProblemKind.SERVER_ERROR,
        ProblemKind.ENGINE,
        ProblemKind.NO_WEIGHTS,
        ProblemKind.SETTINGS,
    }
)
"""Where no word came, nobody bills these: the request did not arrive or was not taken."""


class RequestRecord:
    """What is seen of one request, from its beginning to its end."""

    def __init__(
        self,
        request: CompletionRequest,
        endpoint: Endpoint,
        accounts: Accounts,
        clock: Callable[[], float],
        *,
        learns: bool,
    ) -> None:
        self._id = new_id()
        self._learns = learns
        self._request = request
        self._endpoint = endpoint
        self._accounts = accounts
        self._clock = clock
        self._at = accounts.now()
        self._began = clock()
        self._first_token: float | None = None
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._noting: asyncio.Task[None] | None = None
        self._usage: Usage | None = None
        self._model = ""
        self._outcome = Outcome.STOPPED
        self._refused = False

    @property
    def is_complete(self) -> bool:
        return self._outcome is Outcome.COMPLETE

    def begins(self, every: float) -> None:
        """The request leaves now; how far it is, is written every so many seconds."""
        # The price list is slow to load: in the time in which the endpoint thinks.
        price = self._accounts.see_to(self._look_up())
        self._noting = asyncio.create_task(self._note(price, every))

    def take(self, event: CompletionEvent) -> None:
        match event:
            case TextDelta(text):
                if self._first_token is None:
                    self._first_token = self._clock() - self._began
                self._text.append(text)
            case ReasoningDelta(text):
                self._thoughts.append(text)
            case UsageReported(usage):
                self._usage = usage
                self._keep_report(usage.bounded())
            case CompletionFinished(_, model):
                self._outcome = Outcome.COMPLETE
                self._model = model
                self._accounts.learn_name(self._endpoint, model)

    def believed(self, usage: Usage) -> Usage | None:
        """What can be true of what was reported; the rest is counted here."""
        answer = "".join([*self._thoughts, *self._text])
        return believable(usage, (text for _, text in self._request.messages), answer)

    def _keep_report(self, usage: Usage) -> None:
        origin, asked = self._request.origin or Origin(), self._request
        if origin.conversation_id and origin.purpose is Purpose.ANSWER:
            report = Report(self._endpoint.name, asked.model, tuple(asked.messages), usage)
            self._accounts.reports.keep(origin.conversation_id, report)

    def failed(self, error: BaseException) -> None:
        if self._outcome is Outcome.COMPLETE:  # and only its closing failed
            return
        self._outcome = Outcome.FAILED
        refused = isinstance(error, StudyBuddyError) and error.problem.kind in REFUSALS
        self._refused = refused and not self._text and not self._thoughts

    def ended(self) -> None:
        if self._outcome is not Outcome.COMPLETE:  # without a last event: it broke off
            self._outcome = Outcome.FAILED

    async def leave(self, ended: float) -> None:
        """Leave the record of a request that was over at `ended`, on the clock."""
        model = self._asked_model()
        await self._noted()
        usage, reported = await asyncio.to_thread(self._used, model)
        await self._accounts.record_usage(
            self._request.origin or Origin(),
            self._endpoint,
            model,
            usage if reported else None,
            id=self._id,
            at=self._at,
            first_token=self._first_token,
            duration=ended - self._began,
            outcome=self._outcome,
            counted=usage,
        )

    def _asked_model(self) -> str:
        # As it was asked for: servers answer with names of snapshots.
        return self._accounts.names.of(self._endpoint, self._request.model) or self._model

    # While it is under way

    async def _note(self, price: asyncio.Task[None], every: float) -> None:
        """Write what it used by now, as often as there is more of it."""
        await asyncio.wait({price})
        counter, request = self._accounts.counter, self._request
        model = self._asked_model()
        prompt = await asyncio.to_thread(counter.count_request, request.messages, model)
        seen: tuple[int, int] | None = None
        used = Usage(prompt.tokens)
        while True:
            came = len(self._text), len(self._thoughts)
            if came != seen:
                # The new alone: what is lost where it is cut is made good at the end.
                text = "".join(self._text[seen[0] if seen else 0 : came[0]])
                thoughts = "".join(self._thoughts[seen[1] if seen else 0 : came[1]])
                used += await asyncio.to_thread(self._answer, text, thoughts, model)
                seen = came
                await self._accounts.record_usage(
                    request.origin or Origin(),
                    self._endpoint,
                    model,
                    None,
                    id=self._id,
                    at=self._at,
                    first_token=self._first_token,
                    duration=None,
                    outcome=Outcome.INTERRUPTED,
                    counted=used,
                    underway=True,
                )
            await asyncio.sleep(every)

    async def _noted(self) -> None:
        """End the notes, so that none is written over the record."""
        if self._noting is None:
            return
        self._noting.cancel()
        [fault] = await asyncio.gather(self._noting, return_exceptions=True)
        if isinstance(fault, Exception):
            _log.error("a request under way could not be noted", exc_info=fault)

    async def _look_up(self) -> None:
        await self._accounts.facts(self._endpoint, self._request.model)

    # Counting, off the event loop

    def _answer(self, text: str, thoughts: str, model: str) -> Usage:
        """Tokens of an answer, or of a part of one."""
        counter = self._accounts.counter
        thought = counter.count(thoughts, model).tokens if thoughts else 0
        said = counter.count(text, model).tokens if text else 0
        return Usage(completion=said + thought, reasoning=thought)

    def _used(self, model: str) -> tuple[Usage, bool]:
        """The tokens, and whether the endpoint told them all; takes long at first."""
        counter, told = self._accounts.counter, self._usage
        text, thoughts = "".join(self._text), "".join(self._thoughts)
        if told is None and self._refused:
            return Usage(), False
        told = told or Usage()
        whole = told.prompt > 0 and (told.completion > 0 or not (text or thoughts))
        teaches = self._learns and told.prompt > 0 and not counter.priming(model).exact
        if whole and not teaches:
            return told, True
        if teaches:
            counter.learn(model, self._request.messages, told.prompt)
        if whole:
            return told, True
        prompt = counter.count_request(self._request.messages, model)
        counted = replace(told, prompt=told.prompt or prompt.tokens)
        if not told.completion:
            answer = self._answer(text, thoughts, model)
            reasoning = told.reasoning or answer.reasoning
            counted = replace(counted, completion=answer.completion, reasoning=reasoning)
        return counted, False
