"""What stands in the way of a question, what is offered, and that no key does more than it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from studybuddy.domain.limits import Amount, Overflow, Period
from studybuddy.domain.settings import LimitSettings, Settings
from studybuddy.ui.drafts import AFTER_ASKING
from studybuddy.ui.screens.refusal import OverBudgetScreen, TooLongScreen
from tests.support.scripted_provider import Step, says
from tests.ui.app_under_test import Student, limited

LONG = " ".join(["long"] * 200)
"""With what was said before, it takes 513 tokens: as many as words, and 3 for each message."""
SPENT = {Period.DAY: Amount(tokens=400)}
"""The first question and its answer take 307 tokens of it."""


@pytest.fixture(autouse=True)
def nobody_is_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studybuddy.ui.drafts.AFTER_ASKING", 0.02)
    monkeypatch.setattr("studybuddy.ui.refusals.REACTION", 0.0)


@asynccontextmanager
async def asked_once(
    *scripts: Sequence[Step], window: int | None = None, **others: Any
) -> AsyncIterator[Student]:
    """A student who has asked 300 words, and got one."""
    student = limited(says("One."), *scripts, window=window, longest=100, **others)
    async with student.at_work():
        await student.ask(" ".join(["early"] * 300))
        yield student


def too_long(*scripts: Sequence[Step], **others: Any) -> Any:
    """One for whom LONG does not fit."""
    return asked_once(*scripts, window=500, **others)


def over_budget(*scripts: Sequence[Step], **others: Any) -> Any:
    """One whose budget has no room for LONG."""
    return asked_once(*scripts, budgets=SPENT, **others)


async def ask(student: Student, text: str = LONG) -> None:
    student.view.prompt.put(text)
    await student.pilot.press("enter")


async def refused(student: Student) -> None:
    await student.until(lambda: student.view.refused is not None)


async def opened(student: Student) -> None:
    dialogs = (TooLongScreen, OverBudgetScreen)
    await student.until(lambda: isinstance(student.app.screen, dialogs))


async def lifted(student: Student) -> list[Period]:
    states = await student.limited.budgets.states(student.view.session.head.id)
    return [state.period for state in states if state.lifted]


def sent(student: Student) -> list[str]:
    """The last message of each request."""
    return [request.messages[-1][1] for request in student.provider.requests]


async def test_what_does_not_fit_is_told_with_its_numbers_and_the_text_is_back() -> None:
    async with too_long() as student:
        await ask(student)
        await opened(student)
        assert "It takes 513 tokens; the model has room for 400: 113 too many." in student.shown()
        assert "Drop 2 messages (d)" in student.shown()
        await student.pilot.press("escape")
        await student.settle()
        assert student.view.prompt.text == LONG
        assert student.view.prompt.has_focus
        assert len(student.view.session.messages) == 2
        assert "513 of 400 tokens; shorten it" in student.shown()  # the status line says it still


@pytest.mark.parametrize(("key", "told"), [("d", "left out"), ("s", "summed up")])
async def test_a_key_sends_the_same_text_made_to_fit(key: str, told: str) -> None:
    between = [says("What was said.")] if key == "s" else []
    async with too_long(*between, says("Fits.")) as student:
        await ask(student)
        await opened(student)
        await student.pilot.press(key)
        await student.until(lambda: "Fits." in student.shown())
        assert sent(student)[-1] == LONG
        assert student.view.prompt.text == ""
        assert student.view.session.head.overflow is None
        await student.until(lambda: f"2 older messages {told}" in student.shown())


async def test_it_can_be_done_always_in_this_conversation() -> None:
    async with too_long(says("Fits.")) as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("a", "d")
        await student.until(lambda: "Fits." in student.shown())
        assert student.view.session.head.overflow is Overflow.DROP


async def test_the_dialog_comes_at_once_where_nobody_types() -> None:
    assert AFTER_ASKING <= 0.5
    async with too_long() as student:
        student.view.drafts._asked_at = 0.0
        await student.type("x")
        await student.pilot.press("backspace")
        await ask(student)  # the keys before Enter are over with it
        await opened(student)


async def test_no_dialog_opens_over_what_is_typed_and_a_key_opens_it() -> None:
    async with too_long(says("Fits.")) as student:
        student.limited.fitter.gate = gate = asyncio.Event()
        await ask(student)
        await student.settle()
        await student.type("and")
        gate.set()
        await refused(student)
        await student.type(" dl")
        await student.settle()
        assert student.app.screen is student.app.chat
        assert student.view.prompt.text == f"{LONG}\nand dl"
        assert "Ctrl+T chooses" in student.shown()
        await student.pilot.press("ctrl+t")
        await opened(student)
        await student.pilot.press("d")
        await student.until(lambda: "Fits." in student.shown())
        assert sent(student)[-1] == LONG
        assert student.view.prompt.text == "and dl"


async def test_letters_typed_after_a_refusal_lift_no_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with over_budget() as student:
        typed = asyncio.Event()

        async def time_passes(_: float) -> None:
            await typed.wait()

        monkeypatch.setattr("studybuddy.ui.drafts.AFTER_ASKING", 60)
        monkeypatch.setattr("studybuddy.ui.drafts.asyncio", SimpleNamespace(sleep=time_passes))
        await ask(student)
        await refused(student)
        await student.type(" alright")
        typed.set()
        offers = [w for w in student.app.chat.workers if w.group == "refusal"]
        await student.until(lambda: all(offer.is_finished for offer in offers))
        assert await lifted(student) == []
        assert student.app.screen is student.app.chat
        assert student.view.prompt.text == f"{LONG} alright"
        assert student.view.refused is None  # it is another question now
        await student.until(lambda: "chooses" not in student.shown())
        assert len(sent(student)) == 1


async def test_keys_that_come_as_the_dialog_opens_by_itself_do_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studybuddy.ui.refusals.REACTION", 60.0)
    async with over_budget() as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("l", "l")
        assert isinstance(student.app.screen, OverBudgetScreen)
        assert await lifted(student) == []
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)


async def test_a_choice_that_was_left_is_opened_again_by_its_key() -> None:
    async with over_budget(says("Paid.")) as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert await lifted(student) == []
        assert student.view.prompt.text == LONG
        await student.pilot.press("ctrl+t")
        await opened(student)
        await student.pilot.press("l")
        await student.until(lambda: "Paid." in student.shown())


async def test_a_retry_that_is_refused_is_asked_again_in_the_same_way() -> None:
    async with too_long(says("Two."), says("Three.")) as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("d")
        await student.until(lambda: "Two." in student.shown())
        await student.until(lambda: not student.view.busy)
        await student.pilot.press("ctrl+r")
        await opened(student)
        assert student.view.prompt.text == ""
        await student.pilot.press("d")
        await student.until(lambda: "Three." in student.shown())
        assert sent(student)[1:] == [LONG, LONG]


async def test_a_budget_that_is_used_up_is_lifted_by_its_key_and_the_question_sent() -> None:
    async with over_budget(says("Paid.")) as student:
        await ask(student)
        await opened(student)
        assert "Used: 307 of 400 tokens." in student.shown()
        await student.pilot.press("l")
        await student.until(lambda: "Paid." in student.shown())
        assert await lifted(student) == [Period.DAY]


async def test_no_budget_is_lifted_where_the_question_can_not_be_asked() -> None:
    async with over_budget() as student:
        await ask(student)
        await opened(student)
        student.desk.endpoint = None  # another window has taken it away
        await student.pilot.press("l")
        await student.until(lambda: student.app.screen is student.app.chat)
        await student.settle()
        assert await lifted(student) == []
        assert student.view.prompt.text == LONG


async def test_what_was_allowed_holds_in_the_next_dialog_too() -> None:
    async with too_long(says("Done."), budgets=SPENT) as student:
        await ask(student)
        await student.until(lambda: isinstance(student.app.screen, TooLongScreen))
        await student.pilot.press("d")
        await student.until(lambda: isinstance(student.app.screen, OverBudgetScreen))
        await student.pilot.press("l")
        await student.until(lambda: "Done." in student.shown())
        assert sent(student)[-1] == LONG


@pytest.mark.parametrize("characters", [0, 20])
async def test_where_only_the_student_can_help_a_notice_says_so(characters: int) -> None:
    limits = LimitSettings(prompt_characters=characters)
    student = limited(window=100, longest=50, settings=Settings(system_prompt="", limits=limits))
    async with student.at_work():
        await ask(student)
        await student.until(lambda: "horten it." in student.told())
        assert student.app.screen is student.app.chat
        assert student.view.prompt.text == LONG
        assert student.view.refused is None


async def test_a_budget_that_nears_its_end_is_told_once() -> None:
    student = limited(says("One."), budgets={Period.DAY: Amount(tokens=1000)})
    async with student.at_work():
        for words in (850, 1, 1):
            await student.ask(" ".join(["word"] * words))
        await student.until(lambda: "of the day's budget of 1,000 tokens is used" in student.told())
        assert student.told().count("of the day's budget") == 1


async def test_every_request_that_nears_its_own_budget_is_told() -> None:
    student = limited(says("One."), budgets={Period.REQUEST: Amount(tokens=100)})
    async with student.at_work():
        for question, told in (("word " * 84, 1), ("word " * 40, 0), ("word " * 84, 1)):
            student.app.clear_notifications()
            await student.ask(question)
            await student.settle()
            assert student.told().count("of the request's budget") == told
            await student.pilot.press("ctrl+n")


async def test_the_command_lifts_the_budget_that_stands_in_the_way_of_the_prompt() -> None:
    async with over_budget() as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("escape")
        await student.app.chat.run_action("lift_budget")
        assert await lifted(student) == [Period.DAY]
        await student.until(lambda: "Lifted: the day's budget of 400 tokens." in student.told())
        await student.app.chat.run_action("lift_budget")
        await student.until(lambda: "No budget stands in the way." in student.told())


async def test_the_command_lifts_nothing_for_a_question_that_is_not_there_any_more() -> None:
    async with over_budget() as student:
        await ask(student)
        await opened(student)
        await student.pilot.press("escape")
        student.view.prompt.put("Short?")
        await student.app.chat.run_action("lift_budget")
        assert await lifted(student) == []
        await student.until(lambda: "No budget stands in the way." in student.told())
