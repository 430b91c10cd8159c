"""What the screen knows of messages beside what they are themselves, for as long as it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript.look import Around, is_long


class Beside:
    """By the ids of messages; of those that nothing is known of, nothing is kept."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = monotonic
        self.outside: frozenset[str] = frozenset()
        """Those that the model does not get."""
        self.versions: Mapping[str, tuple[int, int]] = {}
        """Which of how many alternatives each is."""
        self._folds: dict[str, bool] = {}  # as the student chose
        self._open_thoughts: set[str] = set()
        self._began: dict[str, float] = {}  # when the first of the reasoning came
        self._seconds: dict[str, float] = {}  # for which the model thought

    def around(self, message: Message, *, last: bool) -> Around:
        """Return what is known of a message."""
        key = message.id
        return Around(
            last,
            key in self.outside,
            self.versions.get(key),
            self.is_folded(message),
            key in self._open_thoughts,
            self._seconds.get(key),
        )

    def is_folded(self, message: Message) -> bool:
        """Tell whether only the first lines of a message are shown."""
        if message.state is MessageState.STREAMING:
            return False
        folded = self._folds.get(message.id)
        return is_long(message) if folded is None else folded

    def fold(self, message: Message, folded: bool) -> bool:
        """Fold a message or unfold it; return whether that changes anything."""
        if message.state is MessageState.STREAMING or self.is_folded(message) is folded:
            return False
        self._folds[message.id] = folded
        return True

    def shows_thoughts(self, message_id: str) -> bool:
        """Tell whether the reasoning of a message is unfolded, if it has any."""
        return message_id in self._open_thoughts

    def show_thoughts(self, message_id: str, shown: bool) -> None:
        """Unfold the reasoning of a message, or fold it."""
        (self._open_thoughts.add if shown else self._open_thoughts.discard)(message_id)

    def thinks(self, message_id: str) -> None:
        """Note that reasoning comes."""
        self._began.setdefault(message_id, self.clock())

    def answers(self, message_id: str) -> float | None:
        """Note that the answer comes or is there; return the seconds of thinking before it, where
        they were not known."""
        began = self._began.pop(message_id, None)
        if began is None or message_id in self._seconds:
            return None
        self._seconds[message_id] = self.clock() - began
        return self._seconds[message_id]
