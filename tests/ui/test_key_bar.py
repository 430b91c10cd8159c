"""The line of keys at the bottom of a small screen."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.messages import MessageState
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import RunStatus
from studybuddy.domain.settings import Settings
from studybuddy.ui.commands import COMMANDS
from studybuddy.ui.widgets.conversation import Conversation
from tests.support.run_scripts import Ends, Requires, RunsCode, Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student
from tests.ui.test_threads_on_screen import QUIZ

SMALL = (80, 24)
REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Press F12.")


def keys(student: Student) -> str:
    return student.shown().splitlines()[-1].strip()


async def send(student: Student, question: str) -> None:
    student.view.prompt.put(question)
    await student.pilot.press("enter")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 140, 200])
async def test_no_key_is_cut_in_the_middle(columns: int) -> None:
    async with Student().at_work((columns, 24)) as student:
        await student.until(lambda: "F1 Help" in keys(student))
        assert "…" not in keys(student)
        labels = {command.label for command in COMMANDS}
        shown = keys(student).split("  ")
        assert {key.partition(" ")[2] for key in shown} <= labels


async def test_more_room_shows_more_keys() -> None:
    async with Student().at_work((30, 24)) as student:
        assert "Ctrl+N New" not in keys(student)
        await student.pilot.resize_terminal(120, 24)
        await student.until(lambda: "Ctrl+N New" in keys(student))


async def test_while_an_answer_comes_the_key_that_stops_it_is_first() -> None:
    gate = asyncio.Event()
    async with Student([gate, *says("Yes.")]).at_work(SMALL) as student:
        await send(student, "Well?")
        await student.until(lambda: keys(student).startswith("Esc Stop"))
        gate.set()
        await student.until(lambda: keys(student).startswith("F1 Help"))


async def test_after_a_failure_the_key_that_asks_again_is_first() -> None:
    async with Student([REFUSED], says("Yes.")).at_work(SMALL) as student:
        await student.ask("Well?")
        await student.until(lambda: keys(student).startswith("Ctrl+R Retry"))
        await student.pilot.press("ctrl+r")
        await student.until(lambda: student.view.session.messages[-1].text == "Yes.")
        await student.until(lambda: keys(student).startswith("F1 Help"))


async def test_a_run_at_work_offers_to_stop_it_and_to_see_its_steps() -> None:
    server = ScriptedAssistants([RunsCode("1 + 1", "2"), asyncio.Event()])
    async with Student(server=server).at_work(SMALL) as student:
        await student.in_assistant_mode()
        await send(student, "Sum?")
        await student.until(lambda: keys(student).startswith("Esc Stop  Ctrl+G Steps"))


async def test_a_failed_run_offers_to_ask_again_and_to_see_its_steps() -> None:
    server = ScriptedAssistants([RunsCode("1 + 1", "2"), Ends(RunStatus.FAILED, error="No.")])
    async with Student(server=server).at_work(SMALL) as student:
        await student.in_assistant_mode()
        await student.ask("Sum?")
        await student.until(lambda: keys(student).startswith("Ctrl+R Retry  Ctrl+G Steps"))


async def test_what_waits_for_an_answer_comes_before_all() -> None:
    server = ScriptedAssistants([Requires((QUIZ,)), Says("Water.")])
    async with Student(server=server).at_work(SMALL) as student:
        await student.in_assistant_mode()
        await send(student, "Aqua?")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: keys(student).startswith("Ctrl+T Answer  Esc Stop"))
        await student.pilot.press("escape", "escape")
        await student.until(lambda: not student.view.busy)


async def test_in_the_conversation_its_own_keys_come_before_those_that_work_everywhere() -> None:
    async with Student(says("Yes.")).at_work(SMALL) as student:
        await student.ask("Well?")
        assert student.view.session.messages[-1].state is MessageState.COMPLETE
        student.app.chat.set_focus(student.app.chat.query_one(Conversation))
        await student.pilot.press("up")
        await student.until(lambda: keys(student).startswith("c Copy"))


async def test_in_80_columns_there_is_room_for_what_everybody_needs() -> None:
    async with Student(says("Yes.")).at_work(SMALL) as student:
        await student.ask("Well?")
        everything = ("Help", "Mode", "Model", "New", "Find", "Menu", "Retry")
        assert [key.partition(" ")[2] for key in keys(student).split("  ")] == list(everything)
        await student.in_assistant_mode()
        await student.until(lambda: "F5 Notes" in keys(student))
        assert "Ctrl+P Menu" in keys(student)


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    async with Student().at_work(SMALL) as student:
        at = student.shown().splitlines()[-1].index("Menu")
        await student.pilot.click(offset=(at, SMALL[1] - 1))
        await student.until(lambda: "Search for commands" in student.shown())


async def test_the_menu_goes_with_the_key_that_it_was_given() -> None:
    async with Student(settings=Settings(keys={"palette": "f10"})).at_work(SMALL) as student:
        assert "F10 Menu" in keys(student)
        await student.pilot.press("ctrl+p")
        await student.settle()
        assert student.app.screen is student.app.chat
        await student.pilot.press("f10")
        await student.until(lambda: "Search for commands" in student.shown())
