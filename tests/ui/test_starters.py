"""What an empty conversation offers to begin with."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.scripted_provider import says
from tests.ui.library_student import LibraryStudent
from tests.ui.test_snapshots import SIZES, picture

HEADING = "Begin with one of these"


async def test_down_and_enter_put_one_into_the_prompt_and_send_nothing() -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees(HEADING, "› What is a list?")
        await student.press("down", "down", "enter")
        assert student.view.prompt.text == "Make a plan."
        assert student.view.prompt.has_focus
        assert student.provider.requests == []


async def test_a_click_puts_it_into_the_prompt_and_another_one_in_its_place() -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees("› Make a plan.")
        for text in ("Make a plan.", "What is a list?"):
            lines = student.shown().splitlines()
            y = next(n for n, line in enumerate(lines) if f"› {text}" in line)
            await student.pilot.click(offset=(lines[y].index(text) + 1, y))
            await student.settle()
            assert student.view.prompt.text == text


async def test_one_goes_below_what_is_written_already() -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees(HEADING)
        await student.type("Please:")
        student.app.chat.features.get("starters").chosen("What is a list?")
        assert student.view.prompt.text == "Please:\nWhat is a list?"


async def test_what_is_typed_in_the_list_goes_into_the_prompt() -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees(HEADING)
        await student.press("down")
        assert not student.view.prompt.has_focus
        await student.type("why 7?")
        await student.until(lambda: student.view.prompt.text == "why 7?")


@pytest.mark.parametrize("key", ["up", "escape"])
async def test_up_and_esc_go_back_to_the_prompt(key: str) -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees(HEADING)
        await student.press("down", key)
        assert student.view.prompt.has_focus
        assert student.view.prompt.text == ""


async def test_they_go_with_the_first_question_and_come_back_in_a_new_conversation() -> None:
    async with LibraryStudent(says("Yes.")).at_work() as student:
        await student.sees(HEADING)
        await student.ask("Is it?")
        assert HEADING not in student.shown()
        await student.press("down")
        assert student.view.prompt.has_focus
        await student.press("ctrl+n")
        await student.sees(HEADING)


async def test_they_are_those_of_the_persona() -> None:
    async with LibraryStudent().at_work() as student:
        await student.sees("› What is a list?")
        await student.press("alt+p")
        await student.settle()
        await student.press("end", "enter")
        await student.sees("› What is rain?")
        assert "› What is a list?" not in student.shown()


async def test_a_thread_offers_what_its_assistant_can_do() -> None:
    async with LibraryStudent().at_work() as student:
        await student.in_assistant_mode()
        await student.sees("› What do my notes say", "› Quiz me on photosynthesis")
        await student.press("down", "enter")
        assert student.view.prompt.text.startswith("What do my notes say")


@pytest.mark.parametrize("size", SIZES)
async def test_the_beginnings(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await student.sees(HEADING)
        await student.counted()
        assert picture(student) == snapshot
