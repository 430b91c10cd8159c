"""What is wrong at the start is told in one notification; lists keep what is chosen in sight."""

from __future__ import annotations

from textual.widgets import OptionList

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import Settings
from tests.ui.app_under_test import Student

FAULTY = Settings(theme="nosuch", keys={"nosuch": "f5", "find": "f1"})


async def test_faults_at_the_start_are_told_in_one_notification_that_is_whole() -> None:
    notice = Problem(ProblemKind.SETTINGS, "The file has a fault.")
    async with Student(settings=FAULTY, notices=[notice]).at_work((80, 24)) as student:
        await student.until(lambda: "The file has a fault." in student.told())
        assert len(student.app._notifications) == 1
        assert "There is no theme “nosuch”." in student.told()
        assert "There is no command “nosuch”" in student.told()


async def test_a_single_fault_is_told_with_what_to_do_about_it() -> None:
    async with Student(settings=Settings(theme="nosuch")).at_work((80, 24)) as student:
        await student.until(lambda: "There is no theme “nosuch”. Choose: " in student.told())


async def test_the_theme_that_is_pointed_at_stays_in_sight_when_the_window_gets_lower() -> None:
    async with Student(settings=Settings(theme="textual-dark")).at_work((80, 50)) as student:
        await student.app.chat.run_action("feature('theme')")
        await student.until(lambda: "Enter keeps it" in student.shown())
        await student.pilot.resize_terminal(80, 14)
        await student.settle()
        options = student.app.screen.query_one(OptionList)
        assert options.highlighted is not None
        top = round(options.scroll_y)
        line = options._index_to_line[options.highlighted]
        assert top <= line < top + options.scrollable_content_region.height
