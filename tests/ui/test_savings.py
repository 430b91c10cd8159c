"""Ways to use fewer tokens: switched from the palette, and shown before they do anything."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.settings import SavingSettings, Settings
from studybuddy.ui.savings import SAVINGS
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, limited

FILLER = Settings(system_prompt="", savings=SavingSettings(filler_words=True))
KEEPING = Settings(system_prompt="", savings=SavingSettings(keep_answers=True))


async def test_what_will_be_left_out_is_shown_above_the_prompt_when_the_keys_rest() -> None:
    student = limited(settings=FILLER)
    async with student.at_work():
        await student.type("please explain hash tables")
        await student.until(lambda: "Saves 1 token on sending" in student.shown())
        assert "“please”" in student.shown()
        await student.pilot.press("enter")
        await student.until(lambda: "Saves" not in student.shown())


async def test_nothing_is_shown_of_a_prompt_without_filler_or_where_that_is_off() -> None:
    for settings, text in ((FILLER, "explain hash tables"), (Settings(), "please explain it")):
        student = limited(settings=settings)
        async with student.at_work():
            await student.type(text)
            await student.until(lambda student=student: student.view.session.head.draft)  # at rest
            looks = [w for w in student.app.chat.workers if w.group == "filler"]
            await student.until(lambda looks=looks: all(look.is_finished for look in looks))
            await student.settle()
            assert "Saves" not in student.shown()


@pytest.mark.parametrize("name", sorted(SAVINGS))
async def test_a_saving_is_switched_at_once_and_written_to_the_settings(name: str) -> None:
    student = limited()
    async with student.at_work():
        for on in (True, False):
            await student.app.chat.run_action(f"feature('{name}')")
            await student.until(lambda on=on: student.setup.written == {f"savings.{name}": on})
            assert getattr(student.limited.limits.settings.savings, name) is on
            assert getattr(student.app.services.settings.savings, name) is on
            await student.until(lambda on=on: f": {'on' if on else 'off'}." in student.told())


async def test_kept_answers_are_cleared_from_the_palette() -> None:
    student = limited(says("One."), says("Two."), settings=KEEPING)
    async with student.at_work():
        await student.ask("First?")
        await student.pilot.press("ctrl+n")
        await student.ask("Second?")
        await student.app.chat.run_action("feature('clear_kept_answers')")
        await student.until(lambda: "2 kept answers cleared." in student.told())


async def test_limits_of_a_conversation_are_set_by_a_dialog() -> None:
    async with Student().at_work() as student:
        await student.pilot.press("shift+f9")
        await student.until(lambda: "Limits of this conversation" in student.shown())
        await student.pilot.press(*"0", "f9")
        await student.until(lambda: "a number above 0" in student.shown())
        await student.pilot.press("backspace", *"500", "tab", "down", "down", "enter", "f9")
        await student.until(lambda: student.view.session.head.overflow is Overflow.DROP)
        assert student.view.session.head.max_completion_tokens == 500


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
