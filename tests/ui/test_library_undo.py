"""Personas and templates that are deleted, renamed and brought back."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import Button

from studybuddy.domain.settings import STUDY_BUDDY_PROMPT, Settings
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.examples_editor import ExamplesEditor
from tests.ui.library_student import GREETING, POET, LibraryStudent

WHO = "Who answers in this conversation?"
MINE = replace(POET, name="Mine", system_prompt="The old text.", own=True)


async def with_mine(student: LibraryStudent) -> None:
    """Point at the own persona."""
    await student.open("alt+p", WHO)
    await student.press("end")
    await student.sees("The old text.")


async def test_undoing_replaces_no_persona_that_was_made_since() -> None:
    student = LibraryStudent()
    await student.library.save_persona(MINE)
    async with student.at_work():
        await with_mine(student)
        await student.press("delete")
        await student.until(lambda: "Mine" not in student.shown().replace("“Mine”", ""))
        await student.library.save_persona(replace(MINE, system_prompt="An hour of work."))
        await student.press("u")
        await student.sees("Mine (2)")
        assert "is back as “Mine (2)”" in student.told()
        own = {p.name: p.system_prompt for p in await student.library.personas() if p.own}
        assert own == {"Mine": "An hour of work.", "Mine (2)": "The old text."}


async def test_undoing_replaces_no_template_that_was_made_since() -> None:
    student = LibraryStudent()
    old = replace(GREETING, name="own", own=True)
    await student.library.save_template(old)
    async with student.at_work():
        await student.open("alt+i", "/own")
        await student.press("down")
        await student.press("delete")
        await student.until(lambda: "own" not in [t.name for t in student.app.screen._all])  # type: ignore[attr-defined]
        await student.library.save_template(replace(old, text="An hour of work."))
        await student.press("u")
        await student.sees("/own-2")
        own = {t.name: t.text for t in await student.library.templates() if t.own}
        assert own == {"own": "An hour of work.", "own-2": old.text}


async def test_a_default_persona_that_is_renamed_stays_the_default() -> None:
    student = LibraryStudent(settings=Settings(persona="Mine"))
    await student.library.save_persona(MINE)
    async with student.at_work():
        await with_mine(student)
        await student.open("e", "Edit “Mine”")
        student.write("#name", "Ours")
        await student.press("f9")
        await student.until(lambda: student.setup.written.get("persona") == "Ours")
        await student.sees("Ours * own")
        await student.leave()
        await student.press("ctrl+n")
        assert student.view.session.head.persona == "Ours"


async def test_a_default_persona_that_is_deleted_is_no_default_until_that_is_undone() -> None:
    student = LibraryStudent(settings=Settings(persona="Mine"))
    await student.library.save_persona(MINE)
    async with student.at_work():
        await with_mine(student)
        await student.press("delete")
        await student.until(lambda: student.setup.written.get("persona") == "")
        assert "system prompt of the settings" in student.told()
        await student.press("u")
        await student.until(lambda: student.setup.written.get("persona") == "Mine")
        await student.sees("Mine * own")


async def test_the_apps_persona_stays_the_default_where_an_own_one_of_its_name_is_deleted() -> None:
    student = LibraryStudent(settings=Settings(persona="Poet"))
    await student.library.save_persona(replace(POET, system_prompt="Rhyme."))
    async with student.at_work():
        await student.open("alt+p", WHO)
        await student.sees("Rhyme.")
        await student.press("delete")
        await student.until(lambda: "Answer as a poem." in student.shown())
        assert "persona" not in student.setup.written


async def test_the_default_prompt_and_what_was_written_are_had_back_by_one_button() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down", "enter")
        await student.until(lambda: student.at_home)
        await student.open("f9", "How shall the model behave")
        screen = student.app.screen
        prompt, button = screen.query_one("#prompt", Editor), screen.query_one("#default", Button)
        examples = screen.query_one(ExamplesEditor)
        student.write("#prompt", "My own, long thought about.")
        button.press()
        await student.until(lambda: prompt.text == STUDY_BUDDY_PROMPT and not examples.examples)
        await student.sees("As written")
        prompt.action_undo()
        assert prompt.text == "My own, long thought about."
        prompt.action_redo()
        button.press()
        await student.until(lambda: prompt.text == "My own, long thought about.")
        await student.until(lambda: examples.examples == POET.examples)
        await student.sees("Default")
