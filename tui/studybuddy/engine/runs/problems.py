"""Failures of an upstream, as a run tells them, and which of them may pass."""

from __future__ import annotations

from dataclasses import dataclass

from studybuddy.engine.errors import ApiError
from studybuddy.engine.runs.transitions import ErrorCode, Shortfall
from studybuddy.engine.upstream.problems import UNREACHABLE

_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_FINAL_CODES = frozenset({"insufficient_quota", "model_failed", "upstream_malformed"})
_RETRIES_WHEN_OFF = 2
_LONGEST_WAIT = 60.0  # seconds that an upstream may ask for
LOADING = "model_loading"
"""The code of an upstream whose model is still being loaded."""
OVERFLOW = "context_length_exceeded"


@dataclass(slots=True)
class RunFailure(Exception):
    """The run can't go on."""

    code: ErrorCode
    sentence: str


@dataclass(slots=True)
class RunShortfall(Exception):
    """The run has used up what it may."""

    reason: Shortfall


def failure_of(error: ApiError) -> RunFailure:
    """The failure of a run whose upstream refused or broke."""
    message = error.message.strip()
    if error.status == 429:
        return RunFailure("rate_limit_exceeded", message)
    if error.code == OVERFLOW:
        advice = "Start a new thread, or give the run a truncation strategy."
        return RunFailure("invalid_prompt", f"{message} {advice}")
    if error.status in (400, 413, 422):
        return RunFailure("invalid_prompt", message)
    return RunFailure("server_error", message)


def may_pass(error: ApiError) -> bool:
    """Whether the same request may well succeed a little later."""
    return error.status in _PASSING and error.code not in _FINAL_CODES


def tries_kept(error: ApiError, retries: int) -> int:
    """How many of the new tries are not made: a server that is off seldom comes up by itself."""
    return max(0, retries - _RETRIES_WHEN_OFF) if error.code == UNREACHABLE else 0


def wait_before(error: ApiError, usual: float) -> float:
    """Seconds to wait before the next try: what the upstream says, else `usual`."""
    headers = {name.lower(): value for name, value in error.headers.items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return min(_LONGEST_WAIT, max(0.0, float(headers[name]) * unit))
        except (KeyError, ValueError):
            continue
    return usual
