"""The turn of a thread that is under way, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from studybuddy.chat.thread_expected import ThreadExpected
from studybuddy.chat.thread_forgetting import ThreadForgetter
from studybuddy.chat.thread_place import nobody
from studybuddy.domain.assistant_ports import AssistantConnector, RunStore
from studybuddy.domain.messages import MessageState

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.run_turn import RunTurn
    from studybuddy.chat.thread_place import Known, Resolve
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Message, OpenConversation
    from studybuddy.domain.ports import ConversationStore


class ThreadUnderWay(ThreadExpected):
    """A conversation of which one turn at a time is under way."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        runs: RunStore,
        connector: AssistantConnector,
        resolve: Resolve,
        limits: Limits,
        *,
        new: bool,
        known: Known = nobody,
    ) -> None:
        super().__init__(opened, store, resolve, limits, new=new, known=known)
        self._runs = runs
        self._connector = connector
        self._forgetter = ThreadForgetter(connector)
        self._under_way: RunTurn | None = None

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._under_way is not None and not self._under_way.over

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Give what the run requires, an output for each call's id; the turn then goes on.

        Raises:
            StudyBuddyError: where the server refuses it; the run still waits then.
            ValueError: where the run waits for nothing, or for more than that.
        """
        if self._under_way is None:
            raise ValueError("the run waits for no answer")
        await self._under_way.answer(outputs)

    async def save_action_draft(self, draft: str) -> None:
        """Keep what the student has answered so far; it comes back in ActionRequired."""
        if self._under_way is not None and self._under_way.run_id:
            self._action_draft = draft
            await self._runs.save_action_draft(self._under_way.run_id, draft)

    async def stop(self) -> None:
        """Cancel the run, and return when what came of it is on disk."""
        if self._under_way is not None:
            await self._under_way.stop()

    async def leave(self) -> None:
        """Stop following; the run goes on, and is followed again at the next start."""
        if self._under_way is not None:
            await self._under_way.leave()

    def _forget_aside(self, answer: Message, endpoint: Endpoint, thread_id: str) -> None:
        """Have a thread deleted that served for one run, where that is over."""
        details = answer.details
        goes_on = details is not None and bool(details.run_id) and not details.status.over
        if thread_id and not goes_on and answer.state is not MessageState.INTERRUPTED:
            self._forgetter.forget(endpoint, (thread_id,))

    def _end_turn(self, turn: RunTurn) -> None:
        turn.release()
        turn.account.release()
        if self._under_way is turn:
            self._under_way = None
