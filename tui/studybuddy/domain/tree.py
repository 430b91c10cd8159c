"""All messages of a conversation, with the alternatives among them.

A deleted message is passed through: what follows it follows the one before it. So messages stand
in for each other where the nearest message before them that is not deleted is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from studybuddy.domain.messages import Message, MessageState, Role


class MessageTree:
    """The messages of one conversation; it ends and loses none also where parents are damaged."""

    def __init__(self, messages: Iterable[Message]) -> None:
        """Take all messages in the order of writing, the deleted ones too."""
        self._messages = {message.id: message for message in messages}
        self._before: dict[str, str | None] = {}
        """The nearest message before each that is not deleted; `None` for a first one."""
        self._after: dict[str | None, list[str]] = {}
        """Those that are not deleted by the nearest one before them, oldest first."""
        self._latest: dict[str | None, str] = {}
        """The latest leaf below each that is not deleted, and of the whole tree."""
        self._connect()

    @property
    def messages(self) -> Mapping[str, Message]:
        """All of them by their ids, in the order of writing, the deleted ones too."""
        return self._messages

    def branch(self, leaf_id: str | None) -> tuple[Message, ...]:
        """What is shown of the branch that ends with that message, oldest first.

        Where that message is deleted, the branch goes on from what is left of it to the latest
        leaf there, so that nothing stays out of reach. Empty for `None` and an unknown id.
        """
        if leaf_id is None or leaf_id not in self._messages:
            return ()
        at: str | None = leaf_id
        if self._messages[leaf_id].deleted:
            left = self._before[leaf_id]
            at = self._latest.get(left, left)
        shown = []
        while at is not None:
            shown.append(self._messages[at])
            at = self._before[at]
        return tuple(reversed(shown))

    def alternatives(self, message_id: str) -> tuple[str, ...]:
        """Ids of those that can stand in its place, oldest first, itself included.

        Empty for a message that is deleted or unknown.
        """
        message = self._messages.get(message_id)
        if message is None or message.deleted:
            return ()
        return tuple(self._after[self._before[message_id]])

    def numbers(self, branch: Iterable[Message]) -> dict[str, tuple[int, int]]:
        """Of those messages that have alternatives: which one of how many, counted from 1."""
        beside = {message.id: self.alternatives(message.id) for message in branch}
        return {
            message_id: (ids.index(message_id) + 1, len(ids))
            for message_id, ids in beside.items()
            if len(ids) > 1
        }

    def leaf_below(self, message_id: str) -> str:
        """The latest leaf of the branches through that message; itself where none is below.

        An answer that came to nothing is it only where there is no other.
        """
        return self._latest.get(message_id, message_id)

    def _connect(self) -> None:
        order = {message_id: number for number, message_id in enumerate(self._messages)}

        def rank(message_id: str) -> tuple[bool, int]:
            return not came_to_nothing(self._messages[message_id]), order[message_id]

        found = self._parents_first()
        for message_id, parent_id in found:
            before = parent_id
            if parent_id is not None and self._messages[parent_id].deleted:
                before = self._before[parent_id]
            self._before[message_id] = before
            if not self._messages[message_id].deleted:
                self._after.setdefault(before, []).append(message_id)
        for alternatives in self._after.values():
            alternatives.sort(key=order.__getitem__)
        for message_id, _ in reversed(found):
            if self._messages[message_id].deleted:
                continue
            leaf = self._latest.setdefault(message_id, message_id)
            before = self._before[message_id]
            other = self._latest.get(before)
            if other is None or rank(leaf) > rank(other):
                self._latest[before] = leaf

    def _parents_first(self) -> list[tuple[str, str | None]]:
        """Each message once with its parent; a parent that is missing or in a loop is none."""
        children: dict[str | None, list[str]] = {}
        for message in self._messages.values():
            known = message.parent_id in self._messages
            children.setdefault(message.parent_id if known else None, []).append(message.id)
        found: dict[str, str | None] = {}
        # After those that a first message leads to come those of loops, begun at their oldest.
        for start in (*children.get(None, ()), *self._messages):
            if start in found:
                continue
            found[start] = None
            waiting = deque([start])
            while waiting:
                at = waiting.popleft()
                for child in children.get(at, ()):
                    if child not in found:
                        found[child] = at
                        waiting.append(child)
        return list(found.items())


def came_to_nothing(message: Message) -> bool:
    """Whether it is an answer that ended without a word."""
    return (
        message.role is Role.ASSISTANT
        and message.state not in (MessageState.COMPLETE, MessageState.STREAMING)
        and not message.text
    )
