"""What is said of turns and how they end, and where their answers are shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from studybuddy.domain.events import (
    StatusChanged,
    StepChanged,
    TextDelta,
    TextReplaced,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.runs import CodeCall, RunStep, StepStatus
from studybuddy.domain.usage import Usage
from studybuddy.ui.turn_view import show_event
from studybuddy.ui.turns import Turn
from tests.support.run_scripts import Requires, RunsCode, Says, Script
from tests.ui.app_under_test import Student
from tests.ui.test_threads_on_screen import QUIZ, on_thread, run_over, send

STEP = RunStep("step_1", StepStatus.COMPLETED, (CodeCall("call_1", "1", "1"),))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.monotonic", made)
    return made


def message(id: str, role: Role, text: str, state: MessageState = MessageState.COMPLETE) -> Message:
    return Message(id, role, text, 0.0, state=state)


QUESTION = message("q", Role.USER, "Well?")
ANSWER = message("a", Role.ASSISTANT, "", MessageState.STREAMING)


def ended(turn: Turn, state: MessageState = MessageState.COMPLETE) -> str:
    turn.take(TurnFinished(replace(ANSWER, text="Yes.", state=state)))
    return turn.activity.detail


def test_the_speed_is_told_of_an_answer_written_in_one_stretch(clock: Clock) -> None:
    turn = Turn.begin("Well?", anew=False)
    turn.take(TurnStarted(QUESTION, ANSWER))
    turn.take(TextDelta("Yes."))
    turn.take(UsageReported(Usage(10, 20)))
    clock.now += 2
    assert ended(turn) == "Answered in 2.0 s · 10 tokens/s"


def test_no_speed_is_told_of_a_run_that_used_tools(clock: Clock) -> None:
    turn = Turn.begin("Well?", anew=False)
    turn.take(TurnStarted(QUESTION, ANSWER))
    turn.take(StepChanged(STEP))
    turn.take(TextDelta("Yes."))
    turn.take(UsageReported(Usage(10, 20)))
    clock.now += 2
    assert ended(turn) == "Answered in 2.0 s"


def test_the_time_that_a_quiz_took_the_student_is_not_the_answers(clock: Clock) -> None:
    turn = Turn.begin("Well?", anew=False)
    turn.take(TurnStarted(QUESTION, ANSWER))
    clock.now += 3
    turn.take(StatusChanged(Phase.WAITING))
    clock.now += 400
    turn.take(StatusChanged(Phase.THINKING))
    clock.now += 2
    assert ended(turn) == "Answered in 5.0 s"


def test_how_far_the_prompt_is_read_is_told_in_place_of_thinking(clock: Clock) -> None:
    turn = Turn.begin("Well?", anew=False)
    clock.now += 30
    turn.take(StatusChanged(Phase.THINKING, "reading 2,400 of 8,000 tokens"))
    shown = turn.activity.describe(clock.now, reduced_motion=False)
    assert shown == "Reading 2,400 of 8,000 tokens… 30 s"
    turn.take(TextDelta("Yes."))
    assert "Reading" not in turn.activity.describe(clock.now, reduced_motion=False)


def test_no_time_is_told_of_a_run_that_was_taken_up_after_a_restart(clock: Clock) -> None:
    turn = Turn.begin("Well?", anew=True)
    turn.take(TurnStarted(QUESTION, ANSWER, (ANSWER.id,)))
    turn.take(TextReplaced("Yes."))
    turn.take(UsageReported(Usage(10, 20)))
    clock.now += 2
    assert ended(turn) == "Answered."


async def test_a_run_that_is_taken_up_again_is_answered_in_its_own_place() -> None:
    async with Student().at_work() as student:
        later = message("q2", Role.USER, "Later?")
        shown = [QUESTION, replace(ANSWER, text="Begun"), later]
        view = student.view
        view.transcript.set_messages(shown)
        turn = Turn.begin("Well?", anew=True)
        for event in (
            TurnStarted(QUESTION, ANSWER, (ANSWER.id,)),
            TextReplaced("Begun"),
            TextDelta(" and done."),
            TurnFinished(message("a", Role.ASSISTANT, "Begun and done.")),
        ):
            turn.take(event)
            show_event(turn, event, view.transcript, view.status, view.prompt)
        assert [m.id for m in view.transcript.messages] == ["q", "a", "q2"]
        await student.until(lambda: "Begun and done." in student.shown())


async def test_stopping_says_that_the_question_is_back_only_where_it_is() -> None:
    first: Script = [Says("One"), asyncio.Event()]
    second: Script = [Says("Two"), asyncio.Event()]
    async with on_thread(first, second).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "First?")
        await student.until(lambda: "One" in student.shown())
        await student.type("else")
        await student.pilot.press("escape")
        await run_over(student)
        await student.until(lambda: "Stopped." in student.shown())
        assert student.view.prompt.text == "else"
        student.view.prompt.put("")
        await send(student, "Second?")
        await student.until(lambda: "Two" in student.shown())
        await student.pilot.press("escape")
        await run_over(student)
        await student.until(lambda: "Stopped; your question is back" in student.shown())


async def test_the_bell_rings_once_for_what_a_run_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr("studybuddy.ui.attention.call", lambda _, text: told.append(text))
    async with on_thread([Requires((QUIZ,)), Says("Done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: told)
        turn, session = student.view.turn, student.view.session
        assert turn is not None
        for phase in (Phase.RETRYING, Phase.WAITING):
            turn.take(StatusChanged(phase, "Not reached.", 1.0))
            student.app.chat.run_moved(session, turn)
        assert told == ["Quiz me? waits for you."]


async def test_the_steps_are_counted_as_the_panel_counts_them() -> None:
    script: Script = [RunsCode("1", "1\n"), Says("It is 1.")]
    async with on_thread(script).at_work((140, 40)) as student:
        await student.in_assistant_mode()
        await student.ask("Well?")
        steps = student.view.session.messages[-1].details
        assert steps is not None
        count = len(steps.steps)
        assert f"{count} steps: Ctrl+G" in student.shown()
        await student.pilot.press("ctrl+g")
        await student.until(lambda: f"Steps · {count}" in student.shown())


async def test_the_status_and_the_heading_of_the_steps_are_shortened_and_not_cut() -> None:
    script: Script = [RunsCode("1", "1\n"), Says("It is 1.")]
    async with on_thread(script).at_work((120, 40)) as student:
        await student.in_assistant_mode()
        await student.ask("Well?")
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "Steps · " in student.shown())
        await student.settle()
        shown = student.shown()
        assert "Answered in" in shown
        status = next(line for line in shown.splitlines() if "Answered in" in line)
        heading = next(line for line in shown.splitlines() if "Steps · " in line)
        assert "…" not in status + heading
