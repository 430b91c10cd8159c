"""Everything that can be set is changed in the app, checked, and holds at once."""

from __future__ import annotations

import pytest

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import BudgetSettings, EndpointSettings, PriceSettings, Settings
from studybuddy.ui.setting_lines import Kind, lines_of, matching
from tests.ui.app_under_test import Student, limited

LAB = EndpointSettings("http://127.0.0.1:9/v1", "m")


async def find(student: Student, name: str) -> None:
    """Open the settings and go to the first that is called so."""
    await student.pilot.press("alt+s")
    await student.until(lambda: "/ searches" in student.shown())
    await student.pilot.press("slash")
    await student.type(name)
    await student.pilot.press("enter")
    await student.settle()


async def change_to(student: Student, name: str, value: str) -> None:
    await find(student, name)
    await student.pilot.press("enter")
    await student.until(lambda: "Enter keeps it" in student.shown())
    await student.type(value)
    await student.pilot.press("enter")


async def test_a_switch_is_turned_by_enter_and_holds_at_once() -> None:
    async with Student().at_work((120, 40)) as student:
        assert student.sidebar_shown
        await find(student, "sidebar")
        await student.pilot.press("enter")
        await student.until(lambda: "Sidebar: saved." in student.shown())
        assert student.setup.written == {"sidebar": False}
        assert not student.sidebar_shown
        assert not student.app.services.settings.sidebar
        await student.pilot.press("r")
        await student.until(lambda: "Sidebar: as by default." in student.shown())
        assert student.sidebar_shown


async def test_one_of_several_values_is_chosen_from_a_list() -> None:
    student = limited()
    async with student.at_work() as student:
        await find(student, "context")
        await student.pilot.press("enter")
        await student.until(lambda: "summarise" in student.shown())
        await student.pilot.press("down", "enter")
        await student.until(lambda: "Context: saved." in student.shown())
        assert student.setup.written == {"limits.context": "drop"}
        assert student.limited.fitter.settings.limits.context == "drop"


async def test_a_budget_is_checked_while_it_is_typed_and_holds_for_the_next_request() -> None:
    student = limited()
    async with student.at_work() as student:
        await change_to(student, "conversation", "5x")
        await student.until(lambda: "neither money nor tokens" in student.shown())
        assert student.setup.written == {}
        await student.pilot.press("ctrl+u")
        await student.type("3")
        await student.type(" tokens")
        await student.pilot.press("enter")
        await student.until(lambda: "Conversation: saved." in student.shown())
        assert student.limited.budgets.any
        await student.pilot.press("escape", "escape")
        await student.settle()
        student.view.prompt.put("one two three four five six")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.refused is not None)


async def test_a_number_that_is_none_is_told_and_not_written() -> None:
    async with Student().at_work() as student:
        await change_to(student, "prompt characters", "many")
        await student.until(lambda: "is not a whole number" in student.shown())
        assert student.setup.written == {}
        await student.pilot.press("escape")
        await student.until(lambda: "Enter changes" in student.shown())


async def test_the_system_prompt_is_edited_in_an_editor_and_counts_for_new_conversations() -> None:
    async with Student().at_work() as student:
        await find(student, "system prompt")
        await student.pilot.press("enter")
        await student.until(lambda: "in new conversations?" in student.shown())
        await student.pilot.press("ctrl+a", "ctrl+k")
        editor = student.app.screen.query_one("Editor")
        editor.load_text("Be brief.")  # type: ignore[attr-defined]
        await student.pilot.press("f9")
        await student.until(lambda: student.setup.written == {"system_prompt": "Be brief."})
        assert student.desk.new().head.system_prompt == "Be brief."


async def test_an_endpoint_is_added_changed_and_removed() -> None:
    async with Student().at_work() as student:
        await find(student, "add an endpoint")
        await student.pilot.press("enter")
        await student.until(lambda: "What is it called?" in student.shown())
        await student.type("lab")
        await student.pilot.press("enter")
        await student.until(lambda: "Base URL:" in student.shown())
        await student.type("http")
        await student.pilot.press("enter")
        await student.until(
            lambda: student.app.services.settings.endpoints == {"lab": EndpointSettings("http")}
        )
        await student.pilot.press("escape", "escape")
        await find(student, "lab")
        await student.pilot.press("up", "up", "up", "r")
        await student.until(lambda: "Remove “lab”?" in student.shown())
        await student.pilot.press("y")
        await student.until(lambda: student.app.services.settings.endpoints == {})


async def test_what_was_changed_by_hand_meanwhile_is_shown_and_not_written_over() -> None:
    async with Student().at_work() as student:
        await find(student, "goodbye")
        student.setup.file = "goodbye = false\n"
        await student.pilot.press("enter")
        await student.until(lambda: "was changed meanwhile" in student.shown())
        assert not student.app.services.settings.goodbye
        assert student.setup.written == {}


async def test_settings_whose_file_is_broken_are_not_opened_but_told() -> None:
    async with Student().at_work() as student:
        problem = Problem(ProblemKind.STORAGE, "The settings file is not valid TOML.", "Mend it.")
        student.setup.file_problem = problem
        await student.pilot.press("alt+s")
        await student.until(lambda: "not valid TOML" in student.told())
        assert student.app.screen is student.app.chat


