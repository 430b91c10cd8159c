"""Choosing who answers, and making personas of one's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Button

from studybuddy.domain.messages import Role
from studybuddy.domain.prompts import Example
from studybuddy.domain.settings import STUDY_BUDDY_PROMPT, Settings
from studybuddy.ui.widgets.examples_editor import ExamplePair
from tests.support.scripted_provider import says
from tests.ui.library_student import BUDDY, POET, LibraryStudent
from tests.ui.test_snapshots import SIZES, picture

WHO = "Who answers in this conversation?"


async def test_a_persona_answers_with_its_prompt_and_its_examples() -> None:
    async with LibraryStudent(says("Drops.")).at_work() as student:
        await student.open("alt+p", WHO)
        assert "● Study Buddy" in student.shown()
        await student.press("down")
        assert "Answer as a poem." in student.shown()
        assert "What is ice?" in student.shown()
        await student.sees("in each request")
        await student.press("enter")
        await student.sees("Poet · scripted-model")
        await student.ask("What is rain?")
        assert student.provider.requests[0].messages == (
            (Role.SYSTEM, "Answer as a poem."),
            (Role.USER, "What is ice?"),
            (Role.ASSISTANT, "Cold and white."),
            (Role.USER, "What is rain?"),
        )
        assert student.view.session.head.persona == "Poet"


async def test_esc_leaves_the_conversation_as_it_was() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.leave()
        head = student.view.session.head
        assert (head.persona, head.system_prompt) == ("", STUDY_BUDDY_PROMPT)


async def test_a_persona_for_new_conversations_is_kept_and_used_at_once() -> None:
    async with LibraryStudent(says("A."), says("B.")).at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down", "asterisk")
        await student.sees("* ")
        assert student.setup.written["persona"] == "Poet"
        await student.leave()
        assert student.view.session.head.persona == ""
        await student.press("ctrl+n")
        assert student.view.session.head.persona == "Poet"
        await student.open("alt+p", WHO)
        await student.press("asterisk")
        await student.until(lambda: student.setup.written["persona"] == "")
        await student.leave()
        await student.press("ctrl+n")
        assert student.view.session.head.persona == ""


async def test_the_persona_that_is_set_answers_from_the_first_conversation_on() -> None:
    async with LibraryStudent(says("A."), settings=Settings(persona="poet")).at_work() as student:
        await student.sees("Poet · scripted-model")
        await student.ask("Hi")
        assert student.provider.requests[0].messages[0] == (Role.SYSTEM, "Answer as a poem.")


async def test_a_persona_that_is_set_and_gone_is_told_and_the_app_goes_on() -> None:
    async with LibraryStudent(says("A."), settings=Settings(persona="Gone")).at_work() as student:
        await student.until(lambda: "no persona “Gone”" in student.told())
        await student.ask("Hi")
        assert student.provider.requests[0].messages[0] == (Role.SYSTEM, STUDY_BUDDY_PROMPT)


async def test_a_new_persona_is_written_saved_and_chosen() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.open("n", "New persona")
        await student.press("f9")
        assert "Give the persona a name." in student.shown()
        student.write("#name", "Latin  coach")
        student.write("#prompt", "Drill Latin.\n")
        student.write("#starters", "Drill me.\n\nTest me.")
        await student.sees("in each request")
        await student.press("f9")
        await student.until(lambda: "Latin coach" in student.shown())
        (persona,) = [p for p in await student.library.personas() if p.own]
        assert (persona.name, persona.system_prompt) == ("Latin coach", "Drill Latin.")
        assert persona.starters == ("Drill me.", "Test me.")
        await student.press("enter")
        await student.until(lambda: student.view.session.head.persona == "Latin coach")


async def test_a_name_that_is_taken_is_refused_and_nothing_is_lost() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.open("n", "New persona")
        student.write("#name", "POET")
        await student.press("f9")
        await student.sees("There is another one called “POET”.")
        assert list(await student.library.personas()) == [BUDDY, POET]


async def test_one_of_the_apps_is_changed_as_an_own_one_and_deleting_brings_it_back() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.open("e", "Edit “Poet”")
        student.write("#prompt", "Rhyme.")
        await student.press("f9")
        await student.until(lambda: "Poet own" in student.shown())
        await student.press("delete")
        await student.until(lambda: "Poet own" not in student.shown())
        assert list(await student.library.personas()) == [BUDDY, POET]
        await student.press("u")
        await student.until(lambda: "Poet own" in student.shown())
        changed = (await student.library.personas())[1]
        assert changed == replace(POET, system_prompt="Rhyme.", own=True)


async def test_what_comes_with_the_app_is_not_deleted() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("delete", "u")
        assert "comes with the app" in student.told()
        assert "nothing to undo here" in student.told()
        assert list(await student.library.personas()) == [BUDDY, POET]


async def test_renaming_an_own_one_leaves_no_other_behind() -> None:
    async with LibraryStudent().at_work() as student:
        await student.library.save_persona(replace(POET, name="Bard"))
        await student.open("alt+p", WHO)
        await student.press("end")
        await student.open("e", "Edit “Bard”")
        student.write("#name", "Skald")
        await student.press("f9")
        await student.sees("Skald")
        assert [p.name for p in await student.library.personas()] == [
            "Study Buddy", "Poet", "Skald",
        ]  # fmt: skip


async def test_a_copy_is_another_one() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.open("d", "A copy of “Poet”")
        await student.press("f9")
        await student.sees("Poet (copy)")
        copy = (await student.library.personas())[2]
        assert (copy.system_prompt, copy.examples) == (POET.system_prompt, POET.examples)


async def test_what_was_written_is_not_thrown_away_by_one_esc() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.open("n", "New persona")
        student.write("#prompt", "Drill Latin.")
        await student.press("escape")
        assert "This is not saved." in student.shown()
        await student.press("escape")
        await student.until(lambda: "New persona" not in student.shown())


async def test_searching_leaves_what_has_the_words() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("slash", *"poem")
        await student.until(lambda: "Study Buddy" not in student.shown())
        await student.press("enter")
        await student.until(lambda: student.view.session.head.persona == "Poet")


async def test_the_conversations_own_prompt_and_examples_are_edited() -> None:
    async with LibraryStudent(says("Hm.")).at_work() as student:
        await student.open("f9", "How shall the model behave")
        student.write("#prompt", "Be brief.")
        student.app.screen.query_one("#add", Button).press()
        await student.until(lambda: student.app.screen.query(ExamplePair))
        await student.settle()
        student.write(".pair .question", "Why?")
        await student.press("f9")
        assert "both its question and its answer" in student.shown()
        student.write(".pair .answer", "Because.")
        await student.press("f9")
        await student.until(lambda: student.at_home)
        await student.ask("And?")
        assert student.provider.requests[0].messages == (
            (Role.SYSTEM, "Be brief."),
            (Role.USER, "Why?"),
            (Role.ASSISTANT, "Because."),
            (Role.USER, "And?"),
        )
        assert list(await student.library.personas()) == [BUDDY, POET]


async def test_a_changed_prompt_is_the_personas_no_more_and_default_brings_back_the_usual() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        await student.press("down", "enter")
        await student.until(lambda: student.view.session.head.persona == "Poet")
        await student.open("f9", "How shall the model behave")
        student.write("#prompt", "Answer as a limerick.")
        await student.press("f9")
        await student.until(lambda: student.view.session.head.persona == "")
        assert student.view.session.head.examples == (Example("What is ice?", "Cold and white."),)
        await student.open("f9", "How shall the model behave")
        student.app.screen.query_one("#default", Button).press()
        await student.until(lambda: not student.app.screen.query(ExamplePair))
        await student.press("f9")
        await student.until(lambda: student.at_home)
        head = student.view.session.head
        assert (head.system_prompt, head.examples) == (STUDY_BUDDY_PROMPT, ())


async def test_in_assistant_mode_a_persona_is_added_to_the_assistant_and_taken_away_again() -> None:
    async with LibraryStudent().at_work() as student:
        await student.in_assistant_mode()
        await student.open("alt+p", WHO)
        await student.sees("● No persona", "The assistant keeps its own instructions")
        await student.press("end", "enter")
        await student.until(lambda: student.view.session.head.persona == "Poet")
        assert student.view.session.head.system_prompt == "Answer as a poem."
        await student.open("alt+p", WHO)
        assert "● Poet" in student.shown()
        await student.press("home", "enter")
        await student.until(lambda: student.view.session.head.persona == "")
        assert student.view.session.head.system_prompt == ""


async def test_a_broken_file_is_told_once_and_named_in_the_list() -> None:
    student = LibraryStudent()
    student.library.wrong = ["The persona file x.toml is not valid TOML: line 3."]
    async with student.at_work():
        await student.until(lambda: "x.toml is not valid" in student.told())
        student.app.clear_notifications()
        await student.open("alt+p", WHO)
        await student.sees("x.toml is not valid")
        await student.leave()
        assert "x.toml" not in student.told()


async def test_a_held_key_opens_one_editor() -> None:
    async with LibraryStudent().at_work() as student:
        await student.open("alt+p", WHO)
        screen = student.app.screen
        for _ in range(3):
            screen.action_new()  # type: ignore[attr-defined]
        await student.sees("New persona")
        await student.press("escape")
        await student.until(lambda: student.app.screen is screen)


async def test_without_a_library_the_command_says_so() -> None:
    student = LibraryStudent()
    student.app.services.library = None
    async with student.at_work():
        await student.press("alt+p")
        await student.until(lambda: "no personas" in student.told())


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_personas(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.sees("in each request")
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_editor_of_a_persona(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with LibraryStudent().at_work(size) as student:
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.open("e", "Edit “Poet”")
        await student.sees("in each request")
        assert picture(student) == snapshot


async def test_many_broken_files_take_one_line_on_their_own_screen() -> None:
    student = LibraryStudent()
    student.library.wrong = [f"The template file {n}.toml is not valid TOML." for n in range(4)]
    async with student.at_work():
        await student.open("alt+i", "/summary")
        assert "4 files have faults: f shows them." in student.shown()
        assert "2.toml" not in student.shown()
        await student.press("f")
        await student.sees("0.toml", "3.toml")
        await student.leave()
        await student.open("alt+p", WHO)
        assert "faults" not in student.shown()
