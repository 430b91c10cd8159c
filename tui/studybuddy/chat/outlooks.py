"""What came of fitting a conversation into the context window, and what would come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studybuddy.chat.plans import Plan, placed
from studybuddy.chat.rooms import spent_on
from studybuddy.domain.limits import DoesNotFit, Overflow, Room, Spent
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.weighing import Weighed
    from studybuddy.domain.messages import Role


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversation as it can be sent."""

    messages: tuple[tuple[Role, str], ...]
    count: Count = field(default_factory=Count)
    """Its prompt tokens."""
    room: Room = field(default_factory=Room)
    dropped: tuple[str, ...] = ()
    """Ids of the messages that were left out, and that no summary stands for."""
    summarised: tuple[str, ...] = ()
    """Ids of those that a summary stands for."""
    max_completion_tokens: int | None = None
    """The longest answer to ask for; `None` for the model's own limit."""
    facts: ModelFacts = field(default_factory=ModelFacts)
    """What is known of the model."""

    @property
    def coming(self) -> Spent:
        """What sending it uses at least."""
        return spent_on(self.facts, self.count.tokens)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be sent, as far as it can be known without asking anybody."""

    plan: Plan | DoesNotFit
    weighed: Weighed
    room: Room
    overflow: Overflow
    facts: ModelFacts
    count: Count
    """Prompt tokens; of all of it, where it would be refused."""
    alone: Count
    """The same without the question."""

    @property
    def placed(self) -> Plan:
        """What would be sent; all of it, where it would be refused."""
        return placed(self.plan, self.weighed)
