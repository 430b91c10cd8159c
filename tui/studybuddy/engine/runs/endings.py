"""Runs that end before they are done: what they had under way is ended with them."""

from __future__ import annotations

from typing import Literal

from msgspec import structs

from studybuddy.engine.objects import Json, Message, Run, RunStep, now
from studybuddy.engine.runs import transitions
from studybuddy.engine.runs.broadcast import Told
from studybuddy.engine.runs.notes import read_note, usage_object, usage_sum
from studybuddy.engine.runs.problems import RunFailure
from studybuddy.engine.store.objects import Objects

Ending = Literal["cancelled", "failed", "expired"]


def end_early(
    objects: Objects,
    run: Run,
    ending: Ending,
    *,
    draft: Message | None = None,
    failure: RunFailure | None = None,
) -> list[Told]:
    """End a run within a transaction, and return what is to be told of it.

    Args:
        objects: the transaction's.
        run: as it is stored.
        ending: how it ends.
        draft: a message in progress with the text that is not stored yet.
        failure: why it failed.

    Raises:
        IllegalTransition: where the run can't end so.
    """
    at = now()
    told: list[Told] = []
    for message in open_messages(objects, run):
        content = draft.content if draft and draft.id == message.id else message.content
        message = structs.replace(
            message,
            content=content,
            status="incomplete",
            incomplete_at=at,
            incomplete_details={"reason": f"run_{ending}"},
        )
        objects.update(message)
        told.append(Told("thread.message.incomplete", message))
    usages: list[Json | None] = []
    for step in objects.all(RunStep, parent=run.id):
        if step.status == "in_progress":
            usage = read_note(objects.note(step)).usage
            error = {"code": _step_code(failure), "message": failure.sentence} if failure else None
            times = {f"{ending}_at": at}
            step = structs.replace(step, status=ending, usage=usage, last_error=error, **times)
            objects.update(step)
            told.append(Told(f"thread.run.step.{ending}", step))
        usages.append(step.usage)
    usage = usage_object(usage_sum(usages))
    match ending:
        case "cancelled":
            run = transitions.cancelled(run, at, usage)
        case "expired":
            run = transitions.expired(run, usage)
        case "failed":
            assert failure is not None
            run = transitions.failed(run, at, failure.code, failure.sentence, usage)
    objects.update(run)
    told.append(Told(f"thread.run.{ending}", run))
    return told


def open_messages(objects: Objects, run: Run) -> list[Message]:
    """The run's messages that are in progress."""
    messages = objects.all(Message, parent=run.thread_id, status=("in_progress",))
    return [message for message in messages if message.run_id == run.id]


def _step_code(failure: RunFailure) -> str:
    """Steps know no invalid_prompt."""
    return failure.code if failure.code == "rate_limit_exceeded" else "server_error"
