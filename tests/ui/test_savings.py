"""Ways to use fewer tokens: switched from the palette, and shown before they do anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from studybuddy.chat.limits import Limits
from studybuddy.chat.model_names import ModelNames
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.settings import SavingSettings, Settings
from studybuddy.domain.usage import Count
from studybuddy.ui.commands import SAVINGS
from studybuddy.ui.screens.limits import ConversationLimits
from tests.ui.app_under_test import Student


class Words:
    """Counts words."""

    def count(self, text: str, model: str) -> Count:
        return Count(len(text.split()))


def with_accounts(student: Student) -> list[SavingSettings]:
    """Give the desk what it needs, and return what it is told to save."""
    told: list[SavingSettings] = []
    desk: Any = student.desk
    accounts = SimpleNamespace(counter=Words(), names=ModelNames(), subscribe=lambda _: None)
    keepers = replace(desk._limits._keepers, accounts=accounts)
    desk._limits = Limits(lambda: keepers)
    desk.use_savings = told.append
    return told


FILLER = Settings(savings=SavingSettings(filler_words=True))


async def test_what_will_be_left_out_is_shown_above_the_prompt_when_the_keys_rest() -> None:
    student = Student(settings=FILLER)
    with_accounts(student)
    async with student.at_work():
        await student.type("please explain hash tables")
        await student.until(lambda: "Saves 1 token on sending" in student.shown())
        assert "“please”" in student.shown()
        await student.pilot.press("enter")
        await student.until(lambda: "Saves" not in student.shown())


async def test_nothing_is_shown_of_a_prompt_without_filler_or_where_that_is_off() -> None:
    for settings, text in ((FILLER, "explain hash tables"), (Settings(), "please explain it")):
        student = Student(settings=settings)
        with_accounts(student)
        async with student.at_work():
            await student.type(text)
            await student.until(lambda student=student: student.meter.settled > 1)
            await student.settle()
            assert "Saves" not in student.shown()


@pytest.mark.parametrize("name", sorted(SAVINGS))
async def test_a_saving_is_switched_at_once_and_written_to_the_settings(name: str) -> None:
    student = Student()
    told = with_accounts(student)
    async with student.at_work():
        for on in (True, False):
            await student.app.chat.run_action(f"saving('{name}')")
            await student.until(lambda on=on: student.setup.written == {f"savings.{name}": on})
            assert getattr(told[-1], name) is on
            await student.until(lambda on=on: f": {'on' if on else 'off'}." in student.told())


async def test_kept_answers_are_cleared_from_the_palette() -> None:
    async with Student().at_work() as student:
        desk: Any = student.desk

        async def clear() -> int:
            return 3

        keepers = replace(desk._limits._keepers, kept=SimpleNamespace(clear=clear))
        desk._limits = Limits(lambda: keepers)
        await student.app.chat.run_action("clear_kept_answers")
        await student.until(lambda: "3 kept answers cleared." in student.told())


async def test_limits_of_a_conversation_are_set_by_a_dialog() -> None:
    async with Student().at_work() as student:
        given: list[ConversationLimits] = []
        session: Any = student.view.session

        async def set_limits(*limits: Any) -> None:
            given.append(ConversationLimits(*limits))

        session.set_limits = set_limits
        await student.pilot.press("shift+f9")
        await student.until(lambda: "Limits of this conversation" in student.shown())
        await student.pilot.press(*"0", "f9")
        await student.until(lambda: "a number above 0" in student.shown())
        await student.pilot.press("backspace", *"500", "tab", "down", "down", "enter", "f9")
        await student.until(lambda: given)
        assert given[0].max_completion_tokens == 500
        assert given[0].overflow == "drop"


async def test_a_message_is_pinned_and_let_go_by_its_key() -> None:
    async with Student().at_work() as student:
        await student.ask("First?")
        await student.pilot.press("f6", "up", "up", "asterisk")
        await student.until(lambda: "You · pinned" in student.shown())
        assert pinned(student.view.session.messages) == [Role.USER]
        await student.pilot.press("asterisk")
        await student.until(lambda: "pinned" not in student.shown())
        assert pinned(student.view.session.messages) == []


def pinned(messages: Sequence[Message]) -> list[Role]:
    return [message.role for message in messages if message.pinned]
