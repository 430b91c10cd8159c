"""Titles by the model: found while nothing is asked, shown, and never in the way."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.events import TextDelta
from studybuddy.domain.messages import Titled
from studybuddy.domain.problems import Problem, ProblemKind
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is typed here that would have to go first."""
    monkeypatch.setattr("studybuddy.ui.titles.REST", 0.0)


async def looked(student: Student) -> None:
    """Wait until no title is looked for any more."""
    await student.until(lambda: len(student.provider.requests) == 2)
    workers = [worker for worker in student.app.chat.workers if worker.group == "title"]
    await student.until(lambda: all(worker.is_finished for worker in workers))
    await student.settle()


async def test_the_model_finds_a_title_after_the_first_answer_and_the_list_shows_it() -> None:
    student = Student(says("By ATP."), says("“Energy of cells”"), titles=True)
    async with student.at_work():
        await student.ask("How do cells get energy?")
        head = student.view.session.head
        await student.until(lambda: "Energy of cells" in student.shown())
        assert student.view.session.head.titled is Titled.MODEL
        assert student.store.data.conversations[head.id].title == "Energy of cells"


async def test_a_question_goes_before_a_title_that_is_being_looked_for() -> None:
    gate = asyncio.Event()
    title = [TextDelta("Energy"), gate, *says(" of cells")]
    student = Student(says("By ATP."), title, says("Because."), says("Late title"), titles=True)
    async with student.at_work():
        await student.ask("How do cells get energy?")
        await student.until(lambda: len(student.provider.requests) == 2)
        await student.ask("Why?")
        assert "Because." in student.shown()
        await student.until(lambda: "Late title" in student.shown())


async def test_a_title_that_can_not_be_found_is_no_news_for_the_student() -> None:
    trouble = Problem(ProblemKind.RATE_LIMITED, "Slow down.")
    student = Student(says("By ATP."), [trouble], titles=True)
    async with student.at_work():
        await student.ask("How do cells get energy?")
        await looked(student)
        assert "Slow down." not in student.told() + student.shown()


async def test_a_title_of_the_students_own_stays() -> None:
    student = Student(says("By ATP."), says("Energy"), titles=True)
    async with student.at_work():
        await student.ask("How do cells get energy?")
        session = student.view.session
        head = await student.desk.shelf.rename(session.head, "Biology 3", Titled.STUDENT)
        await looked(student)
        assert student.store.data.conversations[head.id].title == "Biology 3"
