"""A question is lost at no moment: from Enter until it is in the conversation, the draft has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from studybuddy.chat.sessions import Session
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.problems import Problem, ProblemKind
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, limited

BROKEN = Problem(ProblemKind.NO_CONNECTION, "The summary failed.")


@asynccontextmanager
async def waiting(
    question: str = "My question", typed: str = "", **others: Any
) -> AsyncIterator[tuple[Student, asyncio.Event, Session]]:
    """A student whose question is being fitted until the gate is opened."""
    student = limited(says("Fits."), **others)
    async with student.at_work():
        student.limited.fitter.gate = gate = asyncio.Event()
        await student.type(question)
        await student.pilot.press("enter")
        await student.until(lambda: student.view.busy)
        await student.type(typed)
        yield student, gate, student.view.session


async def stored(student: Student) -> list[str]:
    return [head.draft for head in await student.store.recent(9)]


async def keeps(student: Student, *drafts: str) -> None:
    """Wait until these are the drafts on disk."""
    async with asyncio.timeout(10):
        while await stored(student) != list(drafts):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # what is stored may come from anywhere


@pytest.mark.parametrize(("typed", "back"), [("", "My question"), ("next", "My question\nnext")])
async def test_a_question_that_is_stopped_before_it_is_sent_is_back_in_the_prompt(
    typed: str, back: str
) -> None:
    async with waiting(typed=typed) as (student, _, session):
        await student.pilot.press("escape")
        await student.until(lambda: not student.view.busy)
        assert student.view.prompt.text == back
        assert session.messages == []
        assert "your question is back in the prompt" in student.shown()


async def test_a_question_whose_fitting_fails_is_back_in_the_prompt() -> None:
    async with waiting(typed="next") as (student, gate, session):
        student.limited.fitter.failing = BROKEN
        gate.set()
        await student.until(lambda: "The summary failed." in student.shown())
        assert student.view.prompt.text == "My question\nnext"
        assert session.messages == []


async def test_a_question_that_waits_is_on_disk_as_the_draft() -> None:
    data = MemoryData()
    async with waiting(typed="n", data=data) as (student, gate, session):
        await keeps(student, "My question\nn")  # what a kill leaves
        assert student.view.prompt.text == "n"
        gate.set()
        await student.until(lambda: session.messages)
        await keeps(student, "n")


async def test_what_a_kill_left_is_in_the_prompt_at_the_next_start() -> None:
    data = MemoryData()
    async with waiting(data=data) as (student, _, _session):
        await keeps(student, "My question")
        async with Student(data=data).at_work() as again:
            await again.until(lambda: again.view.prompt.text == "My question")


async def test_leaving_while_a_question_waits_keeps_it() -> None:
    data = MemoryData()
    async with waiting(typed="next", data=data) as (student, _, session):
        await student.app.chat.leave()
        assert session.head.draft == "My question\nnext"
        assert session.messages == []
        await keeps(student, "My question\nnext")


async def test_leaving_keeps_a_question_that_waits_out_of_sight() -> None:
    async with waiting(typed="next") as (student, _, session):
        await student.pilot.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        await student.app.chat.leave()
        assert session.head.draft == "My question\nnext"


@pytest.mark.parametrize("typed", ["", "next"])
async def test_a_question_that_fails_out_of_sight_comes_back_to_its_own_prompt(typed: str) -> None:
    async with waiting(typed=typed) as (student, gate, session):
        student.limited.fitter.failing = BROKEN
        await student.pilot.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        assert student.view.prompt.text == ""
        gate.set()
        turn = student.view._turns.of(session)
        await student.until(lambda: turn is not None and turn.over)
        await student.until(lambda: turn is not None and turn.aside is None)
        assert session.head.draft == "\n".join(filter(None, ["My question", typed]))
        assert student.view.prompt.text == ""


async def test_a_retry_that_fails_out_of_sight_puts_nothing_into_the_draft() -> None:
    student = limited(says("One."))
    async with student.at_work():
        await student.ask("First?")
        session = student.view.session
        student.limited.fitter.gate = gate = asyncio.Event()
        student.limited.fitter.failing = BROKEN
        student.view.asking.retry()
        turn = student.view.turn
        await student.pilot.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        gate.set()
        await student.until(lambda: turn is not None and turn.over and turn.aside is None)
        assert session.head.draft == ""


async def test_what_was_typed_beside_a_question_is_there_when_its_answer_has_come() -> None:
    async with waiting(typed="next") as (student, gate, session):
        await student.pilot.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        gate.set()
        await student.until(lambda: session.messages and not session.busy)
        await student.until(lambda: session.head.draft == "next")
        await student.view.show(session)
        assert student.view.prompt.text == "next"


async def test_who_comes_back_to_a_question_that_waits_does_not_find_it_in_the_prompt() -> None:
    async with waiting(typed="next") as (student, gate, session):
        await student.pilot.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        await student.view.show(session)
        assert student.view.prompt.text == "next"
        await student.pilot.press("escape")
        await student.until(lambda: not student.view.busy)
        assert student.view.prompt.text == "My question\nnext"
        gate.set()


async def test_a_question_whose_answer_a_budget_stops_is_said_to_be_back() -> None:
    student = limited(says(" ".join(["word"] * 300)), budgets={Period.DAY: Amount(tokens=100)})
    async with student.at_work((140, 40)):
        await student.type("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "is used up; your question is back" in student.shown())
        assert student.view.prompt.text == "Well?"
