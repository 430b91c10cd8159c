"""Limits that limit nothing, for where there are no settings, prices and records to go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from studybuddy.chat.fitting import Fitter
from studybuddy.chat.limits import Limits
from studybuddy.domain.accounts import Total, UsageRecord
from studybuddy.domain.endpoints import Endpoint, Model
from studybuddy.domain.limits import BudgetState, OverBudget, Period, Spent
from studybuddy.domain.messages import Role
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.settings import Settings
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.domain.ports import Summary


class _Words:
    """Counts words, which needs no vocabulary."""

    def count_message(self, role: Role, text: str, model: str) -> Count:
        return Count(len(text.split()), exact=False)

    def priming(self, model: str) -> Count:
        return Count()

    def learn(self, model: str, counted: Count, reported: int) -> None:
        pass


class _NoAccounts:
    counter = _Words()
    session = Total()

    async def facts(self, endpoint: Endpoint, model: str = "") -> ModelFacts:
        return ModelFacts()

    def facts_known(self, endpoint: Endpoint, model: str = "") -> ModelFacts | None:
        return ModelFacts()

    def learn_models(self, endpoint: Endpoint, models: Sequence[Model]) -> None:
        pass

    async def record(self, record: UsageRecord) -> None:
        pass

    async def record_usage(self, *_: Any, **__: Any) -> Cost:
        return Cost()

    async def conversation(self, conversation_id: str) -> Total:
        return Total()

    def conversation_known(self, conversation_id: str) -> Total | None:
        return Total()

    async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        return {}


class _NoBudgets:
    async def states(
        self, conversation_id: str, coming: Spent | None = None
    ) -> tuple[BudgetState, ...]:
        return ()

    async def check(self, conversation_id: str, coming: Spent) -> OverBudget | None:
        return None

    def lift(self, state: BudgetState) -> None:
        pass


class _NoKeptAnswers:
    async def find(self, *_: Any) -> None:
        return None

    async def keep(self, *_: Any) -> None:
        pass

    async def clear(self) -> int:
        return 0


class _NoSummaries:
    async def summaries(self, conversation_id: str) -> Sequence[Summary]:
        return ()

    async def keep_summary(self, summary: Summary) -> None:
        pass


class _NoConnector:
    async def connect(self, endpoint: Endpoint) -> Any:
        raise AssertionError("nothing has to be summed up where there is no limit")


def unlimited() -> Limits:
    """The limits that limit nothing."""
    settings = Settings()
    accounts = cast("Any", _NoAccounts())
    fitter = Fitter(accounts, _NoSummaries(), _NoConnector(), settings)
    return Limits(
        fitter, cast("Any", _NoBudgets()), cast("Any", _NoKeptAnswers()), accounts, settings
    )
