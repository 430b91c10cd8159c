"""What sessions need so that limits hold and nothing goes unrecorded: one argument for them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.domain.settings import SavingSettings, Settings


@dataclass(slots=True)
class Keepers:
    """The parts that are asked before a request leaves, and told after it."""

    fitter: Fitter
    """Makes a conversation fit the context window."""
    budgets: Budgets
    kept: KeptAnswers
    accounts: Accounts
    settings: Settings

    def use_savings(self, savings: SavingSettings) -> None:
        """Save in other ways from the next request on."""
        self.settings = replace(self.settings, savings=savings)
        self.fitter.settings = self.settings
        self.kept.settings = savings


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

    def use_savings(self, savings: SavingSettings) -> None:
        """Save in other ways from the next request on."""
        self._keepers.use_savings(savings)
