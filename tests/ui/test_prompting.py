"""What personas and templates do while something else happens: nothing that is typed gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from textual.widgets import Static

from studybuddy.chat.sessions import Session
from studybuddy.chat.stored import StoredConversation
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Persona, Template, Variable
from studybuddy.domain.settings import Settings
from studybuddy.ui.drafts import replaced
from studybuddy.ui.screens import template_form
from studybuddy.ui.screens.template_form import TemplateForm
from studybuddy.ui.widgets.prompt import Prompt
from tests.support.scripted_provider import says
from tests.ui.library_student import LibraryStudent

CHOICE = Template(
    "choice", "Asks for a choice alone.", "As {{form}}.",
    (Variable("form", choices=("prose", "a list")),),
)  # fmt: skip
WHO = "Who answers in this conversation?"
BROKEN = Problem(ProblemKind.STORAGE, "The folder of the library can't be read.")


async def open_form(student: LibraryStudent, name: str = "summary") -> TemplateForm:
    """Open the form of a template, by way of the list."""
    await student.open("alt+i", "/greeting")
    await student.press("slash", *name)
    await student.press("enter")
    await student.until(lambda: isinstance(student.app.screen, TemplateForm))
    await student.settle()
    assert isinstance(student.app.screen, TemplateForm)
    return student.app.screen


def preview(form: TemplateForm) -> str:
    """What the form shows of the prompt."""
    return str(form.query_one("#shown", Static).content)


async def other_conversation(student: LibraryStudent) -> tuple[Session, Session]:
    """Two conversations: one with a message, and the new one on screen."""
    await student.ask("First?")
    first = student.view.session
    await student.press("ctrl+n")
    await student.until(lambda: student.view.session is not first)
    return first, student.view.session


async def test_a_question_that_is_given_back_under_a_form_stays() -> None:
    async with LibraryStudent().at_work() as student:
        await open_form(student)
        student.view.prompt.give_back("What failed?")
        student.write("#field-0", "Ice.")
        await student.press("f9")
        await student.until(lambda: student.at_home)
        assert student.view.prompt.text.startswith("What failed?\nSum up in 50 words")


async def test_a_draft_stays_where_the_template_takes_no_text() -> None:
    student = LibraryStudent()
    await student.library.save_template(CHOICE)
    async with student.at_work():
        student.view.prompt.put("My long draft.")
        await open_form(student, "choice")
        await student.press("f9")
        await student.until(lambda: student.at_home)
        assert student.view.prompt.text == "As prose.\nMy long draft."


@pytest.mark.parametrize(("name", "begins"), [("greeting", "Say hello."), ("summary", "Sum up")])
async def test_what_is_typed_while_templates_are_read_stays(name: str, begins: str) -> None:
    async with LibraryStudent().at_work() as student:
        gate, read = asyncio.Event(), student.library.templates

        async def slow() -> Sequence[Template]:
            await gate.wait()
            return await read()

        student.library.templates = slow  # type: ignore[method-assign]
        prompt = student.view.prompt
        prompt.put(f"/{name} Ice.")
        prompt.post_message(Prompt.TemplateChosen(name, "Ice."))
        await student.settle()
        prompt.insert(" And then?")
        gate.set()
        if name == "summary":
            await student.until(lambda: isinstance(student.app.screen, TemplateForm))
            await student.settle()
            await student.press("f9")
        await student.until(lambda: prompt.text.startswith(begins))
        assert prompt.text.endswith("And then?")
        assert "/" not in prompt.text.replace("</text>", "")


async def test_what_esc_keeps_in_a_form_is_not_replaced_by_what_another_draft_gives_it() -> None:
    async with LibraryStudent().at_work() as student:
        await open_form(student)
        student.write("#field-0", "An essay of mine.")
        await student.press("escape")
        await student.until(lambda: student.at_home)
        student.view.prompt.put("hm")
        form = await open_form(student)
        assert "hm" in form.filled
        student.write("#field-0", "hm, well")
        await student.press("escape")
        await student.until(lambda: student.at_home)
        assert "hm, well" in (await open_form(student)).filled
        await student.press("f9")
        await student.until(lambda: student.at_home)
        student.view.prompt.put("")
        assert "An essay of mine." in (await open_form(student)).filled


async def test_the_preview_of_a_long_text_waits_for_the_keys_to_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(template_form, "PREVIEW_PACE", 0.0)
    monkeypatch.setattr(template_form, "LONG", 100)
    monkeypatch.setattr(template_form, "REST", 0.01)
    async with LibraryStudent().at_work() as student:
        form = await open_form(student)
        student.write("#field-0", "Ice is cold. " * 20)
        await student.until(lambda: "Ice" in preview(form))
        student.write("#field-0", "Snow is cold. " * 20)
        await student.until(lambda: "Snow" in preview(form))
        monkeypatch.setattr(template_form, "REST", 1000)
        filled: list[object] = []

        def fills(*given: object) -> str:
            filled.append(given)
            return ""

        monkeypatch.setattr(template_form, "fill", fills)
        student.write("#field-0", "Rain is cold. " * 20)
        await student.settle()
        await student.press("x")
        assert filled == []
        monkeypatch.undo()
        await student.press("f9")
        await student.until(lambda: student.at_home)
        assert "Rain" in student.view.prompt.text


async def test_a_template_goes_to_the_conversation_it_was_filled_in_for() -> None:
    async with LibraryStudent().at_work() as student:
        first, second = await other_conversation(student)
        student.view.prompt.put("Ice.")
        await open_form(student)
        await student.app.chat._opener.open(first.head.id)  # a slow opening that ends by now
        assert student.view.session is not second
        await student.press("f9")
        await student.until(lambda: student.at_home)
        assert student.view.prompt.text == ""
        assert second.head.draft == "Sum up in 50 words, as prose:\n<text>\nIce.\n</text>"


async def test_a_persona_is_set_for_the_conversation_it_was_chosen_for() -> None:
    async with LibraryStudent(says("Yes.")).at_work() as student:
        first, second = await other_conversation(student)
        await student.open("alt+p", WHO)
        await student.press("down")
        await student.app.chat._opener.open(first.head.id)
        await student.press("enter")
        await student.until(lambda: student.at_home)
        await student.settle()
        assert (first.head.persona, second.head.persona) == ("", "Poet")


async def test_a_library_that_can_not_be_read_is_told() -> None:
    async with LibraryStudent().at_work() as student:

        async def personas() -> Sequence[Persona]:
            raise StudyBuddyError(BROKEN)

        student.library.personas = personas  # type: ignore[method-assign]
        await student.press("alt+p")
        await student.until(lambda: BROKEN.sentence in student.told())
        assert "went wrong" not in student.told()


async def test_a_default_persona_that_can_not_be_set_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    student = LibraryStudent(settings=Settings(persona="Poet"))

    async def refuse(session: Session, persona: Persona) -> None:
        raise StudyBuddyError(BROKEN)

    monkeypatch.setattr(StoredConversation, "set_persona", refuse)
    async with student.at_work():
        await student.until(lambda: BROKEN.sentence in student.told())
        assert "went wrong" not in student.told()


async def test_an_unknown_name_sends_no_draft_of_another_conversation() -> None:
    async with LibraryStudent().at_work() as student:
        gate, read = asyncio.Event(), student.library.templates
        read_all: list[Template] = []

        async def slow() -> Sequence[Template]:
            await gate.wait()
            read_all.extend(await read())
            return read_all

        student.library.templates = slow  # type: ignore[method-assign]
        student.view.prompt.put("/unknown")
        await student.press("enter")
        student.view.prompt.put("Not to be sent yet")
        gate.set()
        await student.until(lambda: read_all)
        await student.settle()
        assert student.view.prompt.text == "Not to be sent yet"
        assert student.provider.requests == []


@pytest.mark.parametrize(
    ("typed", "before", "result"),
    [
        ("old", "old", "new"),
        ("", "", "new"),
        ("back\nold", "old", "back\nnew"),
        ("old and more", "old", "new\n and more"),
        ("other", "old", "new\nother"),
        ("typed", "", "typed\nnew"),
    ],
)
def test_a_text_takes_the_place_of_what_was_there_and_of_nothing_else(
    typed: str, before: str, result: str
) -> None:
    assert replaced(typed, before, "new") == result
