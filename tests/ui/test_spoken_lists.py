"""The screen-reader mode is one column, in which every entry of a list has a number to type."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import OptionList

from studybuddy.domain.settings import Settings
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.settings_list import SettingsList
from tests.ui.app_under_test import Student
from tests.ui.library_student import LibraryStudent

SPOKEN = Settings(screen_reader=True)


class Many(Dialog[int]):
    """More choices than there are digits."""

    def compose(self) -> ComposeResult:
        yield OptionList(*(f"Choice {n}" for n in range(1, 14)), markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index + 1)


async def test_two_digits_point_at_an_entry_and_enter_chooses_it() -> None:
    async with Student(settings=SPOKEN).at_work((80, 30)) as student:
        chosen: list[int | None] = []
        student.app.push_screen(Many(), chosen.append)
        await student.until(lambda: "13. Choice 13" in student.shown())
        await student.pilot.press("1", "2", "enter")
        await student.until(lambda: chosen == [12])


async def test_what_is_told_is_below_a_dialog_and_never_over_it() -> None:
    async with Student(settings=SPOKEN).at_work((80, 30)) as student:
        student.app.push_screen(Many())
        await student.until(lambda: "13. Choice 13" in student.shown())
        student.app.screen.notify("It is deleted.", title="Look:")
        await student.until(lambda: "Look: It is deleted." in student.shown())
        assert len(student.app._notifications) == 0
        assert student.shown().splitlines()[-1].strip() == "Look: It is deleted."


async def test_settings_have_numbers_and_typing_one_goes_there() -> None:
    async with Student(settings=SPOKEN).at_work((80, 30)) as student:
        await student.pilot.press("alt+s")
        await student.until(lambda: " 5. " in student.shown())
        await student.pilot.press("5")
        await student.settle()
        found = student.app.screen.query_one(SettingsList)
        line = next(one for one in student.shown().splitlines() if " 5. " in one)
        assert found.line is not None
        assert found.line.label in line


async def test_models_have_numbers_and_typing_one_and_enter_chooses_it() -> None:
    async with Student(settings=SPOKEN).at_work((80, 30)) as student:
        await student.pilot.press("f4")
        await student.until(lambda: "1. " in student.shown())
        await student.pilot.press("2")
        await student.settle()
        assert student.app.screen.query_one("#models", OptionList).highlighted == 1
        assert "1. " in student.shown()


async def test_the_list_of_slash_has_numbers_and_typing_one_points_at_it() -> None:
    async with Student(settings=SPOKEN).at_work((80, 30)) as student:
        await student.pilot.press("slash")
        await student.until(lambda: "2. /" in student.shown())
        await student.pilot.press("2")
        await student.settle()
        completer = student.view.prompt.completer
        assert completer is not None
        assert completer._at == 1
        assert "2. /" in student.shown()


async def test_conversations_have_numbers_and_typing_one_points_at_it() -> None:
    async with Student(settings=SPOKEN).at_work((100, 30)) as student:
        for question in ("Apples?", "Pears?"):
            await student.ask(question)
            await student.pilot.press("ctrl+n")
            await student.settle()
        student.app.chat.action_conversations()
        await student.until(lambda: "2. Apples?" in student.shown())
        assert "1. Pears?" in student.shown()
        await student.pilot.press("2", "enter")
        await student.until(lambda: "You:" in student.shown() and "Apples?" in student.shown())
        assert student.view.transcript.messages[0].text == "Apples?"


async def test_beginnings_have_numbers_and_typing_one_points_at_it() -> None:
    async with LibraryStudent(settings=SPOKEN).at_work((80, 30)) as student:
        await student.until(lambda: "2. Make a plan." in student.shown())
        await student.pilot.press("down", "2", "enter")
        await student.until(lambda: student.view.prompt.text == "Make a plan.")
