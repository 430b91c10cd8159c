"""The fields of a request beside its messages, and those that a server does not take."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import ProblemKind
from studybuddy.providers.statuses import problem_of_status
from studybuddy.providers.told import Told

_log = logging.getLogger(__name__)

UNKNOWN_TO_SDK = ("return_progress",)
"""Fields that go out as an extra body."""

# A message that names both limits wants the newer one, so the older is looked for first.
_OPTIONAL = (
    "stream_options",
    "return_progress",
    "prompt_cache_key",
    "max_tokens",
    "max_completion_tokens",
)
_REFUSAL = re.compile(
    r"unsupported|unknown|unrecogni[sz]ed|unexpected|not (?:supported|permitted|allowed)|extra|"
    r"forbidden|invalid"
)


class RequestOptions:
    """What is sent to one endpoint; it learns what that does not take."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._refused: set[str] = set()

    def of(self, request: CompletionRequest, model: str) -> dict[str, Any]:
        """The fields of a request, without its messages."""
        kind = self._endpoint.kind
        body: dict[str, Any] = {
            "model": model,
            "stream_options": {"include_usage": True},
        }
        if kind in (EndpointKind.LOCAL, EndpointKind.BUILT_IN):
            # llama.cpp then tells how far it has read the prompt, which may take it minutes.
            body["return_progress"] = True
        if kind is EndpointKind.OPENAI and request.origin and request.origin.conversation_id:
            # Requests of one conversation are then likely to reach the cache of the one before.
            body["prompt_cache_key"] = _cache_key(request.origin.conversation_id)
        if request.max_completion_tokens is not None:
            body["max_completion_tokens"] = request.max_completion_tokens
            if kind in (EndpointKind.LOCAL, EndpointKind.REMOTE):
                # Ollama, LM Studio and older llama.cpp servers know only the older name and
                # silently ignore the newer one; the rest takes both.
                body["max_tokens"] = request.max_completion_tokens
        return {name: value for name, value in body.items() if name not in self._refused}

    def leave_out(self, said: Told, body: Mapping[str, Any], model: str) -> bool:
        """Whether a refusal is about a field that can be left out; from now on it is."""
        if problem_of_status(said, self._endpoint, model).kind is not ProblemKind.BAD_REQUEST:
            return False
        if not _REFUSAL.search(said.words) and "at the same time" not in said.words:
            return False
        for field in _OPTIONAL:
            if field in body and re.search(rf"\b{field}\b", said.words):
                _log.info("%s does not take %s", self._endpoint.name, field)
                self._refused.add(field)
                return True
        return False


def _cache_key(conversation_id: str) -> str:
    """A name for a conversation that tells nothing about it."""
    return hashlib.sha256(f"studybuddy {conversation_id}".encode()).hexdigest()[:32]
