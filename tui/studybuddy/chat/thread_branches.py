"""A conversation's branches and its threads: the thread has just what is shown, or is left."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.thread_place import ThreadPlace
from studybuddy.chat.thread_question import question_of
from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.chat.asked import Asked
    from studybuddy.chat.run_start import Question
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.messages import Message
    from studybuddy.domain.tree import MessageTree

_log = logging.getLogger(__name__)


class ThreadBranches(ThreadPlace):
    """A conversation whose thread is left, as it is, where another branch comes to be shown.

    The next question is then asked on a thread that has just what is shown: on one that was left,
    where its messages say so, or on a new one that is made from them. So a thread that is stored
    agrees with the branch, also after a kill and beside other windows: the store leaves it in the
    transaction that changes the branch, and takes one only for what is shown by then.
    """

    _threads: frozenset[str] = frozenset()
    """Those that this session asked on; a copy of the conversation names them too, but may not."""

    async def keep_thread(self, thread_id: str) -> None:
        """Use this thread from here on; empty for one that is yet to be made."""
        self._threads |= {self.head.thread_id, thread_id} - {""}
        await super().keep_thread(thread_id)

    async def leave_thread(self) -> None:
        """Ask on another thread from here on; this one stays as it is.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        if self.head.thread_id:
            await self.keep_thread("")

    def question(self, asked: Asked, model: str = "") -> Question:
        """What a turn asks of the server."""
        self._threads |= {self.head.thread_id} - {""}
        earlier = self.branch(asked)[:-1]
        return question_of(
            asked, self.head, self._messages, earlier, threads=self._threads, model=model
        )

    async def knowing_all_runs(self, question: Question) -> Question:
        """The same question, with the runs of branches that are not shown: it is none of theirs."""
        if not question.maybe_asked:
            return question
        with suppress(StudyBuddyError):  # then it is asked as far as it is known
            messages = (await self.tree()).messages.values()
            runs = {m.details.run_id for m in messages if m.details and m.details.run_id}
            return replace(question, known_runs=question.known_runs | runs)
        return question

    async def come_back(self, asked: Asked, answer: Message) -> bool:
        """Show what left the branch for a turn that came to nothing.

        A run that may still go on is looked for where its answer is shown.
        """
        if answer.state is MessageState.INTERRUPTED:
            return False
        return await super().come_back(asked, answer)

    async def _show(
        self,
        tree: MessageTree,
        leaf_id: str | None,
        write: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        self._threads |= {self.head.thread_id} - {""}
        return await super()._show(tree, leaf_id, write)


class AsidePlace:
    """A `run_start.Place` with a thread that serves for one run; the conversation has its own."""

    def __init__(self, place: ThreadPlace) -> None:
        """Take the place of the conversation."""
        self._place = place
        self.thread_id = ""

    @property
    def assistant_id(self) -> str:
        """The assistant chosen."""
        return self._place.assistant_id

    async def keep_thread(self, thread_id: str) -> None:
        """Use this thread from here on."""
        self.thread_id = thread_id

    async def find_assistant(self) -> Assistant | None:
        """The assistant that stands for the one chosen."""
        return await self._place.find_assistant()

    async def choose(self, assistant: Assistant) -> None:
        """Let this assistant answer from here on."""
        await self._place.choose(assistant)
