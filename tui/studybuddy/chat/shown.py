"""The branch of a conversation that is shown, and the way to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, MessageState, OpenConversation, Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.ports import ConversationStore
    from studybuddy.domain.tree import MessageTree

UNDER_WAY = Problem(
    ProblemKind.BAD_REQUEST,
    "An answer is being written.",
    "Wait for it, or stop it with Esc.",
)
ELSEWHERE = Problem(
    ProblemKind.BAD_REQUEST,
    "This is being answered in another window of StudyBuddy.",
    "Wait until it has ended there, or go on there.",
)


class ShownBranch:
    """The shown branch and its copy on disk. It is changed by one at a time."""

    def __init__(self, opened: OpenConversation, store: ConversationStore, *, new: bool) -> None:
        self.head = opened.head
        self._messages = list(opened.messages)
        self._alternatives = dict(opened.alternatives)
        self._store = store
        self._unsaved = new
        self._changing = asyncio.Lock()
        """Held while another branch becomes the shown one; turns wait for it."""

    @property
    def messages(self) -> Sequence[Message]:
        """The shown branch, oldest first."""
        return self._messages

    @property
    def alternatives(self) -> Mapping[str, tuple[int, int]]:
        """Of shown messages that have any: which one of how many it is, counted from 1."""
        return self._alternatives

    @property
    def busy(self) -> bool:
        """Whether a turn is under way here."""
        raise NotImplementedError

    @property
    def elsewhere(self) -> bool:
        """Whether its last answer is being written by another window of the app."""
        return bool(self._messages) and self._is_written_elsewhere(self._messages[-1])

    def _is_written_elsewhere(self, answer: Message) -> bool:
        return answer.state is MessageState.STREAMING and not self.busy

    async def refresh(self) -> bool:
        """Take over what other windows did; `False` where it was deleted for good.

        Does nothing while a turn is under way here.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        before = self.head
        opened = await self._store.load(before.id)
        if opened is None:
            return self._unsaved
        if not self.busy and self.head is before:
            self.head = opened.head
            self._messages = list(opened.messages)
            self._alternatives = dict(opened.alternatives)
            self._unsaved = False
        return True

    async def _catch_up(self) -> None:
        """The same, but read in full only where other windows changed what is shown.

        What is typed here, and where it is scrolled to, stays.
        """
        before = self.head
        if self._unsaved:
            return
        now = None
        if not self.elsewhere and not self.alternatives:
            shown = [message.id for message in self._messages]
            now = await self._store.unchanged(before.id, shown, alone=True)
        if now is None:
            await self.refresh()
        elif self.head is before:
            self.head = replace(now, draft=before.draft, scroll=before.scroll)

    async def tree(self) -> MessageTree:
        """All messages, as they are on disk.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        from studybuddy.domain.tree import MessageTree  # not before the first frame

        return MessageTree(await self._store.tree(self.head.id))

    async def show_alternative(self, message_id: str, by: int) -> bool:
        """Show what stands `by` places after a message of the shown branch in its place.

        `False` where there is none: nothing changes then.

        Raises:
            StudyBuddyError: while a turn is under way here, or where the disk fails.
        """
        async with self._changing:
            self._check_over()
            if not self._is_shown(message_id):
                return False
            tree = await self.tree()
            beside = tree.alternatives(message_id)
            place = beside.index(message_id) + by if message_id in beside else -1
            if by == 0 or not 0 <= place < len(beside):
                return False
            return await self._show(tree, tree.leaf_below(beside[place]))

    async def show_message(self, message_id: str) -> bool:
        """Make a branch that has the message the shown one; `False` as above.

        Raises:
            StudyBuddyError: while a turn is under way here, or where the disk fails.
        """
        async with self._changing:
            if self._is_shown(message_id):
                return True
            self._check_over()
            tree = await self.tree()
            if not tree.alternatives(message_id):  # deleted, or not of this conversation
                return False
            return await self._show(tree, tree.leaf_below(message_id))

    async def delete_message(self, message_id: str) -> tuple[str, ...]:
        """Delete a message of the shown branch; a question goes with all that answers it.

        Where a branch ended with that, what stood beside it is shown in its place. Returns the ids
        of what was deleted, for `restore_messages`; none where it is not shown, or was deleted in
        another window. All of it is done or nothing, and nothing where the caller is cancelled.

        Raises:
            StudyBuddyError: while a turn is under way, here or in another window, or where the
                disk fails.
        """
        async with self._changing:
            self._check_idle()
            if not self._is_shown(message_id):
                return ()
            tree = await self.tree()
            self._check_idle_there(tree)
            if not tree.alternatives(message_id):
                await self.refresh()
                return ()
            ids = with_answers(tree, message_id, self._messages)
            before = self.head, self._messages, self._alternatives
            try:
                await self._mark(tree, ids, deleted=True)
            except asyncio.CancelledError:
                # It is written all the same, and who asked is not told what to bring back.
                self.head, self._messages, self._alternatives = before
                with suppress(StudyBuddyError):
                    await asyncio.shield(
                        self._store.set_deleted(ids, False, show=self.head.leaf_id)
                    )
                raise
            return ids

    async def restore_messages(self, ids: Sequence[str]) -> None:
        """Bring back what was deleted, and show it.

        Raises:
            StudyBuddyError: as above.
        """
        async with self._changing:
            self._check_idle()
            tree = await self.tree()
            self._check_idle_there(tree)
            await self._mark(tree, ids, *ids[-1:], deleted=False)

    def _check_over(self) -> None:
        if self.busy:
            raise StudyBuddyError(UNDER_WAY)

    def _check_idle(self) -> None:
        self._check_over()
        if self.elsewhere:
            raise StudyBuddyError(ELSEWHERE)

    def _check_idle_there(self, tree: MessageTree) -> None:
        """The same, of answers that another window has begun since this one looked."""
        self._check_over()
        others = tree.messages.keys() - {message.id for message in self._messages}
        if any(self._is_written_elsewhere(tree.messages[one]) for one in others):
            raise StudyBuddyError(ELSEWHERE)

    def _is_shown(self, message_id: str) -> bool:
        return any(message.id == message_id for message in self._messages)

    async def _mark(
        self, before: MessageTree, ids: Sequence[str], wanted: str = "", *, deleted: bool
    ) -> None:
        """Delete messages or bring them back, and show what the branch is then.

        Where a message that is wanted is not in it, its branch is shown.
        """
        from studybuddy.domain.tree import MessageTree  # not before the first frame

        tree = MessageTree(
            replace(message, deleted=deleted) if message.id in ids else message
            for message in before.messages.values()
        )
        leaf_id = self._messages[-1].id if self._messages else None
        branch = tree.branch(leaf_id)
        if tree.alternatives(wanted) and all(message.id != wanted for message in branch):
            leaf_id = wanted
        elif branch:
            leaf_id = branch[-1].id
        end = tree.leaf_below(leaf_id) if leaf_id is not None else None
        await self._show(tree, end, lambda: self._store.set_deleted(ids, deleted, show=end))

    async def _show(
        self,
        tree: MessageTree,
        leaf_id: str | None,
        write: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Show the branch with that end, here and on disk, where it is on no thread.

        `write` brings it to disk together with what else is changed.
        """
        before = self.head, self._messages, self._alternatives
        self._messages = list(tree.branch(leaf_id))
        self._alternatives = tree.numbers(self._messages)
        self.head = shown = replace(self.head, leaf_id=leaf_id, thread_id="")
        try:
            await (write() if write else self._store.show(shown.id, leaf_id))
        except StudyBuddyError:
            if self.head is shown:
                self.head, self._messages, self._alternatives = before
            raise
        return True


def with_answers(tree: MessageTree, message_id: str, shown: Sequence[Message]) -> tuple[str, ...]:
    """A message's id; of a question with those of all answers to it, shown ones last."""
    if tree.messages[message_id].role is not Role.USER:
        return (message_id,)
    found = [message_id]
    for message in tree.messages.values():  # parents are written first
        answers = message.role is not Role.USER and not message.deleted
        if answers and message.parent_id in found:
            found.append(message.id)
    branch = [message.id for message in shown]
    return tuple(sorted(found, key=lambda one: branch.index(one) if one in branch else -1))
