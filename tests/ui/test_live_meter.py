"""The meter with real limits: it keeps up with answers, other conversations and the context."""

from __future__ import annotations

import asyncio

from studybuddy.domain.accounts import Origin, Outcome
from studybuddy.domain.events import TextDelta
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.settings import LimitSettings, Settings
from studybuddy.domain.usage import Usage
from tests.support.scripted_provider import ENDPOINT, says
from tests.ui.app_under_test import Student, limited

OUTSIDE = "not in the context"
DROPPING = Settings(system_prompt="", limits=LimitSettings(context="drop"))


def words(count: int) -> str:
    return " ".join(["word"] * count)


async def counting(student: Student) -> None:
    """Wait until there is a meter."""
    await student.until(lambda: student.view.meter_line.reading is not None)


async def test_the_first_words_of_an_answer_are_counted_and_so_are_the_last() -> None:
    more, end = asyncio.Event(), asyncio.Event()
    student = limited(
        [TextDelta(words(50)), more, TextDelta(" x"), TextDelta(" y"), end, *says("z")]
    )
    async with student.at_work():
        await counting(student)
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: student.reading.answer == 50)  # of one delta alone
        more.set()
        await student.until(lambda: student.reading.answer == 52)  # though they came at once
        end.set()
        await student.until(lambda: student.reading.answer == 0)


async def test_a_question_is_in_the_context_as_soon_as_its_turn_has_begun() -> None:
    gate = asyncio.Event()
    student = limited([gate, *says("Well.")], window=1000)
    async with student.at_work():
        await counting(student)
        student.view.prompt.put(words(100))
        await student.until(lambda: student.reading.draft.tokens == 100)
        await student.pilot.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.begun)
        assert student.reading.draft.tokens == 0
        assert student.reading.request.tokens >= 100
        gate.set()


async def test_what_other_conversations_spend_moves_the_budget_on_screen() -> None:
    student = limited(budgets={Period.DAY: Amount(tokens=100)})
    async with student.at_work():
        await counting(student)
        await student.until(lambda: student.reading.budgets)
        assert student.reading.budgets[0].share == 0
        await student.limited.accounts.record_usage(
            Origin(conversation_id="another"),
            ENDPOINT,
            ENDPOINT.model,
            Usage(80, 10),
            at=1_000_000.0,
            first_token=None,
            duration=1.0,
            outcome=Outcome.COMPLETE,
        )
        await student.until(lambda: student.reading.budgets[0].share == 0.9)


async def test_what_is_left_out_is_marked_however_much_room_that_leaves() -> None:
    student = limited(says("ok"), window=500, longest=100, settings=DROPPING)
    async with student.at_work():
        await counting(student)
        await student.ask(words(300))
        assert OUTSIDE not in student.shown()
        student.view.prompt.put(words(110))
        await student.until(lambda: OUTSIDE in student.shown())
        assert student.reading.request.tokens < 0.3 * 400
        student.view.prompt.put(words(10))
        await student.until(lambda: OUTSIDE not in student.shown())
        student.view.prompt.put(words(110))
        await student.pilot.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        await student.until(lambda: OUTSIDE in student.shown())
