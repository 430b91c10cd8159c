"""What endpoints reported of the last requests, and what exactly these were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Role
    from studybuddy.domain.usage import Usage

_MOST = 64
"""Conversations of which the last request is kept."""
_COUNTED = 4
"""Counts that are kept of each: of its context, of it with the draft, and those before."""
_FACTOR, _HIDDEN = 4, 8000
"""A report is believed where it is so many times the count, and so many tokens that are not seen,
apart from it at most: some servers tell only what was not in their cache, or nonsense."""


@dataclass(frozen=True, slots=True)
class Report:
    """A request for an answer, and what its endpoint told of it."""

    endpoint: str
    """Its name."""
    model: str
    """As it was asked for; empty for the endpoint's own."""
    messages: tuple[tuple[Role, str], ...]
    usage: Usage
    taken: bool = True
    """Whether it was answered, and not only counted."""

    def begins(self, messages: tuple[tuple[Role, str], ...]) -> bool:
        """Whether another request would begin with all that this one had."""
        return messages[: len(self.messages)] == self.messages

    @property
    def tells_answer(self) -> bool:
        """Whether it says how long the answer was."""
        return self.usage.completion > self.usage.reasoning

    def is_plausible(self, counted: int) -> bool:
        """Whether it can be true of a request that was counted as so many prompt tokens."""
        reported = self.usage.prompt
        return reported > 0 and counted / _FACTOR <= reported <= counted * _FACTOR + _HIDDEN


class Reports:
    """The last report of each conversation, of this run of the app."""

    def __init__(self) -> None:
        self._last: dict[str, Report] = {}
        self._counted: dict[str, tuple[Report, ...]] = {}

    def keep(self, conversation_id: str, report: Report) -> None:
        """Take a report in place of the one before."""
        self._last.pop(conversation_id, None)
        self._last[conversation_id] = report
        if len(self._last) > _MOST:
            del self._last[next(iter(self._last))]

    def keep_count(self, conversation_id: str, report: Report) -> None:
        """Take what the endpoint's own tokenizer counted of a request that was not sent."""
        kept = self._counted.pop(conversation_id, ())
        self._counted[conversation_id] = (report, *kept)[:_COUNTED]
        if len(self._counted) > _MOST:
            del self._counted[next(iter(self._counted))]

    def of(self, conversation_id: str, endpoint: Endpoint, window: int | None) -> list[Report]:
        """What was told by who answers now, of the longest requests first.

        Nobody answers more than the window holds: where that was told, one of the two is wrong,
        and nothing may be refused for it.
        """
        last = self._last.get(conversation_id)
        told = [*([last] if last else []), *self._counted.get(conversation_id, ())]
        who = endpoint.name, endpoint.model
        ours = [
            report
            for report in told
            if (report.endpoint, report.model) == who
            and (not report.taken or window is None or report.usage.prompt <= window)
        ]
        return sorted(ours, key=lambda report: len(report.messages), reverse=True)

    def last(self, conversation_id: str) -> Report | None:
        """What was reported last of a conversation; `None` where nothing was."""
        return self._last.get(conversation_id)
