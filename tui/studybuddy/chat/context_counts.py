"""The prompt tokens of a conversation's messages, each counted once, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Role
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.weighing import Weighed
    from studybuddy.domain.counting import TokenCounter

_TOKENS_A_CHARACTER = 0.25
_OVERHEAD = 4
"""Tokens of an empty message, where nothing was counted yet."""
_ENOUGH = 400
"""Characters from which on their tokens tell how many others will have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the context."""

    id: str
    """Names it among the others."""
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    count: Count


class ContextCounts:
    """Counts for one model; nothing is waited for but in `count`."""

    def __init__(self, counter: TokenCounter, model: str) -> None:
        self.model = model
        self.priming = Count(0, exact=False)
        """Of a request beside its messages; 0 until something was counted."""
        self._counter = counter
        self._kept: dict[str, _Kept] = {}
        self._empty: dict[Role, Count] = {}
        self._characters = 0
        self._tokens = 0

    @property
    def ratio(self) -> float:
        """Tokens of a character, from what was counted so far."""
        if self._characters < _ENOUGH:
            return _TOKENS_A_CHARACTER
        return self._tokens / self._characters

    def empty(self, role: Role) -> Count:
        """What a message has beside its text."""
        return self._empty.get(role, Count(_OVERHEAD, exact=False))

    def known(self, entries: Iterable[Entry]) -> Count:
        """Tokens of messages, at once: estimated where they were not counted yet."""
        tokens, exact, ratio = 0, True, self.ratio
        for entry in entries:
            kept = self._kept.get(entry.id)
            if kept is not None and kept.text == entry.text:
                tokens += kept.count.tokens
                exact = exact and kept.count.exact
            else:
                tokens += _OVERHEAD + round(len(entry.text) * ratio)
                exact = False
        return Count(tokens, exact)

    async def count(self, entries: Sequence[Entry], *, afresh: bool = False) -> None:
        """Count those that were not, in a thread.

        Args:
            entries: messages of the context.
            afresh: whether estimates are to be made again, for the counter learned since.
        """
        counter, model = self._counter, self.model
        wanted = [entry for entry in entries if self._wants(entry, afresh=afresh)]

        def count() -> tuple[list[Count], Count, dict[Role, Count]]:
            counts = [counter.count_message(each.role, each.text, model) for each in wanted]
            empty = {role: counter.count_message(role, "", model) for role in Role}
            return counts, counter.priming(model), empty

        counts, self.priming, self._empty = await asyncio.to_thread(count)
        for entry, counted in zip(wanted, counts, strict=True):
            self._keep(entry, counted)

    async def take(self, weighed: Weighed, opening: Sequence[Entry]) -> None:
        """Take over what was counted elsewhere, for this model.

        Args:
            weighed: messages with their tokens.
            opening: what the request begins with.
        """
        counter, model = self._counter, self.model

        def count() -> dict[Role, Count]:
            return {role: counter.count_message(role, "", model) for role in Role}

        self._empty = await asyncio.to_thread(count)
        self.priming = Count(weighed.priming, weighed.exact)
        sizes = weighed.sizes_of(tuple((entry.role, entry.text) for entry in opening))
        for entry, size in zip(opening, sizes, strict=True):
            self._keep(entry, Count(size, weighed.exact))
        for turn in weighed.turns:
            for message, size in zip(turn.messages, turn.sizes, strict=True):
                if message.id:  # else it is the draft
                    entry = Entry(message.id, message.role, message.text)
                    self._keep(entry, Count(size, weighed.exact))

    def _keep(self, entry: Entry, counted: Count) -> None:
        before = self._kept.get(entry.id)
        self._kept[entry.id] = _Kept(entry.text, counted)
        if before is None or before.text != entry.text:
            self._characters += len(entry.text)
            self._tokens += max(0, counted.tokens - self._empty[entry.role].tokens)

    def _wants(self, entry: Entry, *, afresh: bool) -> bool:
        kept = self._kept.get(entry.id)
        if kept is None or kept.text != entry.text:
            return True
        return afresh and not kept.count.exact
