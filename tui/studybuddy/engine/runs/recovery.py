"""Runs that an earlier engine left unfinished: resumed, or ended with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import structs

from studybuddy.engine.objects import ACTIVE, Message, Run, RunStep, now
from studybuddy.engine.runs.endings import end_early, open_messages
from studybuddy.engine.runs.notes import read_note, usage_object, usage_sum
from studybuddy.engine.runs.ports import RunParts
from studybuddy.engine.runs.problems import RunFailure
from studybuddy.engine.store.objects import Objects

_STOPPED = "The engine was stopped meanwhile; the model was asked again."
_GONE = (
    "This answer was broken off by a restart, and the model that wrote it is not at hand any more. "
    "Ask again."
)


@dataclass(slots=True)
class Recovered:
    """What was found."""

    resumed: list[Run] = field(default_factory=list)
    parked: list[Run] = field(default_factory=list)
    count: int = 0
    """Of all runs that were not over."""


def recover(objects: Objects, parts: RunParts) -> Recovered:
    """Bring every unfinished run into a state that it may have, within a transaction.

    A run that waits for outputs goes on waiting. One that was queued or in progress begins again
    after what it has completed, unless its upstream is not known any more.
    """
    found = Recovered()
    for run in objects.all(Run, status=ACTIVE):
        found.count += 1
        if run.status == "cancelling":
            end_early(objects, run, "cancelled")
        elif run.expires_at is not None and run.expires_at <= now():
            end_early(objects, run, "expired")
        elif run.status == "requires_action":
            found.parked.append(run)
        elif parts.asker_for(str(objects.note(run).get("upstream", ""))) is None:
            end_early(objects, run, "failed", failure=RunFailure("server_error", _GONE))
        else:
            _drop_attempt(objects, run)
            found.resumed.append(run)
    return found


def _drop_attempt(objects: Objects, run: Run) -> None:
    """Undo an answer that was under way: it will be given again, and its tools called again."""
    for message in open_messages(objects, run):
        objects.delete(message)
    before: RunStep | None = None
    for step in objects.all(RunStep, parent=run.id):
        if step.status == "in_progress" and step.type == "message_creation":
            objects.delete(step)
        elif step.status == "in_progress":
            _drop_calls(objects, step, before)
        before = step


def _drop_calls(objects: Objects, step: RunStep, before: RunStep | None) -> None:
    """Give up calls, and the text of the same answer, whose step is the one before."""
    usages = [read_note(objects.note(step)).usage]
    if before is not None and before.type == "message_creation":
        usages.append(before.usage)
        message_id = before.step_details["message_creation"]["message_id"]
        message = objects.get(Message, message_id, parent=step.thread_id)
        if message is not None:
            objects.delete(message)
        objects.delete(before)
    objects.update(
        structs.replace(
            step,
            status="failed",
            failed_at=now(),
            last_error={"code": "server_error", "message": _STOPPED},
            usage=usage_object(usage_sum(usages)),
        )
    )
