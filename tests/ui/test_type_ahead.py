"""Keys that come faster than what they are for: each has its effect where it was meant to."""

from __future__ import annotations

from textual.events import Key

from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

NAMES = {" ": "space", "\r": "enter", "\x0e": "ctrl+n", "\x0f": "ctrl+o"}


def burst(student: Student, keys: str, *more: str) -> None:
    """Have keys come all at once, as from a terminal that is read late."""
    for key in [*keys, *more]:
        name = NAMES.get(key, key)
        student.app.post_message(Key(name, key if key.isprintable() and len(key) == 1 else None))


async def test_what_is_typed_behind_ctrl_n_is_asked_in_the_new_conversation() -> None:
    async with Student(says("One."), says("Two.")).at_work() as student:
        await student.ask("First")
        before = student.view.session
        burst(student, "\x0ehi there\r")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.session is not before
        assert [m.text for m in student.view.session.messages][:1] == ["hi there"]
        assert [m.text for m in before.messages][:1] == ["First"]
        assert len(before.messages) == 2
        assert before.head.draft == ""


async def test_what_is_typed_in_front_of_ctrl_n_stays_where_it_was_typed() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First")
        before = student.view.session
        burst(student, "a draft\x0enext")
        await student.until(lambda: student.view.prompt.text == "next")
        assert before.head.draft == "a draft"
        assert student.view.session is not before


async def test_a_question_sent_in_front_of_ctrl_n_is_asked_where_it_was_typed() -> None:
    async with Student(says("One."), says("Two.")).at_work() as student:
        await student.ask("First")
        before = student.view.session
        burst(student, "second\r\x0enext")
        await student.until(lambda: student.view.prompt.text == "next")
        await student.until(lambda: len(before.messages) == 4)
        assert before.messages[2].text == "second"
        assert student.view.session.messages == []


async def test_what_is_typed_around_a_switch_of_modes_stays_in_its_mode() -> None:
    async with Student().at_work() as student:
        before = student.view.session
        burst(student, "one", "f2", "t", "w", "o")
        await student.until(lambda: student.view.prompt.text == "two")
        assert before.head.draft == "one"


async def test_enter_behind_ctrl_o_opens_what_is_chosen_and_sends_nothing() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First")
        first = student.view.session.head.id
        await student.pilot.press("ctrl+n")
        await student.type("a draft")
        burst(student, "\x0f", "down", "enter")
        await student.until(lambda: student.view.session.head.id == first)
        await student.until(lambda: student.view.prompt.has_focus)
        assert student.view.prompt.text == ""
        assert len(student.view.session.messages) == 2
