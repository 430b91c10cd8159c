"""Tokenizer and prices that a test can check by hand: a token a word, a nanodollar a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from threading import Event

from studybuddy.chat.accounts import Accounts
from studybuddy.domain.counting import MARGIN, DraftCounter, Token
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.money import FREE, ModelFacts, Rates, Tariff
from studybuddy.domain.usage import Count
from tests.support.memory_usage import MemoryUsageLog

NANO = Tariff((Rates(Decimal("0.001"), Decimal("0.002"), Decimal("0.0005")),), "the test")
"""A nanodollar for a prompt token, two for one of the answer, half of one for a cached one."""


class WordDraft:
    """`domain.counting.DraftCounter`: words are tokens."""

    def __init__(self, exact: bool) -> None:
        self._counted = Count(0, exact)

    def changed(self, lines: Sequence[str]) -> Count:
        self._counted = Count(len(" ".join(lines).split()), self._counted.exact)
        return self._counted

    async def settle(self) -> Count:
        return self._counted


class WordCounter:
    """`domain.counting.TokenCounter`: words are tokens, 3 for a message, 3 to prime."""

    def __init__(self, *, exact: bool = True) -> None:
        self.exact = exact
        self.learnt: list[tuple[str, int, int]] = []
        """Model, counted, reported."""
        self.off = MARGIN
        """Share by which estimates may be too low."""
        self.gate: Event | None = None
        """Where set, counting waits for it: a vocabulary that takes long to load."""

    def count(self, text: str, model: str) -> Count:
        if self.gate is not None:
            assert self.gate.wait(10)
        return Count(len(text.split()), self.exact)

    def count_message(self, role: Role, text: str, model: str) -> Count:
        return self.count(text, model) + Count(3)

    def priming(self, model: str) -> Count:
        return Count(3, self.exact)

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        counts = (self.count_message(role, text, model) for role, text in messages)
        return sum(counts, self.priming(model))

    def draft(self, model: str) -> DraftCounter:
        return WordDraft(self.exact)

    def tokens(self, text: str, encoding: str) -> Sequence[Token]:
        return []

    def encoding_of(self, model: str) -> tuple[str, bool]:
        return "words", self.exact

    def encodings(self) -> Sequence[str]:
        return ["words"]

    def margin(self, model: str, texts: Sequence[str]) -> float:
        return self.off

    def learn(self, model: str, messages: Sequence[tuple[Role, str]], reported: int) -> None:
        self.learnt.append((model, self.count_request(messages, model).tokens, reported))


class FlatPrices:
    """`domain.counting.PriceBook`: local models are free, those of `unknown` unpriced."""

    def __init__(self, facts: ModelFacts | None = None, unknown: Sequence[str] = ()) -> None:
        self.asked: list[tuple[str, str]] = []
        self._facts = facts or ModelFacts(NANO, 8_000, 1_000, "the test")
        self._unknown = unknown

    def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        self.asked.append((endpoint.name, model))
        if endpoint.kind in (EndpointKind.BUILT_IN, EndpointKind.LOCAL):
            return ModelFacts(FREE)
        return ModelFacts() if model in self._unknown else self._facts


def accounts(
    log: MemoryUsageLog | None = None,
    *,
    prices: FlatPrices | None = None,
    counter: WordCounter | None = None,
    now: Callable[[], float] = lambda: 1_000_000.0,
) -> Accounts:
    """Accounts over memory, with the tokenizer and prices of this module."""
    return Accounts(
        MemoryUsageLog() if log is None else log,
        prices or FlatPrices(),
        counter or WordCounter(),
        now,
    )
