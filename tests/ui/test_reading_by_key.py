"""Reading a conversation by key alone: folds, reasoning, questions, long lines."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.events import ReasoningDelta
from studybuddy.domain.settings import Settings
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

PASTED = "\n".join([f"line {n}" for n in range(60)])
LONG_CODE = "```py\nx = " + " + ".join([f"n{n}" for n in range(60)]) + "\n```"


async def test_a_long_question_is_folded_and_unfolded_by_key() -> None:
    async with Student(says("Yes.")).at_work((80, 24)) as student:
        await student.ask(PASTED)
        assert "… 48 more lines · f unfolds" in student.shown()
        await student.pilot.press("f6", "f")
        await student.settle()
        assert "line 14" in student.shown()
        await student.pilot.press("f")
        await student.settle()
        assert "more lines" in student.shown()
        await student.pilot.press("end", "down", "down", "f")
        await student.settle()
        assert "too short to be folded" in student.told()


async def test_reasoning_is_counted_while_it_comes_and_unfolded_by_key() -> None:
    gate = asyncio.Event()
    script = [ReasoningDelta("I weigh "), ReasoningDelta("this."), gate, *says("Yes.")]
    async with Student(script).at_work((80, 24)) as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "▸ Thinking… 3 words · t shows it" in student.shown())
        gate.set()
        await student.until(lambda: student.view.turn and student.view.turn.over)
        assert "▸ Thought for under 1 s, 3 words" in student.shown()
        await student.pilot.press("f6", "t")
        await student.settle()
        assert "│ I weigh this." in student.shown()
        await student.pilot.press("c")
        assert student.app.clipboard == "Yes."


async def test_with_reduced_motion_its_words_are_not_counted_while_it_comes() -> None:
    gate = asyncio.Event()
    student = Student(
        [ReasoningDelta("I weigh this."), gate, *says("Yes.")],
        settings=Settings(reduced_motion=True),
    )
    async with student.at_work((80, 24)):
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "▸ Thinking… · t shows it" in student.shown())
        gate.set()
        await student.until(lambda: student.view.turn and student.view.turn.over)


async def test_questions_and_ends_are_gone_to_by_key() -> None:
    async with Student(says("word " * 300)).at_work((80, 24)) as student:
        for question in ("First?", "Second?", "Third?"):
            await student.ask(question)
        await student.pilot.press("f6", "g")
        await student.settle()
        assert "Third?" in student.shown()
        await student.pilot.press("g", "g", "g")
        await student.settle()
        assert "First?" in student.shown()
        await student.pilot.press("end")
        await student.settle()
        assert student.view.transcript.following
        await student.pilot.press("home")
        await student.settle()
        assert "First?" in student.shown()


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_long_lines_are_scrolled_and_wrapped_by_key(size: tuple[int, int]) -> None:
    async with Student(says(LONG_CODE)).at_work(size) as student:
        await student.ask("Code?")
        assert "n59" not in student.shown()
        await student.pilot.press("f6", *["shift+right"] * 30)
        await student.settle()
        assert "n59" in student.shown()
        await student.pilot.press(*["shift+left"] * 30)
        await student.settle()
        assert "x = n0" in student.shown()
        await student.pilot.press("w")
        await student.settle()
        assert "↪" in student.shown()
        assert "n59" in student.shown()
        await student.pilot.press("c")
        assert student.app.clipboard == LONG_CODE


async def test_an_answer_that_was_cut_says_which_key_has_it_go_on() -> None:
    student = Student(says("It goes", "length"), settings=Settings(keys={"continue": "f9"}))
    async with student.at_work((80, 24)):
        await student.ask("Go?")
        assert "■ cut at the longest answer · F9 has it go on" in student.shown()
