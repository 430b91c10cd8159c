"""Filling templates in, and making some of one's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Select

from studybuddy.domain.prompts import Template, Variable
from studybuddy.ui.screens.template_form import TemplateForm
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.tick import Tick
from tests.ui.library_student import GREETING, SUMMARY, LibraryStudent
from tests.ui.test_snapshots import SIZES, picture

FILLED = "Sum up in 50 words, as prose:\n<text>\nIce is cold.\n</text>"


def on_form(student: LibraryStudent) -> bool:
    return isinstance(student.app.screen, TemplateForm) and student.app.screen.is_mounted


async def call(student: LibraryStudent, name: str, rest: str = "") -> None:
    """Call a template as the prompt does."""
    student.view.prompt.post_message(Prompt.TemplateChosen(name, rest))
    await student.until(lambda: on_form(student))
    await student.settle()


async def test_a_template_is_chosen_filled_in_and_put_into_the_prompt() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+i", "/summary")
        await student.press("end", "enter")
        await student.until(lambda: on_form(student))
        await student.settle()
        await student.type("Ice is cold.")
        await student.press("f9")
        await student.until(lambda: student.at_home)
        assert student.view.prompt.text == FILLED
        assert student.provider.requests == []


async def test_what_stands_behind_the_name_goes_into_the_first_long_place() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.put("/summary Ice is cold.")
        await call(student, "summary", "Ice is cold.")
        assert "Ice is cold." in student.shown()
        await student.press("f9")
        await student.until(lambda: student.view.prompt.text == FILLED)


async def test_a_draft_goes_into_the_template_that_is_chosen_for_it() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.put("Ice is cold.")
        await student.open("alt+i", "/summary")
        await student.press("end", "enter")
        await student.until(lambda: on_form(student))
        await student.press("f9")
        await student.until(lambda: student.view.prompt.text == FILLED)


async def test_esc_loses_nothing_and_leaves_the_prompt_as_it_was() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.put("/summary")
        await call(student, "summary")
        await student.type("Ice is cold.")
        student.write("#field-1", "20")
        await student.press("escape")
        await student.until(lambda: student.at_home)
        assert student.view.prompt.text == "/summary"
        await call(student, "summary")
        await student.press("f9")
        await student.until(lambda: student.view.prompt.text == FILLED.replace("50", "20"))


async def test_the_next_time_the_text_is_another_one_and_the_rest_stays() -> None:
    async with LibraryStudent().at_work() as student:
        await call(student, "summary", "Ice is cold.")
        student.write("#field-1", "20")
        await student.press("f9")
        await student.until(lambda: "20 words" in student.view.prompt.text)
        await call(student, "summary", "")
        assert "Ice is cold." not in student.app.screen._values["text"]  # type: ignore[attr-defined]
        assert student.app.screen._values["words"] == "20"  # type: ignore[attr-defined]


async def test_a_choice_is_chosen() -> None:
    async with LibraryStudent().at_work() as student:
        await call(student, "summary", "Ice is cold.")
        student.app.screen.query_one(Select).value = "a list"
        await student.press("f9")
        await student.until(lambda: "as a list" in student.view.prompt.text)


async def test_a_missing_text_is_asked_for_once() -> None:
    async with LibraryStudent().at_work() as student:
        await call(student, "summary")
        await student.press("f9")
        assert "“Your text” is empty." in student.shown()
        await student.press("f9")
        await student.until(lambda: student.view.prompt.text.endswith("<text>\n\n</text>"))


async def test_enter_goes_from_field_to_field_and_behind_the_last_uses_it() -> None:
    student = LibraryStudent()
    await student.library.save_template(Template("two", text="{{a}} or {{b}}?"))
    async with student.at_work():
        await call(student, "two")
        await student.press(*"tea", "enter", *"milk", "enter")
        await student.until(lambda: student.view.prompt.text == "tea or milk?")


async def test_a_template_with_nothing_to_fill_in_is_put_in_at_once() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.put("/greeting")
        student.view.prompt.post_message(Prompt.TemplateChosen("greeting", ""))
        await student.until(lambda: student.view.prompt.text == "Say hello.")


async def test_the_preview_shows_the_prompt_as_it_will_be() -> None:
    async with LibraryStudent().at_work((80, 24)) as student:
        await call(student, "summary", "Ice </text> is cold.")
        assert "Sum up in" not in student.shown()
        await student.press("f8")
        await student.sees("Sum up in 50 words", "<text-2>")
        await student.press("f8")
        await student.until(lambda: "Sum up in" not in student.shown())
        await student.sees("tokens")


async def test_the_prompt_is_saved_as_a_template_with_what_its_form_says() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.put("Explain {{topic}} to {{who}}.")
        await student.open("alt+i", "/summary")
        await student.open("s", "Save the prompt as a template")
        await student.sees("{{topic}}", "{{who}}")
        await student.press("f9")
        assert "Give the template a name." in student.shown()
        student.write("#name", "/My Explain")
        rows = student.app.screen.query(".variable")
        assert len(rows) == 2
        rows[0].query_one(".label").value = "What"  # type: ignore[attr-defined]
        rows[0].query_one(Tick).value = True
        rows[1].query_one(".choices").value = "a child | an expert"  # type: ignore[attr-defined]
        await student.press("f9")
        await student.sees("/my-explain")
        (template,) = [t for t in await student.library.templates() if t.own]
        assert template == Template(
            "my-explain",
            "",
            "Explain {{topic}} to {{who}}.",
            (
                Variable("topic", "What", long=True),
                Variable("who", choices=("a child", "an expert")),
            ),
            own=True,
        )


async def test_no_template_takes_the_name_of_a_command() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+i", "/summary")
        await student.open("n", "New template")
        student.write("#name", "Help")
        student.write("#text", "Help me")
        await student.press("f9")
        await student.sees("/help is a command of Study Buddy.")
        assert not [t for t in await student.library.templates() if t.own]


@pytest.mark.parametrize("odd", ["{{bad name}}", "{{open"])
async def test_what_looks_like_a_place_and_is_none_is_told(odd: str) -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+i", "/summary")
        await student.open("n", "New template")
        student.write("#text", f"Explain {{{{topic}}}} {odd}")
        await student.sees(f"“{odd}” is no place to fill in")


async def test_places_come_and_go_with_the_text_and_keep_what_was_said_of_them() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+i", "/summary")
        await student.press("end")
        await student.open("e", "Edit /summary")
        student.write("#text", "Only {{words}} and {{new}}.")
        await student.until(
            lambda: "{{new}}" in student.shown() and "Your text" not in student.shown()
        )
        student.write("#text", SUMMARY.text)
        await student.until(lambda: len(student.app.screen.query(".variable")) == 3)
        await student.settle()
        await student.press("f9")
        await student.until(lambda: "/summary own" in student.shown())
        (template,) = [t for t in await student.library.templates() if t.own]
        assert set(template.variables) == set(SUMMARY.variables)


async def test_an_own_template_is_deleted_and_brought_back() -> None:
    async with LibraryStudent().at_work() as student:
        own = replace(GREETING, name="own", own=True)
        await student.library.save_template(own)
        await student.open("alt+i", "/own")
        await student.press("slash", *"own")
        await student.until(lambda: "/summary" not in student.shown())
        await student.press("down", "delete")
        await student.until(lambda: "Nothing fits." in student.shown())
        await student.press("u")
        await student.sees("/own")
        assert own in await student.library.templates()


async def test_a_template_that_is_gone_is_told() -> None:
    async with LibraryStudent().at_work() as student:
        student.view.prompt.post_message(Prompt.TemplateChosen("gone", ""))
        await student.until(lambda: "no template /gone" in student.told())


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_templates(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await student.open("alt+i", "/summary")
        await student.press("end")
        await student.sees("tokens before it")
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_form(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await call(student, "summary", "Ice is cold.")
        await student.sees("tokens")
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_editor_of_a_template(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await student.open("alt+i", "/summary")
        await student.press("end")
        await student.open("e", "Edit /summary")
        await student.sees("tokens before it is filled in")
        assert picture(student) == snapshot