async def test_what_was_written_by_hand_before_holds_when_the_settings_are_opened() -> None:
    async with Student().at_work() as student:
        student.setup.file = 'theme = "nord"\n'
        await find(student, "theme")
        assert student.app.theme == "nord"


async def test_themes_are_seen_while_they_are_walked_and_esc_goes_back() -> None:
    async with Student().at_work() as student:
        before = student.app.theme
        await student.app.chat.run_action("feature('theme')")
        await student.until(lambda: "Enter keeps it" in student.shown())
        await student.pilot.press("up")
        await student.settle()
        assert student.app.theme != before
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert student.app.theme == before
        assert student.setup.written == {}
        await student.app.chat.run_action("feature('theme')")
        await student.until(lambda: "Enter keeps it" in student.shown())
        await student.pilot.press("home", "enter")
        await student.until(lambda: student.setup.written == {"theme": student.app.theme})
        assert student.app.theme != before


async def test_a_key_that_is_pressed_is_the_new_one_at_once() -> None:
    async with Student().at_work() as student:
        await student.app.chat.run_action("feature('keymap')")
        await student.until(lambda: "Switch mode" in student.shown())
        await student.pilot.press("down", "enter")
        await student.until(lambda: "The key for “Switch mode”" in student.shown())
        await student.pilot.press("ctrl+q")
        await student.until(lambda: "belongs to “Quit”" in student.shown())
        await student.pilot.press("alt+m")
        await student.until(lambda: "Switch mode: Alt+M." in student.shown())
        assert student.setup.written == {"keys.mode": "alt+m"}
        await student.pilot.press("escape")
        await student.until(lambda: "Alt+M Mode" in student.shown())
        await student.pilot.press("f2")
        await student.settle()
        assert student.view.session.head.mode.value == "completion"
        await student.pilot.press("alt+m")
        await student.until(lambda: student.view.session.head.mode.value == "assistant")


async def test_one_more_key_is_added_and_all_are_reset() -> None:
    async with Student().at_work() as student:
        await student.app.chat.run_action("feature('keymap')")
        await student.until(lambda: "Switch mode" in student.shown())
        await student.pilot.press("a")
        await student.until(lambda: "One more key for “Help”" in student.shown())
        await student.pilot.press("alt+h")
        await student.until(lambda: student.setup.written == {"keys.help": "f1,alt+h"})
        await student.until(lambda: "* F1, Alt+H" in student.shown())
        await student.pilot.press("R")
        await student.until(lambda: "Reset all keys?" in student.shown())
        await student.pilot.press("y")
        await student.until(lambda: student.app.services.settings.keys == {})
        assert "all as by default" in student.shown()


async def test_a_command_of_the_palette_can_be_given_a_key() -> None:
    async with Student(settings=Settings(keys={"theme": "alt+q"})).at_work() as student:
        await student.pilot.press("alt+q")
        await student.until(lambda: "Enter keeps it" in student.shown())


def test_what_differs_from_the_default_is_marked_and_can_be_shown_alone() -> None:
    settings = Settings(
        theme="nord", budgets=BudgetSettings(day="$1"), prices={"m.1": PriceSettings(2.0)}
    )
    lines = lines_of(settings)
    changed = [line.place for line in matching(lines, "", changed=True) if line.place]
    assert changed == [
        ("theme",),
        ("budgets", "day"),
        ("prices", "m.1"),
        ("prices", "m.1", "input"),
    ]


def test_every_setting_is_on_the_screen_once() -> None:
    lines = lines_of(Settings(endpoints={"lab": LAB}, prices={"m": PriceSettings()}))
    places = [line.place for line in lines if line.kind is Kind.FIELD]
    assert len(places) == len(set(places))
    assert {place[0] for place in places} >= {"theme", "limits", "endpoints", "prices", "keys"}
    assert all(line.said for line in lines if line.kind is not Kind.GROUP)


@pytest.mark.parametrize("query", ["longest answer", "max_completion", "LIMITS tokens"])
def test_settings_are_found_by_name_explanation_and_group(query: str) -> None:
    found = matching(lines_of(Settings()), query, changed=False)
    assert ("limits", "max_completion_tokens") in [line.place for line in found]


async def test_a_held_key_opens_one_dialog() -> None:
    async with Student().at_work() as student:
        for key in ("alt+s", "alt+s", "alt+s"):
            student.app.simulate_key(key)
        await student.until(lambda: "/ searches" in student.shown())
        assert len(student.app.screen_stack) == 2
        await student.pilot.press("down")
        for _ in range(3):
            student.app.simulate_key("enter")
        await student.until(lambda: len(student.app.screen_stack) == 3)
        await student.settle()
        assert len(student.app.screen_stack) <= 3


async def test_the_endpoint_in_use_is_not_removed() -> None:
    settings = Settings(endpoint="lab", endpoints={"lab": LAB})
    async with Student(settings=settings).at_work() as student:
        await find(student, "base")
        await student.pilot.press("up", "r")
        await student.until(lambda: "choose another one first" in student.shown())
        assert student.setup.written == {}
