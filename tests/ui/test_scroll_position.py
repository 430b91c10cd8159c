"""Where each conversation is scrolled to survives leaving it, and leaving the app."""

from __future__ import annotations

from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

LONG = "\n\n".join(f"Paragraph {number} of the answer." for number in range(200))


async def scrolled(student: Student) -> None:
    """Have a long answer, and scroll up to some part of it."""
    await student.ask("Tell me all.")
    await student.pilot.press("f6", "pageup", "pageup", "pageup", "pageup")
    await student.until(lambda: "Paragraph 199" not in student.shown())


def first(student: Student) -> str:
    """The first paragraph on screen."""
    return next(line for line in student.shown().split("\n") if "Paragraph" in line)


async def test_a_conversation_is_where_it_was_left_when_it_is_come_back_to() -> None:
    student = Student(says(LONG), says("Yes."))
    async with student.at_work((80, 24)):
        await scrolled(student)
        place, key = first(student), student.view.session.head.id
        await student.pilot.press("ctrl+n")
        await student.ask("Short?")
        await student.until(lambda: "Yes." in student.shown())
        await student.app.chat._opener.open(key)
        await student.until(lambda: place in student.shown())
        assert first(student) == place


async def test_it_is_there_too_after_the_app_was_left() -> None:
    student = Student(says(LONG))
    async with student.at_work((80, 24)):
        await scrolled(student)
        place = first(student)
        await student.app.chat.leave()
    again = Student(data=student.store.data)
    async with again.at_work((80, 24)):
        await again.until(lambda: place in again.shown())
        assert first(again) == place
