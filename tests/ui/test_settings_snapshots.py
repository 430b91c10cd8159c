"""What the settings, the keys, the themes and the screen-reader mode look like, as text."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.settings import BudgetSettings, EndpointSettings, PriceSettings, Settings
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student
from tests.ui.test_snapshots import ANSWER, SIZES, picture

SOME = Settings(
    name="Ada",
    theme="nord",
    keys={"mode": "f2,alt+m"},
    endpoints={"lab": EndpointSettings("http://127.0.0.1:8000/v1", "qwen3")},
    budgets=BudgetSettings(day="$0.50"),
    prices={"qwen3": PriceSettings(0.1, 0.4)},
)


@pytest.mark.parametrize("size", SIZES)
async def test_the_settings_that_were_changed(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with Student(settings=SOME).at_work(size) as student:
        await student.pilot.press("alt+s")
        await student.until(lambda: "/ searches" in student.shown())
        await student.pilot.press("c", "down")
        await student.settle()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_a_value_that_can_not_be_used(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with Student(settings=SOME).at_work(size) as student:
        await student.pilot.press("alt+s")
        await student.until(lambda: "/ searches" in student.shown())
        await student.pilot.press("slash")
        await student.type("budgets")
        await student.pilot.press("enter", "enter")
        await student.until(lambda: "Enter keeps it" in student.shown())
        await student.type("5x")
        await student.until(lambda: "neither money nor tokens" in student.shown())
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_keys(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student(settings=SOME).at_work(size) as student:
        await student.app.chat.run_action("feature('keymap')")
        await student.until(lambda: "/ searches" in student.shown())
        await student.pilot.press("slash")
        await student.type("mode")
        await student.pilot.press("enter", "enter")
        await student.until(lambda: "Press the key" in student.shown())
        await student.pilot.press("ctrl+n")
        await student.until(lambda: "belongs to" in student.shown())
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_themes(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student(settings=SOME).at_work(size) as student:
        await student.counted()
        await student.app.chat.run_action("feature('theme')")
        await student.until(lambda: "Enter keeps it" in student.shown())
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_an_answer_for_a_screen_reader(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with Student(says(ANSWER), settings=Settings(screen_reader=True)).at_work(
        size
    ) as student:
        await student.ask("What is a hash table?")
        await student.counted()
        assert picture(student) == snapshot
