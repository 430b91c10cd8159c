"""What a run is doing is told as it is."""

from __future__ import annotations

import pytest

from studybuddy.chat.run_phases import status_of
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
    ToolCall,
)


def told(
    status: RunStatus = RunStatus.IN_PROGRESS,
    *calls: ToolCall,
    done: bool = False,
    writing: bool = False,
    required: tuple[FunctionCall, ...] = (),
) -> StatusChanged:
    state = StepStatus.COMPLETED if done else StepStatus.IN_PROGRESS
    steps = [RunStep("s", state, calls)] if calls else []
    return status_of(Run("r", "t", "a", status, calls=required), steps, writing=writing)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (RunStatus.QUEUED, Phase.QUEUED),
        (RunStatus.IN_PROGRESS, Phase.THINKING),
        (RunStatus.CANCELLING, Phase.CANCELLING),
    ],
)
def test_a_run_without_steps_is_as_its_status_says(status: RunStatus, phase: Phase) -> None:
    assert told(status) == StatusChanged(phase)


def test_code_is_being_run_only_while_it_is() -> None:
    call = CodeCall("c", "1 + 1")
    assert told(RunStatus.IN_PROGRESS, call).phase is Phase.RUNNING_CODE
    assert told(RunStatus.IN_PROGRESS, call, done=True).phase is Phase.THINKING


def test_the_notes_that_were_found_are_being_read_until_words_come() -> None:
    hits = (Hit("1", "biology.pdf"), Hit("1", "biology.pdf"), Hit("2", "cells.md"))
    assert told(RunStatus.IN_PROGRESS, SearchCall("s")) == StatusChanged(Phase.SEARCHING)
    found = SearchCall("s", hits)
    assert told(RunStatus.IN_PROGRESS, found, done=True) == StatusChanged(
        Phase.SEARCHING, "reading biology.pdf and 1 more"
    )
    assert told(RunStatus.IN_PROGRESS, found, done=True, writing=True).phase is Phase.ANSWERING


def test_a_search_that_found_nothing_is_over_when_it_is() -> None:
    assert told(RunStatus.IN_PROGRESS, SearchCall("s"), done=True).phase is Phase.THINKING


def test_what_the_run_waits_for_is_named() -> None:
    quiz, other = FunctionCall("1", "display_quiz", "{}"), FunctionCall("2", "get_weather", "{}")
    waiting = RunStatus.REQUIRES_ACTION
    assert told(waiting, required=(quiz,)) == StatusChanged(Phase.WAITING, "a quiz")
    assert told(waiting, required=(other,)) == StatusChanged(Phase.WAITING, "get_weather")
    assert told(waiting, required=(quiz, other)).detail == "2 functions"
