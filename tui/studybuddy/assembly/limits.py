"""What holds for every request of the app, and records it; made when it is first asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from studybuddy.chat.limits import Keepers, Limits

if TYPE_CHECKING:
    from studybuddy.assembly.parts import Parts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.ports import CompletionProvider, Connector
    from studybuddy.storage.worker import DatabaseThread


def make_limits(parts: Parts, database: DatabaseThread) -> tuple[Limits, Connector]:
    """The limits of the app, and the connector that records every request."""

    @cache
    def made() -> tuple[Keepers, Connector]:
        return _made(parts, database)

    return Limits(lambda: made()[0]), _LateConnector(lambda: made()[1])


class _LateConnector:
    """A `Connector` that is made when it first connects."""

    def __init__(self, make: Callable[[], Connector]) -> None:
        self._make = make

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        return await self._make().connect(endpoint)


def _made(parts: Parts, database: DatabaseThread) -> tuple[Keepers, Connector]:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.chat.metered import MeteredConnector
    from studybuddy.domain.amounts import amounts_of
    from studybuddy.storage.estimates import SqliteEstimateStore
    from studybuddy.storage.kept_answers import SqliteAnswerCache
    from studybuddy.storage.summaries import SqliteSummaryStore
    from studybuddy.storage.usage import SqliteUsageLog
    from studybuddy.tokens.counter import Counter
    from studybuddy.tokens.prices import Prices

    settings = parts.settings
    counter = Counter()

    async def restore() -> None:
        await counter.estimates.restore(SqliteEstimateStore(database))

    def weights() -> str:
        from studybuddy.engine.weights import identity

        return identity(parts.model_file, parts.paths.models_dir)

    prices = Prices(settings.prices)
    accounts = Accounts(SqliteUsageLog(database), prices, counter, restore=restore)
    connector = MeteredConnector(parts.connector, accounts)
    amounts, _ = amounts_of(settings.budgets)  # what is wrong with them was told on reading
    keepers = Keepers(
        Fitter(accounts, SqliteSummaryStore(database), connector, settings),
        Budgets(amounts, accounts),
        KeptAnswers(SqliteAnswerCache(database), settings.savings, weights=weights),
        accounts,
        settings,
    )
    return keepers, connector
