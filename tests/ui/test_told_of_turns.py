"""What the status line tells of a turn, and what pinning does to one that goes on."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.events import TextDelta
from studybuddy.domain.settings import SavingSettings, Settings
from studybuddy.ui.pinning import pin
from tests.support.scripted_provider import says
from tests.ui.app_under_test import limited

FILLER = Settings(system_prompt="", savings=SavingSettings(filler_words=True))
KEEPING = Settings(system_prompt="", savings=SavingSettings(keep_answers=True))


async def test_words_that_were_left_out_are_told_though_no_preview_had_time_to_come() -> None:
    gate = asyncio.Event()
    student = limited([TextDelta("Well, "), gate, *says("so.")], settings=FILLER)
    async with student.at_work():
        await student.type("please explain hash tables")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.busy)
        await student.until(lambda: "left out “please”" in student.shown())
        gate.set()
        await student.until(lambda: not student.view.busy)
        assert student.view.session.messages[0].text == "explain hash tables"
        await student.until(lambda: "Answered in" in student.shown())
        assert "left out “please”" in student.shown()


async def test_a_question_that_is_sent_as_it_was_typed_is_told_of_no_words() -> None:
    student = limited(says("so."), settings=FILLER)
    async with student.at_work():
        await student.ask("explain hash tables")
        assert "left out" not in student.shown()


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_key_that_asks_afresh_is_told_on_a_small_screen_too(
    size: tuple[int, int],
) -> None:
    student = limited(says("Once."), settings=KEEPING)
    async with student.at_work(size):
        await student.ask("What is a hash?")
        await student.pilot.press("ctrl+n")
        await student.ask("What is a hash?")
        await student.until(lambda: "Kept answer of" in student.shown())
        assert "Ctrl+R asks afresh" in student.shown()
        assert len(student.provider.requests) == 1


async def test_an_answer_that_is_pinned_while_it_comes_keeps_its_text_and_its_pin() -> None:
    gate = asyncio.Event()
    student = limited([TextDelta("Long text. "), gate, *says("The end.")])
    async with student.at_work():
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Long text." in student.shown())
        answer = student.view.session.messages[-1].id
        await pin(student.view, answer, True)
        await student.settle()
        assert "Long text." in student.shown()
        assert "pinned" in student.shown()
        gate.set()
        await student.until(lambda: not student.view.busy)
        await student.until(lambda: "Long text. The end." in student.shown())
        assert "pinned" in student.shown()
