"""Outputs of function calls, given to a run that waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import not_found
from studybuddy.engine.objects import Run, RunStep, now
from studybuddy.engine.runs import transitions
from studybuddy.engine.runs.notes import read_note, stored_note
from studybuddy.engine.runs.ports import RunParts
from studybuddy.engine.store.objects import Objects


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a client submits."""

    by_id: dict[str, str]
    """Outputs by the call's id."""
    upstream: str | None = None
    """Who is to answer from now on; `None` for the one that did."""


def submit(
    objects: Objects, parts: RunParts, thread_id: str, run_id: str, outputs: Outputs
) -> tuple[Run, RunStep]:
    """The run queued again and its step completed, within a transaction.

    Raises:
        ApiError: 404 or 400, see `RunManager.submit`.
    """
    run = objects.get(Run, run_id, parent=thread_id)
    if run is None:
        raise not_found("run", run_id)
    if run.status != "requires_action" or run.required_action is None:
        raise invalid(f'Runs in status "{run.status}" do not accept tool outputs.', None)
    wanted = [call["id"] for call in run.required_action["submit_tool_outputs"]["tool_calls"]]
    _check(wanted, list(outputs.by_id))
    note = objects.note(run)
    if outputs.upstream is not None:
        note["upstream"] = outputs.upstream
    if parts.asker_for(str(note.get("upstream", ""))) is None:
        raise invalid(
            "The engine no longer knows the server that this run was started with: register it "
            "again, then submit the outputs.",
            None,
            "unknown_upstream",
        )
    (step,) = objects.all(RunStep, parent=run.id, status=("in_progress",))
    step = _with_outputs(objects, step, outputs.by_id)
    run = transitions.requeued(run)
    objects.update(run, note=note)
    return run, step


def _with_outputs(objects: Objects, step: RunStep, outputs: dict[str, str]) -> RunStep:
    note = read_note(objects.note(step))
    for call in note.calls:
        call.output = outputs.get(call.id, call.output)
    calls = [
        {**call, "function": {**call["function"], "output": outputs[call["id"]]}}
        if call["id"] in outputs
        else call
        for call in step.step_details["tool_calls"]
    ]
    step = structs.replace(
        step,
        step_details={"type": "tool_calls", "tool_calls": calls},
        status="completed",
        completed_at=now(),
        usage=note.usage,
    )
    objects.update(step, note=stored_note(note))
    return step


def _check(wanted: Sequence[str], given: Sequence[str]) -> None:
    if sorted(wanted) != sorted(given):
        raise invalid(
            f"Expected tool outputs for call_ids {list(wanted)}, got {list(given)}", "tool_outputs"
        )
