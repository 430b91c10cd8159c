"""The student is greeted by name, once the name is known."""

from __future__ import annotations

from studybuddy.domain.settings import Settings
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student


async def test_a_name_that_is_known_is_greeted_in_both_modes() -> None:
    async with Student(settings=Settings(name="Anna")).at_work() as student:
        assert "Hello, Anna!" in student.shown()
        await student.in_assistant_mode()
        await student.until(lambda: "Hello, Anna!" in student.shown())


async def test_a_name_is_learned_from_what_the_student_says_and_kept() -> None:
    async with Student(says("Hi Anna."), says("A cell.")).at_work() as student:
        assert "Hello" not in student.shown()
        await student.ask("My name is Anna. What is a cell?")
        assert "Hello, Anna!" in student.told()
        assert student.setup.written == {"name": "Anna"}
        await student.ask("My name is Bob.")
        assert student.setup.written == {"name": "Anna"}
        await student.pilot.press("ctrl+n")
        await student.until(lambda: "Hello, Anna!" in student.shown())
