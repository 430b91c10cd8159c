"""The part of the main screen that is about limits: what they stand in the way of, and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.pinning import pin
from studybuddy.ui.screens.feature_commands import FeatureCommands
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.meter import MeterLine

if TYPE_CHECKING:
    from studybuddy.ui.refusals import RefusalKeeper
    from studybuddy.ui.services import Services


class TokenCommands(FeatureCommands):
    """Duties of the main screen about what requests take."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._refusals: RefusalKeeper | None = None

    # What stands in the way

    @property
    def refusals(self) -> RefusalKeeper:
        """What limits stand in the way of, and what is done about it."""
        if self._refusals is None:
            from studybuddy.ui.refusals import RefusalKeeper

            self._refusals = RefusalKeeper(self, self.view, self._desk, self.once, self.tell)
        return self._refusals

    @on(ConversationView.Obstructed)
    def _obstructed(self, event: ConversationView.Obstructed) -> None:
        self.refusals.refused(event.session, event.turn)

    @on(ConversationView.BudgetNears)
    def _budget_nears(self, event: ConversationView.BudgetNears) -> None:
        self.refusals.near(event.session, event.state)

    async def action_lift_budget(self) -> None:
        """Lift the budgets that stop requests."""
        await self.refusals.lift()

    def chooses(self) -> bool:
        """Ask about what stands in the way of the question on screen, if anything does."""
        return self.view.refused is not None and self.refusals.choose()

    @on(ConversationView.Rested)
    @work(group="filler", exclusive=True, exit_on_error=False)
    async def _rested(self) -> None:
        """Show what would be left out of the draft, where that is switched on."""
        if self._services.settings.savings.filler_words or "savings" in self.features:
            await self.features.get("savings").rested()

    @on(MeterLine.Asked)
    def _meter_asked(self) -> None:
        self.action_feature("tokens")

    # What is set

    @on(Conversation.PinAsked)
    @work(group="pin", exit_on_error=False)
    async def _pin_asked(self, event: Conversation.PinAsked) -> None:
        try:
            await pin(self.view, event.message_id, event.pinned)
        except StudyBuddyError as error:
            self.tell(error.problem)
