"""When a failed request is tried again."""

from __future__ import annotations

from studybuddy.domain.problems import Problem

MAX_ATTEMPTS = 4
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0
_LONGEST_ASKED = 60.0


def retry_delay(problem: Problem, attempts: int, jitter: float) -> float | None:
    """Seconds to wait before the next attempt, or `None` to give up.

    Args:
        problem: what the last attempt ended with.
        attempts: how many have been made, at least 1.
        jitter: a number from 0 to 1 that spreads clients apart.

    A server's own Retry-After is kept to where it is bearable (up to a minute); otherwise
    the delay doubles from one second, up to a quarter of it taken off by `jitter`.
    """
    if not problem.transient or attempts >= MAX_ATTEMPTS:
        return None
    if problem.retry_after is not None:
        return problem.retry_after if problem.retry_after <= _LONGEST_ASKED else None
    delay: float = min(_FIRST_DELAY * 2 ** (attempts - 1), _LONGEST_DELAY)
    return delay * (1 - 0.25 * jitter)
