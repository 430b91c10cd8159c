"""The screen-reader mode: plain text, roles by name, numbers, and the cursor where the focus is."""

from __future__ import annotations

import re

import pytest
from rich.segment import Segment
from textual.app import ComposeResult
from textual.color import Color
from textual.geometry import Offset
from textual.widgets import Button, OptionList

from studybuddy.domain.phases import Phase
from studybuddy.domain.settings import Settings
from studybuddy.ui import numbering
from studybuddy.ui.linear import focus_place
from studybuddy.ui.plain import Plain, plain
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.status import Activity
from tests.support.scripted_provider import says
from tests.ui.app_under_test import MemorySetup, Student

ORNAMENTS = re.compile("[\u2500-\u25ff\u2800-\u28ff\u2700-\u27bf•·▌●○]")
ANSWER = (
    "# Lists\n\n- one or two\n  - three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n---\n\n"
    "```python\nprint(1)\n```\n"
)
SPOKEN = Settings(screen_reader=True)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_nothing_on_the_screen_is_an_ornament(size: tuple[int, int]) -> None:
    async with Student(says(ANSWER), settings=SPOKEN).at_work(size) as student:
        await student.ask("What is a list?")
        for keys in ((), ("f1",), ("escape", "f4"), ("escape", "f9"), ("escape", "alt+s"),
                     ("escape", "f3"), ("ctrl+p",), ("escape", "f12")):  # fmt: skip
            await student.pilot.press(*keys)
            await student.settle()
            found = ORNAMENTS.findall(student.shown())
            assert not found, f"{keys}: {found}\n{student.shown()}"


async def test_roles_are_named_as_in_a_play_and_the_sidebar_waits_to_be_asked() -> None:
    async with Student(says("Fine."), settings=SPOKEN).at_work((140, 40)) as student:
        await student.ask("How?")
        lines = [line.strip() for line in student.shown().splitlines()]
        assert "You:" in lines
        assert "Study Buddy (scripted-model):" in lines
        assert not student.sidebar_shown
        assert student.app.animation_level == "none"


async def test_the_status_is_static() -> None:
    async with Student(settings=SPOKEN).at_work() as student:
        assert student.view.status.reduced_motion
        assert student.view.status._clock is None


async def test_what_is_told_in_a_corner_is_a_line_of_the_status_too() -> None:
    async with Student(settings=SPOKEN).at_work() as student:
        student.app.chat.notify("It was copied.", title="Look", timeout=0.01)
        await student.until(lambda: "Look It was copied." in student.shown())
        student.app.clear_notifications()
        await student.settle()
        assert "Look It was copied." in student.shown()
        student.view.status.activity = Activity().to(Phase.THINKING)
        await student.settle()
        assert "It was copied." not in student.shown()


async def test_choices_have_numbers_and_a_digit_chooses() -> None:
    setup = MemorySetup()
    async with Student(settings=SPOKEN, setup=setup).at_work() as student:
        await student.pilot.press("f12")
        await student.until(lambda: "2. Ollama" in student.shown())
        assert "1. Built-in model" in student.shown()
        await student.pilot.press("2")
        await student.until(lambda: [one.name for one in setup.remembered] == ["Ollama"])


async def test_digits_are_typed_where_something_is_typed() -> None:
    async with Student(settings=SPOKEN).at_work() as student:
        await student.pilot.press("f9")
        await student.until(lambda: ". Save" in student.shown())
        await student.pilot.press("1")
        await student.settle()
        assert student.app.screen is not student.app.chat


async def test_choices_have_no_numbers_otherwise() -> None:
    async with Student().at_work() as student:
        await student.pilot.press("f12")
        await student.until(lambda: "Ollama" in student.shown())
        assert "2. Ollama" not in student.shown()


async def test_the_mode_is_switched_while_the_app_runs() -> None:
    async with Student(says(ANSWER)).at_work((140, 40)) as student:
        await student.ask("What is a list?")
        drawn = student.shown()
        assert ORNAMENTS.search(drawn)
        await student.app.chat.run_action("feature('screen_reader')")
        await student.until(lambda: student.setup.written == {"screen_reader": True})
        await student.settle()
        assert not ORNAMENTS.search(student.shown()), student.shown()
        await student.app.chat.run_action("feature('screen_reader')")
        await student.until(lambda: student.setup.written == {"screen_reader": False})
        await student.until(lambda: student.sidebar_shown)
        assert ORNAMENTS.search(student.shown())


