"""Settings that the student changes hold for the next request, without a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.desk import Desk
from studybuddy.chat.limits import Keepers, Limits
from studybuddy.chat.unlimited import unlimited
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.settings import (
    BudgetSettings,
    LimitSettings,
    PriceSettings,
    SavingSettings,
    Settings,
)
from studybuddy.tokens.prices import Prices
from tests.support.accounting import WordCounter
from tests.support.memory_store import MemoryConversationStore
from tests.support.memory_usage import MemoryUsageLog
from tests.support.scripted_provider import ENDPOINT, ScriptedConnector, ScriptedProvider

LAB = Endpoint("lab", "https://models.example/v1", EndpointKind.REMOTE, "m")
NEW = Settings(
    system_prompt="Be brief.",
    limits=LimitSettings("drop", 500, 4000),
    budgets=BudgetSettings(day="$1"),
    savings=SavingSettings(keep_answers=True),
    prices={"m": PriceSettings(2.0, 8.0, context_window=1000)},
)


def kept(prices: Mapping[str, PriceSettings]) -> Keepers:
    book = Prices(prices)
    keepers = unlimited()
    keepers.accounts = Accounts(MemoryUsageLog(), book, WordCounter())
    return replace(keepers, prices=book)


async def test_all_keepers_hold_to_other_settings_from_one_call_on() -> None:
    keepers = kept({})
    desk = Desk(
        MemoryConversationStore(),
        ScriptedConnector(ScriptedProvider()),
        "Be long.",
        ENDPOINT,
        limits=Limits(lambda: keepers),
    )
    assert (await desk.accounts.facts(LAB)).tariff is None
    told: list[None] = []
    desk.accounts.subscribe(lambda: told.append(None))
    desk.use_settings(NEW)
    facts = await desk.accounts.facts(LAB)
    assert facts.tariff is not None
    assert facts.context_window == 1000
    assert told  # the meter looks again
    assert desk.budgets.any
    assert desk.kept.on
    assert desk.savings == NEW.savings
    assert keepers.fitter.settings.limits.context == "drop"
    assert desk.new().head.system_prompt == "Be brief."


async def test_what_is_the_same_is_left_alone() -> None:
    keepers = kept(NEW.prices)
    limits = Limits(lambda: keepers)
    limits.use(NEW)
    before = await keepers.accounts.facts(LAB)
    limits.use(replace(NEW, theme="nord"))
    assert keepers.accounts.facts_known(LAB) is not None
    assert await keepers.accounts.facts(LAB) == before
