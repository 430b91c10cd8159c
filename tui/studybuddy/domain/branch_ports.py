"""What the core asks of a store of conversations about single messages and their branches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from studybuddy.domain.messages import Conversation, Message


class BranchStore(Protocol):
    """The part of a `ConversationStore` that is about the branches of a conversation.

    A thread that is stored agrees with the branch that is shown, whatever other windows do: each
    change of the branch leaves the thread in the same transaction, unless it says that the thread
    has it too.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def add(
        self,
        conversation_id: str,
        *messages: Message,
        shown: Sequence[str] | None = None,
        thread_id: str = "",
    ) -> None:
        """Store messages and move the conversation's leaf to the last one, in one transaction.

        Moves `updated_at` to now. A STREAMING message belongs to this instance until it is
        finished.

        Args:
            conversation_id: the conversation.
            messages: oldest first.
            shown: ids of the branch that is shown before them, oldest first, as far as the caller
                knows; `None` where that does not matter.
            thread_id: the conversation's thread, where that gets them too; it is left else.

        Raises:
            StudyBuddyError: also where the conversation does not exist (any more), and with
                SHOWN_OTHERWISE where another branch is shown, or another thread has it.
        """
        ...

    async def unchanged(
        self, conversation_id: str, shown: Sequence[str], *, alone: bool = False
    ) -> Conversation | None:
        """The head, where the messages of those ids are the shown branch; else `None`.

        With `alone`, they must also be all there is but for what is deleted: no alternatives.
        It is much less work than `load`, as no text is read.
        """
        ...

    async def tree(self, conversation_id: str) -> Sequence[Message]:
        """All messages of a conversation in the order of writing, those that are deleted too."""
        ...

    async def show(self, conversation_id: str, leaf_id: str | None) -> None:
        """Make the branch that ends with that message the shown one, and leave the thread.

        Does nothing where the message is none of the conversation's.
        """
        ...

    async def set_deleted(
        self, message_ids: Sequence[str], deleted: bool, *, show: str | None = None
    ) -> None:
        """Delete messages, or bring them back, and leave the thread, all in one transaction.

        What follows a deleted message stays, and `load` shows the branch without it.

        Args:
            message_ids: of one conversation.
            deleted: whether they are deleted from here on.
            show: the end of the branch that is shown from here on, as `show` would; `None` for
                what is left of the one that is shown.
        """
        ...

    async def insert(self, conversation: Conversation, messages: Sequence[Message]) -> int:
        """Store a whole conversation, its alternatives included, in one transaction.

        Where the conversation is there already, its head stays as it is, and the messages that it
        has not are added. Returns how many messages were added.
        """
        ...

    async def set_thread(
        self, conversation_id: str, thread_id: str, shown: Sequence[str] = ()
    ) -> bool:
        """Write the server's thread, which has just what is shown; empty for none.

        `shown` are the ids of the branch that the thread was made for, oldest first. Where that is
        not what is shown by now, nothing is written, and it returns `False`.
        """
        ...
