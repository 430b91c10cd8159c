"""The limits of the conversation on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.chat.rooms import longest_of
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Conversation, Mode
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.screens.limits import ConversationLimits, LimitsScreen

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace


class Limiter:
    """Has the student change them."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out its one command."""
        await self._place.once(self._edit)

    async def _edit(self) -> None:
        place, session = self._place, self._place.view.session
        head, settings = session.head, place.services.settings.limits
        now = ConversationLimits(head.max_completion_tokens, head.overflow)
        screen = LimitsScreen(
            now,
            Overflow(settings.context),
            longest=await self._longest_answer(head),
            usual=settings.max_completion_tokens or None,
            server_fits=head.mode is Mode.ASSISTANT,
        )
        limits = await place.dialog(screen)
        if limits is not None and limits != now:
            try:
                await session.set_limits(limits.max_completion_tokens, limits.overflow)
            except StudyBuddyError as error:
                place.tell(error.problem)
            place.view.meter.settle()

    async def _longest_answer(self, head: Conversation) -> int | None:
        """Tokens that the model can write at most; `None` where nobody knows, or it is a run."""
        endpoint = self._place.desk.endpoint
        if endpoint is None or head.mode is Mode.ASSISTANT:
            return None
        return longest_of(await self._place.desk.accounts.facts(endpoint))