async def test_the_cursor_is_where_the_focus_is() -> None:
    async with Student(says("One.\n\nTwo."), settings=SPOKEN).at_work((80, 24)) as student:
        await student.ask("Say")
        screen = student.app.chat
        prompt = student.view.prompt
        assert focus_place(screen.focused) == prompt.cursor_screen_offset
        await student.pilot.press("f6", "up", "up")
        await student.settle()
        at = focus_place(screen.focused)
        assert at is not None
        assert "You:" in student.shown().splitlines()[at.y]
        await student.pilot.press("f12")
        await student.until(lambda: "2. Ollama" in student.shown())
        await student.pilot.press("down")
        await student.settle()
        at = focus_place(student.app.screen.focused)
        assert at is not None
        assert "2. Ollama" in student.shown().splitlines()[at.y]
        assert focus_place(None) is None


async def test_the_cursor_is_on_the_row_of_a_list_of_settings() -> None:
    async with Student(settings=SPOKEN).at_work((80, 24)) as student:
        await student.pilot.press("alt+s")
        await student.until(lambda: "/ searches" in student.shown())
        for _ in range(3):
            await student.pilot.press("down")
            await student.settle()
        at = focus_place(student.app.screen.focused)
        assert at is not None
        assert isinstance(at, Offset)
        assert "Notifications" in student.shown().splitlines()[at.y]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a · b", "a,  b"),
        ("▌quote ─┼─ │", " quote      "),
        ("✓ done ✗ failed ● busy", "+ done x failed * busy"),
        ("x → y, é, 漢, 🙂", "x → y, é, 漢, 🙂"),
    ],
)
def test_ornaments_go_and_letters_arrows_and_emoji_stay(text: str, said: str) -> None:
    assert plain(text) == said
    filtered = Plain().apply([Segment(text)], Color(0, 0, 0))
    assert "".join(segment.text for segment in filtered) == said


async def test_digits_that_mean_something_already_are_left_to_that() -> None:
    async with Student(settings=SPOKEN).at_work() as student:
        await student.pilot.press("alt+u")
        await student.until(lambda: "1-4 time" in student.shown())
        assert numbering.choose(student.app.screen, 1) is False


class Choices(Dialog[str]):
    """Choices that begin as if they had numbers, and that change."""

    def compose(self) -> ComposeResult:
        yield OptionList("3. Mai", "Heute", markup=False)
        yield Button("Go", id="go")


async def test_each_choice_has_the_number_that_chooses_it_whatever_it_begins_with() -> None:
    async with Student(settings=SPOKEN).at_work() as student:
        screen = Choices()
        student.app.push_screen(screen)
        await student.until(lambda: "3. Go" in student.shown())
        assert "1. 3. Mai" in student.shown()
        screen.query_one(OptionList).clear_options().add_options(["Morgen", "9. Juni", "Nie"])
        screen.query_one("#go", Button).label = "Walk"
        screen.query_one("#go", Button).focus()
        await student.until(lambda: "4. Walk" in student.shown())
        assert "1. Morgen" in student.shown()
        assert "2. 9. Juni" in student.shown()


async def test_the_numbers_of_themes_are_of_the_rows_that_are_shown_first() -> None:
    async with Student(settings=SPOKEN).at_work((80, 24)) as student:
        await student.app.chat.run_action("feature('theme')")
        await student.until(lambda: "Enter keeps it" in student.shown())
        await student.until(lambda: f"1. {student.app.theme}" in student.shown())
        assert "2. " in student.shown()


async def test_buttons_with_numbers_are_whole() -> None:
    async with Student(settings=SPOKEN).at_work((80, 24)) as student:
        await student.pilot.press("f9")
        await student.until(lambda: "1. Add an example" in student.shown())
        await student.until(lambda: "2. Save" in student.shown())
        assert "4. Cancel" in student.shown()
