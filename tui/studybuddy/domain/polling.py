"""When a run is looked at again: a pure rule, without a clock and without waiting.

The gaps between polls grow in proportion to the time that has passed: the next poll comes after
GROWTH of it, and never sooner than SHORTEST. A run that ends somewhere in a gap is noticed at the
gap's end, on average half a gap late:

* while gaps are SHORTEST = 0.3 s long, 150 ms late on average;
* after that a gap that begins at t ends at 1.18 t. Over the lengths L in it, (1.18 t - L) / L is
  on average 1.18 ln 1.18 / 0.18 - 1 = 8.5 percent, below the 10 percent that are asked for.

A run of 30 s then costs 1.67 / 0.3 = 6 polls until the gaps begin to grow, and
ln(30 / 1.67) / ln(1.18) = 17.5 more: at most 25. A strict worst case of 10 percent or 150 ms
would need 1.5 / 0.15 = 10 polls and ln(30 / 1.5) / ln(1.1) = 31.4 more, about 40 in all.
From LONGEST / GROWTH = 56 s on, gaps are LONGEST.

A server that holds a poll until something changes makes the end known at once and polls few; it
is asked again as soon as it has answered, though never more often in all than without holding.
Status and steps are what it takes for a change, not text: while a run is in progress and no stream
brings its text, a poll is held for READING only, so that the answer grows on the screen. In 30 s
that makes at most 30 / (READING + FLOOR) = 19 polls, and one for each change, within the schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import RunStatus

FLOOR = 0.1
"""Seconds between the end of a poll and the next one, at least."""
SHORTEST = 0.3
GROWTH = 0.18
LONGEST = 10.0
HOLD = 8.0
"""Seconds for which a server may hold a poll."""
READING = 1.5
"""The same, while the text grows that only polls can fetch."""
BESIDE = 10.0
"""Seconds between polls while a stream is silent, or the student is waited for; at least."""
GRACE = 15.0
"""Seconds after its expiry in which a server should say that a run has expired."""
UNKNOWN_LIFETIME = 660.0
"""Seconds after which a run that names no expiry is given up; OpenAI's live for ten minutes."""
PATIENCE = 120.0
"""Seconds for which polls may fail in a row."""
_FIRST_RETRY = 0.5
_LONGEST_RETRY = 8.0
_EARLY_CHANGES = 1
"""Polls that a holding server may cost beyond what the schedule has: a run's first changes."""

_ENDINGS = {
    ProblemKind.NOT_FOUND: "gone",
    ProblemKind.UNAUTHORIZED: "refused",
    ProblemKind.FORBIDDEN: "refused",
}


class GiveUp(StrEnum):
    """Why a run is not looked at again."""

    OVER = "over"  # it has ended
    GONE = "gone"  # the server does not know it
    REFUSED = "refused"  # the server does not let us see it
    OVERDUE = "overdue"  # it should have expired long ago
    UNREACHABLE = "unreachable"  # polls have failed for too long


@dataclass(frozen=True, slots=True)
class Poll:
    """The next look at the run."""

    after: float
    """Seconds from now."""
    hold: float = 0.0
    """Seconds for which the server may wait for a change."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a run that is watched; times are seconds."""

    elapsed: float
    """Since it began, or went on after it was answered or asked to end."""
    status: RunStatus = RunStatus.QUEUED
    polls: int = 0
    """In that time."""
    expires_in: float | None = None
    """Until its expiry, negative after it; `None` where it names none."""
    streaming: bool = False
    """Whether a stream of its events is open; `elapsed` and polls count all the same."""
    held: bool = False
    """Whether the server waited before its last answer."""
    poll_after: float | None = None
    """What the server asked to be given, in its last answer."""
    problem: Problem | None = None
    """What the last poll failed with; `None` where it worked."""
    failures: int = 0
    """Polls failed in a row."""
    failing_for: float = 0.0
    """Since the first of them."""


def next_poll(run: Watched) -> Poll | GiveUp:
    """When to look at the run again, or why not to."""
    if run.status.over:
        return GiveUp.OVER
    if run.problem is not None and run.problem.kind in _ENDINGS:
        return GiveUp(_ENDINGS[run.problem.kind])
    left = _left(run)
    if left < 0:
        return GiveUp.OVERDUE
    if run.failures and run.failing_for >= PATIENCE:
        return GiveUp.UNREACHABLE
    poll = _again(run)
    return Poll(max(FLOOR, min(poll.after, left)), poll.hold)


def _again(run: Watched) -> Poll:
    if run.failures:
        asked = run.problem.retry_after if run.problem else None
        delay = _FIRST_RETRY * 2 ** min(run.failures - 1, 10)
        return Poll(min(max(delay, asked or 0.0), _LONGEST_RETRY))
    hint = min(run.poll_after or 0.0, LONGEST)
    if run.streaming or run.status is RunStatus.REQUIRES_ACTION:
        return Poll(max(BESIDE, hint))
    hold = READING if run.status is RunStatus.IN_PROGRESS else HOLD
    if run.held and run.polls < polls_until(run.elapsed) + _EARLY_CHANGES:
        return Poll(FLOOR, hold)
    return Poll(max(gap(run.elapsed), hint), hold)


def gap(elapsed: float) -> float:
    """Seconds to the next poll where nothing else is known."""
    return min(max(SHORTEST, GROWTH * elapsed), LONGEST)


def polls_until(elapsed: float) -> float:
    """Polls that the gaps allow in that many seconds, as a number that grows smoothly."""
    grows, capped = SHORTEST / GROWTH, LONGEST / GROWTH
    if elapsed <= grows:
        return elapsed / SHORTEST
    first = 1 / GROWTH
    if elapsed <= capped:
        return first + math.log(elapsed / grows) / math.log1p(GROWTH)
    return polls_until(capped) + (elapsed - capped) / LONGEST


def _left(run: Watched) -> float:
    """Seconds until the run is overdue."""
    if run.expires_in is None:
        return UNKNOWN_LIFETIME - run.elapsed
    return run.expires_in + GRACE
