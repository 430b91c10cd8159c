"""Runs of a conversation that may still go on and are not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.chat.thread_branches import ThreadBranches
from studybuddy.chat.thread_place import nobody
from studybuddy.chat.thread_question import unseen_end
from studybuddy.domain.assistant_ports import FollowedRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from studybuddy.chat.asked import Asked
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.thread_place import Known, Resolve
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Message, OpenConversation
    from studybuddy.domain.ports import ConversationStore


class ThreadExpected(ThreadBranches):
    """A conversation with runs to be followed; each stays with the branch that has its answer."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        resolve: Resolve,
        limits: Limits,
        *,
        new: bool,
        known: Known = nobody,
    ) -> None:
        super().__init__(opened, store, resolve, limits, new=new, known=known)
        self._expected: dict[str, tuple[FollowedRun, Endpoint | None]] = {}
        """By their answers: the runs from before a restart that are not followed yet."""
        self._action_draft = ""
        """What was answered so far of what the last run requires."""

    def _is_written_elsewhere(self, answer: Message) -> bool:
        return super()._is_written_elsewhere(answer) and answer.id not in self._expected

    def expects(self, run: FollowedRun) -> bool:
        """Whether that run is one of those."""
        expected, _ = self._expected.get(run.answer_id, (None, None))
        return expected is not None and expected.run_id == run.run_id

    def expect(self, run: FollowedRun, endpoint: Endpoint | None) -> None:
        """Take a run from before a restart, which `follow` will be called with.

        Args:
            run: that run.
            endpoint: where it was started, or what stands in for that where it is not set up any
                more; `None` where nothing is chosen yet.
        """
        self._expected[run.answer_id] = run, endpoint

    def shows(self, run: FollowedRun) -> bool:
        """Whether the run's answer is in the branch that is shown: only there it is followed."""
        return any(message.id == run.answer_id for message in self._messages[1:])

    def _wanted_again(self, asked: Callable[[], Asked]) -> Asked | FollowedRun:
        """What is asked, or the run that was asked it and may still be going on."""
        wanted = asked()
        if wanted.variation is None or wanted.goes_on:
            return self._unseen_run(wanted) or wanted
        return wanted

    def _unseen_run(self, asked: Asked) -> FollowedRun | None:
        """The run of the last answer, where that is asked for again and may still go on."""
        last = self._messages[-1]
        if asked.replaced != (last,):
            return None
        if last.id in self._expected:
            return self._expected[last.id][0]
        if last.details is None or not unseen_end(last):
            return None
        run_id, thread_id = last.details.run_id, last.details.thread_id
        endpoint = self.head.endpoint
        return FollowedRun(run_id, thread_id, self.head.id, last.id, endpoint, self._action_draft)
