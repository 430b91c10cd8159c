"""The legal changes of a run's status, in one table, and the runs they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import structs

from studybuddy.engine.objects import Json, Run, RunState

TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    "queued": frozenset({"in_progress", "cancelling", "failed", "expired"}),
    "in_progress": frozenset(
        {"requires_action", "cancelling", "failed", "completed", "incomplete", "expired"}
    ),
    "requires_action": frozenset({"queued", "cancelling", "failed", "expired"}),
    "cancelling": frozenset({"cancelled"}),
    "cancelled": frozenset(),
    "failed": frozenset(),
    "completed": frozenset(),
    "incomplete": frozenset(),
    "expired": frozenset(),
}
"""From a status to those that may follow it (OpenAI's guide "Runs and run steps")."""

ErrorCode = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
Shortfall = Literal["max_completion_tokens", "max_prompt_tokens", "content_filter"]


class IllegalTransition(Exception):
    """A run was to go from a status to one that can't follow it."""

    def __init__(self, run: Run, status: RunState) -> None:
        super().__init__(f"{run.id} can't become {status}: it is {run.status}")
        self.run = run


def begun(run: Run, at: int) -> Run:
    """The run in progress; it keeps the time of its first beginning."""
    return _moved(run, "in_progress", started_at=run.started_at or at)


def parked(run: Run, calls: Sequence[Json]) -> Run:
    """The run waiting for the outputs of function calls, in the API's own form."""
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls)}}
    return _moved(run, "requires_action", required_action=action)


def requeued(run: Run) -> Run:
    """The run with its outputs submitted, to be taken up again."""
    return _moved(run, "queued", required_action=None)


def cancelling(run: Run) -> Run:
    """The run about to be cancelled."""
    return _moved(run, "cancelling", required_action=None)


def cancelled(run: Run, at: int, usage: Json | None = None) -> Run:
    """The run cancelled."""
    return _moved(run, "cancelled", cancelled_at=at, expires_at=None, usage=usage)


def completed(run: Run, at: int, usage: Json) -> Run:
    """The run with all done."""
    return _moved(run, "completed", completed_at=at, expires_at=None, usage=usage)


def incomplete(run: Run, reason: Shortfall, usage: Json) -> Run:
    """The run ended by a limit; the API has no time for it."""
    details = {"reason": reason}
    return _moved(run, "incomplete", incomplete_details=details, expires_at=None, usage=usage)


def failed(run: Run, at: int, code: ErrorCode, message: str, usage: Json | None = None) -> Run:
    """The run ended by an error, told in a sentence."""
    error = {"code": code, "message": message}
    return _moved(
        run,
        "failed",
        failed_at=at,
        last_error=error,
        required_action=None,
        expires_at=None,
        usage=usage,
    )


def expired(run: Run, usage: Json | None = None) -> Run:
    """The run out of time; `expires_at` stays, since nothing else tells when."""
    return _moved(run, "expired", required_action=None, usage=usage)


def _moved(run: Run, status: RunState, **fields: Any) -> Run:
    if status not in TRANSITIONS[run.status]:
        raise IllegalTransition(run, status)
    return structs.replace(run, status=status, **fields)
