"""What holds for every request of the app, and records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.assembly.parts import Parts
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.ports import Connector
    from studybuddy.storage.worker import DatabaseThread


def make_limits(parts: Parts, database: DatabaseThread) -> tuple[Limits, Connector]:
    """What holds for every request of the app, and the connector that records them all."""
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.chat.limits import Limits
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

    prices = Prices(settings.prices)
    accounts = Accounts(SqliteUsageLog(database), prices, counter, restore=restore)
    connector = MeteredConnector(parts.connector, accounts)
    amounts, problems = amounts_of(settings.budgets)
    parts.notices.extend(problems)
    limits = Limits(
        Fitter(accounts, SqliteSummaryStore(database), connector, settings),
        Budgets(amounts, accounts),
        KeptAnswers(SqliteAnswerCache(database), settings.savings),
        accounts,
        settings,
    )
    return limits, connector
