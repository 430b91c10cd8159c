"""What a run is doing, told from its status and its steps."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.domain.events import StatusChanged
from studybuddy.domain.phases import Phase
from studybuddy.domain.runs import (
    CodeCall,
    FunctionCall,
    Hit,
    Run,
    RunStatus,
    RunStep,
    SearchCall,
    StepStatus,
)
from studybuddy.study.quiz import NAME as QUIZ

_SIMPLE = {
    RunStatus.QUEUED: Phase.QUEUED,
    RunStatus.CANCELLING: Phase.CANCELLING,
}


def status_of(run: Run, steps: Sequence[RunStep], *, writing: bool) -> StatusChanged:
    """The phase of a run that is not over.

    Args:
        run: as it is now.
        steps: all that is known of them, oldest first.
        writing: whether text came after the last step that used tools.
    """
    if run.status is RunStatus.REQUIRES_ACTION:
        return StatusChanged(Phase.WAITING, _wanted(run.calls))
    if (phase := _SIMPLE.get(run.status)) is not None:
        return StatusChanged(phase)
    if writing:
        return StatusChanged(Phase.ANSWERING)
    last = steps[-1] if steps else None
    if last is None or not last.calls:
        return StatusChanged(Phase.THINKING)
    under_way = last.status is StepStatus.IN_PROGRESS
    match last.calls[-1]:
        case SearchCall(hits=hits) if hits:
            return StatusChanged(Phase.SEARCHING, reading(hits))
        case SearchCall() if under_way:
            return StatusChanged(Phase.SEARCHING)
        case CodeCall() if under_way:
            return StatusChanged(Phase.RUNNING_CODE)
    return StatusChanged(Phase.THINKING)


def reading(hits: Sequence[Hit]) -> str:
    """Which notes the passages are from: "reading biology.pdf and 1 more"."""
    names = list(dict.fromkeys(hit.file_name for hit in hits if hit.file_name))
    if not names:
        return "reading what was found"
    return f"reading {names[0]}" + (f" and {len(names) - 1} more" if names[1:] else "")


def _wanted(calls: Sequence[FunctionCall]) -> str:
    if len(calls) > 1:
        return f"{len(calls)} functions"
    if not calls:
        return ""
    return "a quiz" if calls[0].name == QUIZ else calls[0].name
