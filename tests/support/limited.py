"""Limits on scripted parts, for tests of what they hold back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from studybuddy.chat.budgets import Budgets
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.kept_answers import KeptAnswers
from studybuddy.chat.limits import Keepers, Limits
from studybuddy.chat.metered import MeteredConnector
from studybuddy.chat.outlooks import Fitted
from studybuddy.domain.limits import Amount, DoesNotFit, OverBudget, Period
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.settings import Settings
from tests.support.accounting import NANO, FlatPrices, WordCounter, accounts
from tests.support.memory_store import MemoryData
from tests.support.memory_usage import MemoryAnswerCache, MemorySummaryStore, MemoryUsageLog
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider


def of_window(window: int | None, max_output: int | None = None) -> ModelFacts:
    """A model of that size, at a nanodollar for a prompt token."""
    return ModelFacts(NANO, window, max_output, "the test")


class GatedFitter(Fitter):
    """A fitter that takes its time, where a test wants it to."""

    gate: asyncio.Event | None = None
    failing: Problem | None = None

    async def fit(self, *args: Any, **options: Any) -> Fitted | DoesNotFit | OverBudget:
        if self.gate is not None:
            await self.gate.wait()
        if self.failing is not None:
            raise StudyBuddyError(self.failing)
        return await super().fit(*args, **options)


class Limited:
    """Limits, and the parts they stand on; a token is a word, and 3 for each message."""

    def __init__(
        self,
        provider: ScriptedProvider,
        data: MemoryData,
        *,
        facts: ModelFacts | None = None,
        settings: Settings | None = None,
        budgets: Mapping[Period, Amount] | None = None,
        exact: bool = True,
    ) -> None:
        self.log = MemoryUsageLog(data)
        self.counter = WordCounter(exact=exact)
        self.accounts = accounts(
            self.log, prices=FlatPrices(facts or ModelFacts(NANO)), counter=self.counter
        )
        self.connector = MeteredConnector(ScriptedConnector(provider), self.accounts)
        self.summaries = MemorySummaryStore(data)
        self.answers = MemoryAnswerCache()
        self.settings = settings or Settings()
        self.fitter = GatedFitter(self.accounts, self.summaries, self.connector, self.settings)
        self.budgets = Budgets(budgets or {}, self.accounts)
        keepers = Keepers(
            self.fitter,
            self.budgets,
            KeptAnswers(self.answers, self.settings.savings),
            self.accounts,
            self.settings,
        )
        self.limits = Limits(lambda: keepers)
