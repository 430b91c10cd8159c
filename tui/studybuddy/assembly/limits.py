"""What holds for every request of the app, and records it; made when it is first asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.chat.limits import Keepers, Limits

if TYPE_CHECKING:
    from studybuddy.assembly.parts import Parts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.ports import CompletionProvider, Connector
    from studybuddy.storage.worker import DatabaseThread


def make_limits(
    parts: Parts, database: DatabaseThread, *, learns: bool = True, budgets: bool = True
) -> tuple[Limits, Connector]:
    """What holds for requests, and the connector that records every one of them.

    Args:
        parts: the edges.
        database: where the records are.
        learns: whether reported usage teaches how to count.
        budgets: whether those that are set hold.
    """

    limits = Limits(lambda: _keepers(parts, database, connector, budgets=budgets))
    connector = _RecordedConnector(parts.connector, limits, learns=learns)
    return limits, connector


class _RecordedConnector:
    """A `Connector` that loads what records requests when it first connects."""

    def __init__(self, connector: Connector, limits: Limits, *, learns: bool) -> None:
        self._connector = connector
        self._limits = limits
        self._learns = learns
        self._metered: Connector | None = None

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        if self._metered is None:
            from studybuddy.chat.metered import MeteredConnector

            accounts = self._limits.accounts
            self._metered = MeteredConnector(self._connector, accounts, learns=self._learns)
        return await self._metered.connect(endpoint)


def _keepers(
    parts: Parts, database: DatabaseThread, connector: Connector, *, budgets: bool
) -> Keepers:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
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
    amounts, _ = amounts_of(settings.budgets)  # what is wrong with them was told on reading
    return Keepers(
        Fitter(accounts, SqliteSummaryStore(database), connector, settings),
        Budgets(amounts if budgets else {}, accounts),
        KeptAnswers(SqliteAnswerCache(database), settings.savings, weights=weights),
        accounts,
        settings,
        prices,
    )
