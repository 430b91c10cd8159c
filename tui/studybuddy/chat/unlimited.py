"""Limits that limit nothing, for where there are no settings, prices and records to go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.budgets import Budgets
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.kept_answers import KeptAnswers
from studybuddy.chat.limits import Keepers
from studybuddy.domain.accounts import By, Group, Selection, Total, UsageRecord
from studybuddy.domain.counting import MARGIN
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import Settings
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.domain.counting import DraftCounter, Token, TokenCounter
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.kept_texts import KeptAnswer, Summary
    from studybuddy.domain.messages import Role
    from studybuddy.domain.ports import CompletionProvider


class Words:
    """A `TokenCounter` that counts words, which needs no vocabulary; every count is a guess."""

    def count(self, text: str, model: str) -> Count:
        """Its words."""
        return Count(len(text.split()), exact=False)

    def count_message(self, role: Role, text: str, model: str) -> Count:
        """Its words."""
        return self.count(text, model)

    def priming(self, model: str) -> Count:
        """None."""
        return Count(exact=False)

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        """All words."""
        return sum((self.count(text, model) for _, text in messages), self.priming(model))

    def draft(self, model: str) -> DraftCounter:
        """None is to be had."""
        raise NotImplementedError

    def tokens(self, text: str, encoding: str) -> Sequence[Token]:
        """Fail: there are no encodings."""
        raise StudyBuddyError(Problem(ProblemKind.NOT_FOUND, f"There is no encoding {encoding}."))

    def encoding_of(self, model: str) -> tuple[str, bool]:
        """None."""
        return "", False

    def encodings(self) -> Sequence[str]:
        """None."""
        return ()

    def margin(self, model: str, texts: Sequence[str]) -> float:
        """That of every estimate."""
        return MARGIN

    def learn(self, model: str, messages: Sequence[tuple[Role, str]], reported: int) -> None:
        """Nothing is learned."""


class NoLog:
    """A `UsageLog` that remembers nothing."""

    async def add(self, record: UsageRecord) -> None:
        """Forget it."""

    async def total(self, selection: Selection) -> Total:
        """Nothing."""
        return Total()

    async def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        """None."""
        return ()

    async def records(self, selection: Selection) -> Sequence[UsageRecord]:
        """None."""
        return ()


class NoPrices:
    """A `PriceBook` that knows no model."""

    def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        """Nothing is known."""
        return ModelFacts()


class NoSummaries:
    """A `SummaryStore` that remembers nothing."""

    async def summaries(self, conversation_id: str) -> Sequence[Summary]:
        """None."""
        return ()

    async def keep_summary(self, summary: Summary) -> None:
        """Forget it."""


class NoAnswers:
    """An `AnswerCache` that remembers nothing."""

    async def find_answer(self, key: str, not_before: float) -> KeptAnswer | None:
        """None."""
        return None

    async def keep_answer(self, answer: KeptAnswer) -> None:
        """Forget it."""

    async def clear_answers(self, before: float | None = None) -> int:
        """There were none."""
        return 0


class _Unasked:
    """A `Connector` to nobody: no window is known, so nothing has to be summed up."""

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        raise StudyBuddyError(Problem(ProblemKind.NO_CONNECTION, "Nobody is asked here."))


def unlimited(counter: TokenCounter | None = None, settings: Settings | None = None) -> Keepers:
    """The parts that limit nothing; `settings` count but for budgets, and what needs a disk."""
    settings = settings or Settings()
    accounts = Accounts(NoLog(), NoPrices(), counter or Words())
    return Keepers(
        Fitter(accounts, NoSummaries(), _Unasked(), settings),
        Budgets({}, accounts),
        KeptAnswers(NoAnswers(), settings.savings),
        accounts,
        settings,
    )
