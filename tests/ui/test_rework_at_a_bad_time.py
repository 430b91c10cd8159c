"""Undoing, deleting, walking and editing while an answer comes, or where the screen moved on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock, patch

import pytest

from studybuddy.chat.session import ChatSession
from studybuddy.domain.events import TextDelta
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student
from tests.ui.test_rework import over, texts

UNDER_WAY = "An answer is being written"
ELSEWHERE = "answered in another window"
FAULT = "went wrong"


async def deleted_first(student: Student) -> None:
    """Ask two questions, and delete the first with its answer."""
    await student.ask("First?")
    await student.ask("Second?")
    await student.pilot.press("f6", "up", "up", "up", "up", "d")
    await student.until(lambda: texts(student) == ["Second?", "Two."])
    await student.pilot.press("f6")


async def asking_slowly(student: Student) -> None:
    """Ask a question whose answer does not end by itself."""
    student.view.prompt.put("Third?")
    await student.pilot.press("enter")
    await student.until(lambda: "Slow" in student.shown())


def slow(gate: asyncio.Event) -> Student:
    """A student whose third answer waits for the gate."""
    return Student(says("One."), says("Two."), [TextDelta("Slow"), gate, *says(" down.")])


@contextmanager
def answered_elsewhere() -> Iterator[None]:
    """Have another window answer whatever is on screen."""
    with patch.object(ChatSession, "elsewhere", PropertyMock(return_value=True)):
        yield


async def test_nothing_is_undone_while_an_answer_comes_and_the_reason_is_told() -> None:
    gate = asyncio.Event()
    student = slow(gate)
    async with student.at_work():
        await deleted_first(student)
        await asking_slowly(student)
        await student.pilot.press("alt+z")
        await student.until(lambda: UNDER_WAY in student.told())
        assert FAULT not in student.told()
        gate.set()
        await over(student)
        await student.pilot.press("alt+z")
        await student.until(lambda: "What was deleted is back." in student.told())
        assert texts(student)[:2] == ["First?", "One."]


async def test_what_was_deleted_in_a_conversation_that_is_being_answered_names_it() -> None:
    gate = asyncio.Event()
    student = slow(gate)
    async with student.at_work():
        await deleted_first(student)
        await asking_slowly(student)
        await student.pilot.press("ctrl+n", "alt+z")
        await student.until(lambda: "“First?” is being answered" in student.told())
        gate.set()


async def test_a_conversation_that_was_deleted_is_brought_back_while_an_answer_comes() -> None:
    gate = asyncio.Event()
    student = Student(says("One."), [TextDelta("Slow"), gate, *says(" down.")])
    async with student.at_work():
        await student.ask("First?")
        student.app.chat.action_feature("delete_conversation")
        await student.until(lambda: "Deleted “First?”" in student.told())
        await asking_slowly(student)
        await student.pilot.press("alt+z")
        await student.until(lambda: "“First?” is back." in student.told())
        gate.set()


async def test_two_quick_undos_undo_two_deeds() -> None:
    student = Student(says("One."), says("Two."))
    async with student.at_work():
        await student.ask("First?")
        await student.ask("Second?")
        await student.pilot.press("f6", "up", "d")
        await student.until(lambda: texts(student)[-1] == "Second?")
        await student.pilot.press("up", "up", "d")
        await student.until(lambda: len(texts(student)) < 3)
        student.app.chat.action_feature("undo")
        student.app.chat.action_feature("undo")
        await student.until(lambda: texts(student) == ["First?", "One.", "Second?", "Two."])
        await student.pilot.press("alt+z")
        await student.until(lambda: "nothing to undo" in student.told())


async def test_nothing_is_deleted_where_another_window_answers() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        await student.pilot.press("f6", "up")
        with answered_elsewhere():
            student.app.chat.action_feature("delete_message")
            await student.until(lambda: student.told())
            await student.settle()
        assert FAULT not in student.told()
        assert texts(student) == ["First?", "One."]


async def test_a_key_says_that_another_window_answers() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        with answered_elsewhere():
            await student.pilot.press("alt+r")
            await student.until(lambda: ELSEWHERE in student.told())
            assert student.app.screen is student.app.chat


async def test_a_version_that_can_not_be_shown_now_is_not_said_to_be_none() -> None:
    student = Student(says("One."), says("Two."))
    async with student.at_work():
        await student.ask("First?")
        await student.pilot.press("ctrl+r")
        await student.until(lambda: texts(student)[-1] == "Two.")
        await over(student)
        rework = student.app.chat.features.get("rework")
        busy = patch.object(ChatSession, "busy", PropertyMock(return_value=True))
        with busy, pytest.raises(StudyBuddyError, match=UNDER_WAY):
            await rework.run("previous_alternative")
        assert "there is none" not in student.told()


async def test_a_version_chosen_while_an_answer_comes_says_why_it_is_not_shown() -> None:
    gate = asyncio.Event()
    student = Student(says("One."), says("Two."), [TextDelta("Slow"), gate, *says(" down.")])
    async with student.at_work():
        await student.ask("First?")
        await student.pilot.press("ctrl+r")
        await student.until(lambda: texts(student)[-1] == "Two.")
        await over(student)
        await student.pilot.press("alt+d")
        await student.until(lambda: "Version 1 of 2" in student.shown())
        student.view.asking.ask("Third?")
        await student.until(lambda: student.view.busy)
        await student.pilot.press("tab", "enter")
        await student.until(lambda: UNDER_WAY in student.told())
        gate.set()


async def two_conversations(student: Student) -> tuple[str, str]:
    """Ask in two conversations; the second is on screen. Returns their ids."""
    await student.ask("First?")
    one = student.view.session.head.id
    await student.pilot.press("ctrl+n")
    await student.ask("Second?")
    return one, student.view.session.head.id


async def open_under_the_dialog(student: Student, conversation_id: str) -> None:
    """Let an opening that took its time end while a dialog is open."""
    await student.app.chat._opener.open(conversation_id)
    await student.settle()


async def test_no_other_conversation_is_asked_than_the_one_that_was_on_screen() -> None:
    student = Student(says("One."), says("Two."), says("Three."))
    async with student.at_work():
        one, _ = await two_conversations(student)
        await student.pilot.press("alt+r")
        await student.until(lambda: "How shall it be answered?" in student.shown())
        await open_under_the_dialog(student, one)
        await student.pilot.press("1")
        await student.until(lambda: "another conversation" in student.told())
        assert len(student.provider.requests) == 2


async def test_another_model_answers_no_other_conversation() -> None:
    student = Student(says("One."), says("Two."), says("Three."))
    async with student.at_work():
        one, _ = await two_conversations(student)
        await student.pilot.press("alt+r", "6")
        await student.until(lambda: "Which model shall answer this once?" in student.shown())
        await open_under_the_dialog(student, one)
        await student.pilot.press(*"other-model", "enter")
        await student.until(lambda: "another conversation" in student.told())
        assert len(student.provider.requests) == 2


async def test_an_edited_question_is_kept_as_the_draft_of_its_own_conversation() -> None:
    student = Student(says("One."), says("Two."), says("Three."))
    async with student.at_work():
        one, two = await two_conversations(student)
        await student.pilot.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.pilot.press(*"Really")
        await open_under_the_dialog(student, one)
        await student.pilot.press("enter")
        await student.until(lambda: "another conversation" in student.told())
        assert "Second?Really" in student.store.data.conversations[two].draft
        assert student.view.prompt.text == ""
        await open_under_the_dialog(student, two)
        assert "Second?Really" in student.view.prompt.text
        assert len(student.provider.requests) == 2


async def test_one_escape_throws_no_edited_question_away() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        await student.pilot.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.pilot.press(*"Really", "escape")
        await student.settle()
        assert "First?Really" in student.shown()
        assert "Esc again" in student.shown()
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert len(student.provider.requests) == 1


async def test_an_unchanged_question_is_not_asked_again_but_told() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        await student.pilot.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: "Nothing was changed" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert len(student.provider.requests) == 1


async def test_a_question_given_back_leaves_the_prompt_where_its_answer_goes_on() -> None:
    student = Student(says("One, two,", "length"), says(" three."))
    async with student.at_work():
        await student.ask("Count.")
        student.view.prompt.put("Count.")
        await student.pilot.press("alt+c")
        await student.until(lambda: "One, two, three." in texts(student)[-1])
        assert student.view.prompt.text == ""


async def test_a_problem_of_a_feature_is_told_and_is_no_fault() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        undoer = student.app.chat.features.get("undo")
        trouble = StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk is asleep."))
        with patch.object(undoer, "run", side_effect=trouble):
            student.app.chat.action_feature("undo")
            await student.until(lambda: "The disk is asleep." in student.told())
        assert FAULT not in student.told()
