"""The endpoint's own tokenizer, asked at rest about what is only estimated here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from studybuddy.chat.context import opening_of
from studybuddy.chat.reports import Report
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.outlooks import Outlook
    from studybuddy.chat.reports import Reports
    from studybuddy.domain.counting import TokenCounter
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation

_log = logging.getLogger(__name__)

Ask = Callable[["Endpoint", CompletionRequest], Awaitable[int | None]]
"""Prompt tokens of a request by the endpoint's own tokenizer; `None` where it has none."""
Messages = tuple[tuple[Role, str], ...]

_PATIENCE = 5.0
"""Seconds that it may take."""
_MOST_KEPT = 4
"""Counts that are kept: of a context, of it with the draft, and those before."""
_HERE = (EndpointKind.BUILT_IN, EndpointKind.LOCAL)
"""Endpoints that may be told what is not sent yet: it does not leave the computer."""


class OwnTokenizer:
    """Asks, each thing once; what it is told is a report like any other, and teaches to count."""

    def __init__(self, ask: Ask, counter: TokenCounter, reports: Reports) -> None:
        self._ask = ask
        self._counter = counter
        self._reports = reports
        self._told: dict[tuple[str, str, Messages], int] = {}
        """By endpoint, model and messages."""

    async def look(
        self, outlook: Outlook, head: Conversation, endpoint: Endpoint, model: str, *, asks: bool
    ) -> bool:
        """Have the endpoint count what would be sent; whether anything was told.

        Only endpoints on this computer are shown a draft; and the others only what they were
        shown before.

        Args:
            outlook: what would be sent.
            head: of the conversation.
            endpoint: who is asked.
            model: who answers there.
            asks: whether the draft is in it, as the last message.
        """
        here = endpoint.kind in _HERE
        plan = outlook.placed
        if not (here or head.endpoint == endpoint.name):
            return False
        if plan.to_sum_up is not None:  # what will be sent is not there yet
            return False
        messages = plan.messages(opening_of(head))
        context = messages[:-1] if asks else messages
        told = False
        try:
            if not outlook.alone.exact and any(role is Role.USER for role, _ in context):
                alone = await self._tokens(endpoint, context)
                if alone is None:
                    return False
                await asyncio.to_thread(self._counter.learn, model, context, alone)
                told = self._keep(head, endpoint, context, alone)
            if here and asks:
                whole = await self._tokens(endpoint, messages)
                if whole is not None:
                    told = self._keep(head, endpoint, messages, whole)
        except (StudyBuddyError, TimeoutError) as error:
            _log.info("the endpoint did not count: %s", error)
        return told

    def _keep(
        self, head: Conversation, endpoint: Endpoint, messages: Messages, tokens: int
    ) -> bool:
        usage = Usage(prompt=tokens)
        report = Report(endpoint.name, endpoint.model, messages, usage, taken=False)
        self._reports.keep_count(head.id, report)
        return True

    async def _tokens(self, endpoint: Endpoint, messages: Messages) -> int | None:
        key = endpoint.name, endpoint.model, messages
        known = self._told.get(key)
        if known is not None:
            return known
        async with asyncio.timeout(_PATIENCE):
            tokens = await self._ask(endpoint, CompletionRequest(messages, endpoint.model))
        if tokens is not None:
            self._told[key] = tokens
            if len(self._told) > _MOST_KEPT:
                del self._told[next(iter(self._told))]
        return tokens
