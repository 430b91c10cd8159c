"""What stands in the way of a question, what is offered, and that no word is lost by it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from studybuddy.chat.limits import Limits
from studybuddy.domain.allowances import Allowance
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import BudgetNear, ContextFitted, TurnEvent, TurnRefused
from studybuddy.domain.limits import (
    Amount,
    BudgetState,
    DoesNotFit,
    Obstacle,
    OverBudget,
    Overflow,
    Period,
    PromptTooLong,
    Spent,
)
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

TOO_LONG = DoesNotFit(13_001, 12_289, True, 4)
DAY = BudgetState(
    Period.DAY,
    Amount(nanodollars=500_000_000),
    Spent(nanodollars=490_000_000, tokens=100),
    Spent(nanodollars=20_000_000, tokens=10),
)
NOTHING = Allowance()


@pytest.fixture(autouse=True)
def nobody_is_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studybuddy.ui.drafts.PAUSE", 0.05)


class Refusing:
    """Makes the session on screen refuse what is not allowed, and remembers what was asked."""

    def __init__(self, student: Student, obstacle: Obstacle, *events: TurnEvent) -> None:
        self.asked: list[tuple[str, Allowance]] = []
        self.lifted: list[BudgetState] = []
        self.limits: tuple[int | None, Overflow | None] | None = None
        self._obstacle = obstacle
        self._events = events
        session: Any = student.view.session
        self._send, self._retry = session.send, session.retry
        session.send, session.retry, session.set_limits = self.send, self.retry, self.set_limits
        desk: Any = student.desk
        keepers = replace(desk._limits._keepers, budgets=self)
        desk._limits = Limits(lambda: keepers)

    def send(
        self, text: str, endpoint: Endpoint, allow: Allowance = NOTHING
    ) -> AsyncGenerator[TurnEvent]:
        return self._turn(text, self._send(text, endpoint), allow)

    def retry(self, endpoint: Endpoint, allow: Allowance = NOTHING) -> AsyncGenerator[TurnEvent]:
        return self._turn("again", self._retry(endpoint), allow)

    async def _turn(
        self, text: str, events: AsyncGenerator[TurnEvent], allow: Allowance
    ) -> AsyncGenerator[TurnEvent]:
        self.asked.append((text, allow))
        if allow == NOTHING and not self.lifted:
            yield TurnRefused(self._obstacle)
            return
        first = True
        async for event in events:
            yield event
            if first:
                first = False
                for told in self._events:
                    yield told

    async def set_limits(self, tokens: int | None, overflow: Overflow | None) -> None:
        self.limits = tokens, overflow

    def lift(self, state: BudgetState) -> None:
        self.lifted.append(state)

    async def states(self, conversation_id: str) -> tuple[BudgetState, ...]:
        return (DAY,)


async def ask(student: Student, text: str) -> None:
    student.view.prompt.put(text)
    await student.pilot.press("enter")


async def test_what_does_not_fit_is_told_with_its_numbers_and_the_text_is_back() -> None:
    async with Student().at_work() as student:
        refusing = Refusing(student, TOO_LONG)
        await ask(student, "Long?\nLonger?")
        await student.until(lambda: "712 too many" in student.shown())
        assert "13,001 tokens; the model has room for 12,289" in student.shown()
        assert "Drop 4 messages (d)" in student.shown()
        await student.pilot.press("escape")
        await student.settle()
        assert student.view.prompt.text == "Long?\nLonger?"
        assert student.view.prompt.has_focus
        assert refusing.asked == [("Long?\nLonger?", NOTHING)]
        assert student.view.session.messages == []
        assert "drop the oldest 4 messages" in student.shown()  # the status line says it still


@pytest.mark.parametrize(("key", "overflow"), [("d", Overflow.DROP), ("s", Overflow.SUMMARISE)])
async def test_a_key_sends_the_same_text_made_to_fit(key: str, overflow: Overflow) -> None:
    async with Student(says("Fits.")).at_work() as student:
        refusing = Refusing(student, TOO_LONG, ContextFitted(dropped=4))
        await ask(student, "Long?")
        await student.until(lambda: "too many" in student.shown())
        await student.pilot.press(key)
        await student.until(lambda: "Fits." in student.shown())
        assert refusing.asked[1:] == [("Long?", Allowance(overflow=overflow))]
        assert refusing.limits is None
        assert student.view.prompt.text == ""
        await student.until(lambda: "4 older messages left out" in student.shown())


async def test_it_can_be_done_always_in_this_conversation() -> None:
    async with Student(says("Fits.")).at_work() as student:
        refusing = Refusing(student, TOO_LONG)
        await ask(student, "Long?")
        await student.until(lambda: "too many" in student.shown())
        await student.pilot.press("a", "d")
        await student.until(lambda: "Fits." in student.shown())
        assert refusing.limits == (None, Overflow.DROP)


async def test_what_was_typed_since_is_neither_lost_nor_sent() -> None:
    async with Student(says("Fits.")).at_work() as student:
        refusing = Refusing(student, TOO_LONG)
        prompt = student.view.prompt
        prompt.put("Long?")
        student.view.post_message(prompt.Submitted("Long?"))
        prompt.put("typed since")
        await student.until(lambda: "too many" in student.shown())
        assert prompt.text == "Long?\ntyped since"
        await student.pilot.press("d")
        await student.until(lambda: "Fits." in student.shown())
        assert [text for text, _ in refusing.asked] == ["Long?", "Long?"]
        assert prompt.text == "typed since"


async def test_a_retry_that_is_refused_is_asked_again_in_the_same_way() -> None:
    async with Student(says("One."), says("Two.")).at_work() as student:
        await student.ask("First?")
        refusing = Refusing(student, TOO_LONG)
        await student.pilot.press("ctrl+r")
        await student.until(lambda: "too many" in student.shown())
        assert student.view.prompt.text == ""
        await student.pilot.press("d")
        await student.until(lambda: "Two." in student.shown())
        assert refusing.asked[1:] == [("again", Allowance(overflow=Overflow.DROP))]


async def test_a_budget_that_is_used_up_is_lifted_by_its_key_and_the_question_sent() -> None:
    async with Student(says("Paid.")).at_work() as student:
        refusing = Refusing(student, OverBudget(DAY))
        await ask(student, "Dear?")
        await student.until(lambda: "Used: $0.49 of $0.50" in student.shown())
        await student.pilot.press("l")
        await student.until(lambda: "Paid." in student.shown())
        assert refusing.lifted == [DAY]
        assert refusing.asked == [("Dear?", NOTHING), ("Dear?", NOTHING)]


async def test_a_budget_is_not_lifted_by_escape() -> None:
    async with Student().at_work() as student:
        refusing = Refusing(student, OverBudget(DAY))
        await ask(student, "Dear?")
        await student.until(lambda: "Used: $0.49 of $0.50" in student.shown())
        await student.pilot.press("escape")
        await student.settle()
        assert refusing.lifted == []
        assert student.view.prompt.text == "Dear?"


@pytest.mark.parametrize(
    "obstacle", [PromptTooLong(2001, 2000), DoesNotFit(13_001, 12_289, True, 0)]
)
async def test_where_only_the_student_can_help_a_notice_says_so(obstacle: Obstacle) -> None:
    async with Student().at_work() as student:
        Refusing(student, obstacle)
        await ask(student, "Long?")
        await student.until(lambda: "horten it." in student.told())
        assert student.app.screen is student.app.chat
        assert student.view.prompt.text == "Long?"


async def test_a_question_refused_out_of_sight_comes_back_to_its_own_prompt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studybuddy.ui.drafts.PAUSE", 30.0)  # it is out of sight before that
    async with Student().at_work() as student:
        Refusing(student, TOO_LONG)
        session = student.view.session
        student.view.send(student.view.prompt.Submitted("Out of sight?"))
        await student.pilot.press("ctrl+n")
        await student.until(lambda: session.head.draft == "Out of sight?")
        assert student.app.screen is student.app.chat


async def test_a_budget_that_nears_its_end_is_told_once() -> None:
    near = BudgetNear(BudgetState(Period.DAY, DAY.amount, Spent(nanodollars=420_000_000)))
    async with Student(says("One."), says("Two.")).at_work() as student:
        refusing = Refusing(student, TOO_LONG, near, near)
        refusing.lifted.append(DAY)  # so that nothing is refused
        await student.ask("First?")
        await student.ask("Second?")
        told = "84 % of the day's budget of $0.50 is used."
        await student.until(lambda: told in student.told())
        assert student.told().count(told) == 1


async def test_the_command_lifts_the_budget_that_stood_in_the_way() -> None:
    async with Student().at_work() as student:
        refusing = Refusing(student, OverBudget(DAY))
        await ask(student, "Dear?")
        await student.until(lambda: "Used: $0.49 of $0.50" in student.shown())
        await student.pilot.press("escape")
        await student.app.chat.run_action("lift_budget")
        assert refusing.lifted == [DAY]
        await student.until(lambda: "Lifted: the day's budget of $0.50." in student.told())
