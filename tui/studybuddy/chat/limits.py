"""What sessions need so that limits hold and nothing goes unrecorded: one argument for them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.domain.accounts import Total
    from studybuddy.domain.settings import PriceSettings, Settings


class OwnPrices(Protocol):
    """The part of a price book that the student writes."""

    def use(self, settings_prices: Mapping[str, PriceSettings]) -> None:
        """Go by these prices and sizes from now on."""
        ...


@dataclass(slots=True)
class Keepers:
    """The parts that are asked before a request leaves, and told after it."""

    fitter: Fitter
    """Makes a conversation fit the context window."""
    budgets: Budgets
    kept: KeptAnswers
    accounts: Accounts
    settings: Settings
    prices: OwnPrices | None = None
    """`None` where what the student sets as a price counts for nothing."""

    def use(self, settings: Settings) -> None:
        """Hold to other settings from the next request on."""
        from studybuddy.domain.amounts import amounts_of

        before, self.settings = self.settings, settings
        self.fitter.settings = settings
        self.kept.settings = settings.savings
        if settings.budgets != before.budgets:
            self.budgets.use(amounts_of(settings.budgets)[0])
        if self.prices is not None and settings.prices != before.prices:
            self.prices.use(settings.prices)
            self.accounts.prices_changed()


class Limits:
    """Those parts, made when one of them is first asked: the first frame waits for none.

    They are made once, also where a thread and the event loop ask at the same time.
    """

    def __init__(self, make: Callable[[], Keepers]) -> None:
        self._make = make
        self._made: Keepers | None = None
        self._making = Lock()

    @classmethod
    def none(cls) -> Limits:
        """For where nothing is limited, saved or recorded."""

        def make() -> Keepers:
            from studybuddy.chat.unlimited import unlimited

            return unlimited()

        return cls(make)

    @property
    def session(self) -> Total:
        """What this run of the app has used."""
        if self._made is None:
            from studybuddy.domain.accounts import Total

            return Total()
        return self._made.accounts.session

    async def close(self) -> None:
        """Have everything recorded; before the store's."""
        if self._made is not None:
            await self.accounts.close()

    @property
    def _keepers(self) -> Keepers:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return self._made

    @property
    def fitter(self) -> Fitter:
        """Makes a conversation fit the context window."""
        return self._keepers.fitter

    @property
    def budgets(self) -> Budgets:
        """The most that may be spent."""
        return self._keepers.budgets

    @property
    def kept(self) -> KeptAnswers:
        """The answers that may be given again."""
        return self._keepers.kept

    @property
    def accounts(self) -> Accounts:
        """What was used so far, and what models cost and hold."""
        return self._keepers.accounts

    @property
    def settings(self) -> Settings:
        """As they are by now."""
        return self._keepers.settings

    def use(self, settings: Settings) -> None:
        """Hold to other settings from the next request on."""
        self._keepers.use(settings)
