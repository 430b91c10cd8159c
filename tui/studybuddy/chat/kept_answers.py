"""Answers that are given again where the same is asked in the same context, without sending."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.kept_texts import KeptAnswer
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.kept_texts import AnswerCache
    from studybuddy.domain.messages import Message
    from studybuddy.domain.ports import CompletionRequest
    from studybuddy.domain.settings import SavingSettings

_log = logging.getLogger(__name__)

_DAY = 86_400.0
_VERSION = 2
"""Of the keys: another one where they come to mean something else."""


class KeptAnswers:
    """The local cache of answers; where it is off, it neither finds nor keeps any.

    A failing disk means that nothing is found or kept: it never breaks a turn.
    """

    def __init__(
        self,
        cache: AnswerCache,
        settings: SavingSettings,
        now: Callable[[], float] = time.time,
        *,
        weights: Callable[[], str] = lambda: "",
    ) -> None:
        """Take the parts.

        Args:
            cache: the answers on disk.
            settings: whether any are kept, and for how long.
            now: Unix time, seconds.
            weights: tells which weights answer in the built-in model's place, empty for none:
                another file is another model. May look at the disk.
        """
        self._cache = cache
        self._weights = weights
        self.settings = settings
        """As they are by now."""
        self._now = now

    @property
    def on(self) -> bool:
        """Whether answers are kept."""
        return self.settings.keep_answers and self.settings.keep_answers_days > 0

    async def find(self, endpoint: Endpoint, request: CompletionRequest) -> KeptAnswer | None:
        """The answer that this request was given before; `None` where there is none to give."""
        if not self.on or (key := await self._key(endpoint, request)) is None:
            return None
        try:
            return await self._cache.find_answer(key, self._oldest())
        except StudyBuddyError as error:
            _log.warning("kept answers could not be read: %s", error.problem.kind)
            return None

    async def keep(
        self,
        endpoint: Endpoint,
        request: CompletionRequest,
        answer: Message,
        finish_reason: str = "stop",
    ) -> None:
        """Keep an answer that is whole; one that was stopped, cut off or failed is not kept.

        Takes the place of an older answer to the same, and lets those that expired go.
        """
        whole = answer.state is MessageState.COMPLETE and finish_reason == "stop"
        if not self.on or not whole or answer.kept or not answer.text.strip():
            return
        if (key := await self._key(endpoint, request)) is None:
            return
        kept = KeptAnswer(
            key,
            answer.text,
            answer.model,
            answer.usage or Usage(),
            self._now(),
        )
        try:
            await self._cache.keep_answer(kept)
            await self._cache.clear_answers(self._oldest())
        except StudyBuddyError as error:
            _log.warning("an answer was not kept: %s", error.problem.kind)

    async def clear(self) -> int:
        """Delete all answers that are kept, also where keeping is off, and tell how many.

        Raises:
            StudyBuddyError: where the disk fails; the student asked for this, and is told.
        """
        return await self._cache.clear_answers()

    async def _key(self, endpoint: Endpoint, request: CompletionRequest) -> str | None:
        """`None` where it is not known who answers: a server's choice may change."""
        if endpoint.kind is not EndpointKind.BUILT_IN:
            return answer_key(endpoint, request) if request.model or endpoint.model else None
        weights = await asyncio.to_thread(self._weights)
        return answer_key(endpoint, request, weights) if weights else None

    def _oldest(self) -> float:
        return self._now() - self.settings.keep_answers_days * _DAY


def answer_key(endpoint: Endpoint, request: CompletionRequest, weights: str = "") -> str:
    """Names endpoint, model, limit and all messages of a request: 64 hexadecimal digits.

    Of the built-in model it is the weights that name it, wherever its engine listens.
    """
    built_in = endpoint.kind is EndpointKind.BUILT_IN
    asked = [
        _VERSION,
        endpoint.name,
        "" if built_in else endpoint.base_url,
        weights if built_in else request.model or endpoint.model,
        request.max_completion_tokens,
        [[role.value, text] for role, text in request.messages],
    ]
    # ASCII with escapes, so that every text has bytes: also one with a lone surrogate.
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
