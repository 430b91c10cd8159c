"""The tokens of a conversation's parts, for one model."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.context import Opening, Turn, tokens_of, turns_of
from studybuddy.domain.counting import MARGIN
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.domain.counting import TokenCounter

_MOST_KEPT = 20_000
"""Counts that are kept; a conversation has some hundreds."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A branch with the tokens of its parts."""

    system: int
    """Prompt tokens of the system prompt; 0 where there is none."""
    priming: int
    """Prompt tokens that a request has beside its messages."""
    turns: tuple[Turn, ...]
    exact: bool
    scale: float = 1.0
    """What counts were multiplied by, for the endpoint's own tokenizer gives another number."""
    told: int | None = None
    """Prompt tokens of the whole by the endpoint's own tokenizer; `None` where it wasn't asked."""
    margin: float = MARGIN
    """Share by which estimates may be too low, where the endpoint's tokenizer wasn't asked."""
    beyond: int = 0
    """What was reported beyond what is counted here of the same; less than 0 for less."""
    frame: int = 0
    """What an answer whose length was told is framed by, where a question follows it."""
    covers: tuple[tuple[Role, str], ...] = ()
    """Messages of which the tokens were told all together; empty for none."""
    whole_told: bool = False
    """Whether these are what is sent where nothing is left out."""
    examples: tuple[int, ...] = ()
    """Prompt tokens of each message of the few-shot examples."""

    @property
    def base(self) -> int:
        """Prompt tokens beside the turns."""
        return self.system + sum(self.examples) + self.priming + self.beyond

    def sizes_of(self, opening: Opening) -> tuple[int, ...]:
        """Prompt tokens of each message of what the request begins with."""
        has_system = any(role is Role.SYSTEM for role, _ in opening[:1])
        return (self.system, *self.examples) if has_system else self.examples

    @property
    def whole(self) -> Count:
        """Prompt tokens where nothing is left out."""
        if self.told is not None:
            return Count(self.told)
        return Count(tokens_of(self.turns, self.base), self.exact or self.whole_told)

    def rescaled(self, factor: float) -> Weighed:
        """The same, every count multiplied."""

        def grown(tokens: int) -> int:
            return math.ceil(tokens * factor)

        turns = (replace(t, sizes=tuple(grown(size) for size in t.sizes)) for t in self.turns)
        return replace(
            self,
            system=grown(self.system),
            priming=grown(self.priming),
            turns=tuple(turns),
            examples=tuple(grown(size) for size in self.examples),
            scale=self.scale * factor,
        )


class Scales:
    """Counts messages, each once; the slow part of it happens off the event loop."""

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter
        self._kept: dict[tuple[str, Role, int, int], Count] = {}

    async def weigh(self, opening: Opening, messages: Sequence[Message], model: str) -> Weighed:
        """The branch's parts with their tokens."""
        grouped = turns_of(messages)
        texts = [(message.role, message.text) for turn in grouped for message in turn]
        counts, priming = await self._counted([*texts, *opening], model)
        rest = iter(counts)
        shown = {message.id for message in messages}
        turns = tuple(
            Turn(
                turn,
                sizes=tuple(next(rest).tokens for _ in turn),
                gap=any(m.parent_id is not None and m.parent_id not in shown for m in turn),
            )
            for turn in grouped
        )
        first = [count.tokens for count in rest]
        system = first.pop(0) if opening and opening[0][0] is Role.SYSTEM else 0
        weighed = Weighed(
            system,
            priming.tokens,
            turns,
            exact=priming.exact and all(count.exact for count in counts),
            examples=tuple(first),
        )
        if weighed.exact:
            return weighed
        margin = await self.margin([text for _, text in (*texts, *opening)], model)
        return replace(weighed, margin=margin)

    async def margin(self, texts: Sequence[str], model: str) -> float:
        """Share by which an estimate for a request of these texts may be too low."""
        return await asyncio.to_thread(self._counter.margin, model, texts)

    async def text(self, text: str, model: str) -> Count:
        """Tokens of a text alone."""
        return await asyncio.to_thread(self._counter.count, text, model)

    async def priming(self, model: str) -> Count:
        """Prompt tokens that a request has beside its messages."""
        return await asyncio.to_thread(self._counter.priming, model)

    async def of(self, texts: Sequence[tuple[Role, str]], model: str) -> list[Count]:
        """Prompt tokens of single messages."""
        return (await self._counted(texts, model))[0]

    async def _counted(
        self, texts: Sequence[tuple[Role, str]], model: str
    ) -> tuple[list[Count], Count]:
        counted = [self._kept.get(_key(model, *text)) for text in texts]

        def count() -> tuple[list[Count], Count]:
            fresh = [
                self._counter.count_message(*text, model) if known is None else known
                for text, known in zip(texts, counted, strict=True)
            ]
            return fresh, self._counter.priming(model)

        fresh, priming = await asyncio.to_thread(count)
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        for text, found in zip(texts, fresh, strict=True):
            if found.exact:  # estimates become better as the counter learns
                self._kept[_key(model, *text)] = found
        return fresh, priming


def _key(model: str, role: Role, text: str) -> tuple[str, Role, int, int]:
    return model, role, len(text), hash(text)
