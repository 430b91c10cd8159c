"""The text of a run's answer, put together from its messages as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studybuddy.domain.assistant_ports import MessageDelta, ThreadMessage
from studybuddy.domain.events import TextDelta, TextReplaced
from studybuddy.domain.messages import Role
from studybuddy.domain.runs import Citation

BETWEEN = "\n\n"
"""Stands between two messages of one run."""
_AGAIN = 10
"""Characters of an answer's beginning that are no accident where they come again."""
_SEAM = 500
"""Characters that are looked at again with each that comes, where a run goes on with a text."""


class RunText:
    """Joins the messages of one run, and says how what is shown has to change.

    Whatever way the pieces come, what was told adds up to `text`: deltas are added, and a
    TextReplaced takes the place of all before it.
    """

    def __init__(self, shown: str = "", goes_on: int = 0, question: str = "") -> None:
        """Take what is shown already.

        Args:
            shown: from before a restart, or of an answer that was cut.
            goes_on: how many characters of that are of the answer that was cut: the run goes on
                from them.
            question: that is answered.
        """
        self._shown = [shown] if shown else []
        self._before = shown[:goes_on]
        self._question = question
        self._came = 0
        """Characters of deltas."""
        self._messages: dict[str, list[str]] = {}
        self._citations: dict[str, tuple[Citation, ...]] = {}
        self._open: set[str] = set()
        """Messages that are known to be unfinished."""

    @property
    def text(self) -> str:
        """The whole text that was told."""
        if len(self._shown) > 1:
            self._shown = ["".join(self._shown)]
        return self._shown[0] if self._shown else ""

    @property
    def written(self) -> str:
        """What of it the run wrote."""
        return self.text[len(self._before) :]

    @property
    def goes_on(self) -> int:
        """How many characters of it were there before the run."""
        return len(self._before)

    @property
    def messages(self) -> Mapping[str, str]:
        """What came of each message, by its id; under "" what was shown where none is known."""
        if not self._messages:
            return {"": self.written} if self.written else {}
        return {message_id: "".join(parts) for message_id, parts in self._messages.items()}

    @property
    def whole(self) -> bool:
        """Whether each message that is known is known to its end."""
        return not self._open

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Of all messages, counted in the whole text."""
        moved: list[Citation] = []
        start = len(self.text) - len(self._joined)  # before the run's first message
        for message_id, parts in self._messages.items():
            text = "".join(parts)
            if not text:
                continue
            moved.extend(
                replace(cited, start=cited.start + start, end=cited.end + start)
                for cited in self._citations.get(message_id, ())
            )
            start += len(text) + len(BETWEEN)
        return tuple(moved)

    def add(self, delta: MessageDelta) -> TextDelta | TextReplaced | None:
        """Take more of a message; `None` where nothing changes."""
        if not delta.text:
            return None
        self._open.add(delta.message_id)
        parts = self._messages.setdefault(delta.message_id, [])
        last = next(reversed(self._messages)) == delta.message_id
        begins, first = not parts, not any(self._messages.values())
        parts.append(delta.text)
        # Text from before a restart is not of these messages: the two must be compared.
        if not last or (first and self._shown) or self._at_seam(delta):
            return self._tell()
        told = BETWEEN + delta.text if begins and not first else delta.text
        self._shown.append(told)
        return TextDelta(told)

    def see(self, message: ThreadMessage) -> TextDelta | TextReplaced | None:
        """Take a message as it is; it replaces what came of it."""
        self._take(message)
        return self._tell()

    def settle(self, messages: Sequence[ThreadMessage]) -> TextDelta | TextReplaced | None:
        """Take all messages of the run as the server has them, oldest first."""
        self._messages.clear()
        self._citations.clear()
        self._open.clear()
        for message in messages:
            self._take(message)
        return self._tell()

    def has(self, messages: Sequence[ThreadMessage]) -> bool:
        """Whether these messages tell no text that is not known."""
        known = {message_id: "".join(parts) for message_id, parts in self._messages.items()}
        return all(
            known.get(message.id, "") == message.text
            for message in messages
            if message.role is Role.ASSISTANT
        )

    def _take(self, message: ThreadMessage) -> None:
        if message.role is not Role.ASSISTANT:
            return
        self._messages[message.id] = [message.text] if message.text else []
        self._citations[message.id] = message.citations
        if message.complete:
            self._open.discard(message.id)
        else:
            self._open.add(message.id)

    def _tell(self) -> TextDelta | TextReplaced | None:
        """The change from what is shown to what should be."""
        now = self._before + self._going_on(self._joined)
        shown = self.text
        if now == shown:
            return None
        self._shown = [now]
        if now.startswith(shown):
            return TextDelta(now[len(shown) :])
        return TextReplaced(now)

    @property
    def _joined(self) -> str:
        """What the run's messages are together."""
        return BETWEEN.join("".join(parts) for parts in self._messages.values() if parts)

    def _at_seam(self, delta: MessageDelta) -> bool:
        """Whether what comes may yet be what the text before ended with."""
        self._came += len(delta.text)
        return bool(self._before) and (self._came < _SEAM or not self.written)

    def _going_on(self, written: str) -> str:
        """What the run wrote, as it goes on from what was there before."""
        if not self._before:
            return written
        from studybuddy.chat.seam import Seam

        seam = Seam(self._before, self._question)
        begun = seam.add(written)
        again = written.strip()
        if not begun and len(again) >= _AGAIN and self._before.lstrip().startswith(again):
            return ""  # it began from the beginning, and got no further
        return begun if self._open else begun + seam.end()
