"""The history of usage: a record for every request and run, and sums over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from studybuddy.domain.messages import Mode
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage

MOST_COST = 2**62
"""Nanodollars of one record: more than all the money there is."""
LATEST = 253_370_764_800.0
"""Unix time, seconds, that a record can have: the year 9999, the last that dates know."""


class Purpose(StrEnum):
    """What a request was made for."""

    ANSWER = "answer"
    RUN = "run"  # of an assistant, all its requests together
    SUMMARY = "summary"
    TITLE = "title"
    ASK = "ask"  # by the command line


class Outcome(StrEnum):
    """How a request ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"  # by the student, or by a budget
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the app was gone before its end; or it is still under way


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks; it goes to the records, not to the server."""

    conversation_id: str = ""
    mode: Mode = Mode.COMPLETION
    purpose: Purpose = Purpose.ANSWER


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One request, or one run."""

    id: str
    """Of a run its own, so that two windows that follow it leave one record."""
    at: float
    """Unix time, seconds, at which it began."""
    endpoint: str
    model: str
    origin: Origin
    usage: Usage
    reported: bool
    """Whether the endpoint told the usage; else it was counted here."""
    cost: int | None
    """Nanodollars; `None` where the price was not known."""
    free: bool = False
    """Whether the model costs nothing."""
    kept: bool = False
    """Whether the answer was a kept one: nothing was sent, `usage` is what that saved."""
    first_token: float | None = None
    """Seconds until the first piece of the answer; `None` where none came."""
    duration: float | None = 0.0
    """Seconds from when the request left, without the time in which an engine was started for
    it; `None` where nobody saw it end."""
    outcome: Outcome = Outcome.COMPLETE

    @property
    def billed(self) -> bool:
        """Whether there is anything to pay for, at whatever price.

        There is not for a kept answer, nor where a request failed before the endpoint took it:
        that is nothing, which is not the same as $0, and has nothing to do with known prices.
        """
        unheard = self.outcome is Outcome.FAILED and not self.reported and self.usage == Usage()
        return not self.kept and not unheard

    def bounded(self) -> UsageRecord:
        """The same with numbers that can be stored and added up, whatever a server told."""
        return replace(
            self,
            at=_bounded(self.at, LATEST),
            usage=self.usage.bounded(),
            cost=None if self.cost is None else min(max(self.cost, 0), MOST_COST),
            first_token=None if self.first_token is None else _bounded(self.first_token, LATEST),
            duration=None if self.duration is None else _bounded(self.duration, LATEST),
        )


def _bounded(seconds: float, most: float) -> float:
    return min(seconds, most) if seconds > 0 else 0.0  # "not a number" too


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over records; those of kept answers count in `kept` and `saved` alone."""

    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = field(default_factory=Cost)
    kept: int = 0
    """Answers that were kept ones."""
    saved: Usage = field(default_factory=Usage)
    """What those would have used."""
    unbilled: int = 0
    """Requests, of `requests`, that failed before they could be billed."""

    @property
    def money(self) -> Cost | None:
        """What is paid for them; `None` where no request was billed: not even $0."""
        return self.cost if self.requests > self.unbilled else None

    def __add__(self, other: Total) -> Total:
        return Total(
            self.requests + other.requests,
            self.usage + other.usage,
            self.cost + other.cost,
            self.kept + other.kept,
            self.saved + other.saved,
            self.unbilled + other.unbilled,
        )

    @classmethod
    def of(cls, record: UsageRecord) -> Total:
        """Of one record."""
        if record.kept:
            return cls(kept=1, saved=record.usage)
        if not record.billed:
            return cls(1, unbilled=1)
        if record.cost is None:
            cost = Cost(unpriced=1, free=False)
        else:
            cost = Cost(record.cost, free=record.free)
        return cls(1, record.usage, cost)


class By(StrEnum):
    """What sums are grouped by."""

    DAY = "day"  # of the local calendar, as ISO dates
    MODEL = "model"
    MODE = "mode"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records are meant."""

    since: float | None = None
    """Unix time, seconds, included."""
    until: float | None = None
    """Unix time, seconds, not included."""
    conversation_id: str = ""
    """Empty for all."""
    without: frozenset[str] = frozenset()
    """Ids of records that are not meant."""


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a table of sums."""

    key: str
    """ISO date, model, mode, or conversation id."""
    label: str
    """As it is shown: a conversation's title; the key itself where there is none."""
    total: Total


class UsageLog(Protocol):
    """The records on disk. Every method is safe to call from the event loop.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def add(self, record: UsageRecord) -> None:
        """Write a record; one of the same id is replaced."""
        ...

    async def total(self, selection: Selection) -> Total:
        """The sum over the records that are meant."""
        ...

    async def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        """Sums by a key: days in their order, all else with the most tokens first."""
        ...

    async def records(self, selection: Selection) -> Sequence[UsageRecord]:
        """The records themselves, oldest first."""
        ...
