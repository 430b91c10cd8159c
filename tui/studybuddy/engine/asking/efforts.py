"""How much a model is to reason, sent to those that take it and left out for the others."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from studybuddy.engine.asking.gathering import Gathering
from studybuddy.engine.asking.requests import stream_text
from studybuddy.engine.errors import ApiError
from studybuddy.engine.upstream.port import Upstream

log = logging.getLogger(__name__)

_FIELD = "reasoning_effort"
_REFUSING = (400, 404, 405, 422, 500, 501)
_EFFORT = re.compile(r"reasoning[_. ]effort", re.IGNORECASE)
# As Ollama says it: "llama3.2" does not support thinking.
_REASONING = re.compile(r"reasoning|thinking", re.IGNORECASE)


class Efforts:
    """Asks one upstream; it remembers which efforts its models refuse."""

    def __init__(self, upstream: Upstream) -> None:
        """Take the upstream."""
        self._upstream = upstream
        self._refused: dict[tuple[str, bool, str | None], int] = {}
        """By model, whether there were tools, and effort: how many of its tries were refused."""

    async def stream_text(
        self, body: Mapping[str, Any], gathering: Gathering
    ) -> AsyncGenerator[str, None]:
        """As `requests.stream_text`; asked again without the body's effort where that is refused.

        Newer models of OpenAI refuse it together with functions, and some of them also where they
        would reason by themselves: then they are asked not to. Such a refusal speaks of tools, but
        does not mean that a model takes none.

        Raises:
            ApiError: the upstream's, also one that comes in the middle of the stream.
        """
        key = str(body.get("model")), bool(body.get("tools")), body.get(_FIELD)
        tries = _tries(key[2], with_tools=key[1])
        while True:
            number = self._refused.get(key, 0)
            effort = tries[number]
            sent = {name: value for name, value in body.items() if name != _FIELD}
            if effort is not None:
                sent[_FIELD] = effort
            begun = False
            try:
                async with aclosing(stream_text(self._upstream, sent, gathering)) as texts:
                    async for text in texts:
                        begun = True
                        yield text
                return
            except ApiError as error:
                if begun or number + 1 == len(tries) or not _refuses(error, effort):
                    raise
                log.info("%s takes no reasoning effort (%s) here: %s", key[0], effort, error)
            self._refused[key] = number + 1


def _tries(effort: str | None, *, with_tools: bool) -> list[str | None]:
    """The efforts to try, one after the other; `None` for the model's own."""
    tries: list[str | None] = [effort, None] if effort is not None else [None]
    return [*tries, "none"] if with_tools and effort != "none" else tries


def _refuses(error: ApiError, effort: str | None) -> bool:
    """Whether a refusal is about the effort: the one that was sent, or the model's own."""
    if error.status not in _REFUSING:
        return False
    told = f"{error.message} {error.param or ''}"
    return bool((_EFFORT if effort is None else _REASONING).search(told))
