"""What the meter shows, and the detail behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from studybuddy.domain.limits import BudgetState, Overflow, Room
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Count, Usage


@dataclass(frozen=True, slots=True)
class Reading:
    """The meter as it stands, at one moment of one conversation."""

    draft: Count = field(default_factory=Count)
    request: Count = field(default_factory=Count)
    """Prompt tokens that sending now would have; with an empty draft, of the context alone."""
    room: Room = field(default_factory=Room)
    used: Usage | None = None
    """Tokens of all of this conversation's requests; `None` before the first."""
    cost: Cost | None = None
    """What they cost; `None` before the first."""
    session: Cost | None = None
    """What this run of the app cost so far; `None` before the first request."""
    sending: Cost | None = None
    """What the prompt of sending now costs, at least; `None` with an empty draft."""
    answer: int = 0
    """Tokens of the answer that is coming, estimated; 0 when none is."""
    budgets: tuple[BudgetState, ...] = ()
    """Nearest to its end first; none where none is set."""
    characters: int = 0
    """Of the draft."""
    most_characters: int = 0
    """That a prompt may have; 0 for any number."""
    outside: frozenset[str] = frozenset()
    """Ids of the messages that would be left out, or stand in a summary, as found at rest."""
    kept_back: int = 0
    """Tokens of the room that stay free because the request is an estimate; 0 where it is exact."""

    @property
    def context(self) -> Count:
        """What fills the context window by now: the request, and the answer that is coming."""
        return Count(self.request.tokens + self.answer, self.request.exact and not self.answer)

    @property
    def share(self) -> float | None:
        """Share of the context window that request and answer fill; `None` where unknown."""
        if not self.room.window:
            return None
        return self.context.tokens / self.room.window


class PartKind(StrEnum):
    """What a part of the context is."""

    SYSTEM = "system"  # the system prompt, or an assistant's instructions
    EXAMPLES = "examples"  # few-shot examples
    TOOLS = "tools"
    NOTES = "notes"  # passages of files
    SUMMARY = "summary"  # stands for the turns that it sums up
    MESSAGE = "message"
    DRAFT = "draft"
    OVERHEAD = "overhead"  # what the chat format adds


class Place(StrEnum):
    """Where a part is, seen from the next request."""

    INSIDE = "inside"
    DROPPED = "dropped"  # does not fit, and is left out
    SUMMARISED = "summarised"  # stands in the summary
    LEFT_OUT = "left out"  # failed and stopped turns never enter the context
    SERVER = "server"  # the server decides, or knows


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the detail."""

    kind: PartKind
    label: str
    """One line: who speaks, and how the text begins."""
    count: Count
    place: Place = Place.INSIDE
    message_id: str = ""
    pinned: bool = False
    reported: Usage | None = None
    """For an answer, what the endpoint told of the request that made it."""
    text: str = ""
    """What the tokens are of; empty where there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class ContextReport:
    """What the next request would be made of."""

    parts: tuple[Part, ...] = ()
    request: Count = field(default_factory=Count)
    """What is inside, all together."""
    room: Room = field(default_factory=Room)
    overflow: Overflow = Overflow.REFUSE
    """What is set to happen where it does not fit."""
    sending: Cost = field(default_factory=Cost)
    """What sending now would cost, the answer left out."""
    longest_answer: Cost | None = None
    """What the answer would add if it filled its reserve; `None` where that is not known."""
    facts_from: str = ""
    """Where window and price are from, with the date."""
    kept_back: int = 0
    """Tokens of the room that stay free because the request is an estimate; 0 where it is exact."""
