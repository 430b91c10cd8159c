"""What sessions need so that limits hold and nothing goes unrecorded: one argument for them all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # sessions are made before the first frame, and need none of it until asked
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.domain.settings import SavingSettings, Settings


@dataclass(slots=True)
class Limits:
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

    @classmethod
    def none(cls) -> Limits:
        """For where nothing is limited, saved or recorded."""
        from studybuddy.chat.unlimited import unlimited

        return unlimited()
