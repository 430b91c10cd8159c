"""Files that go with a question: counted while it is typed, read when it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.usage import Count
from tests.support.scripted_provider import says
from tests.ui.app_under_test import limited
from tests.ui.file_student import SENT, Picker, fill


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return fill(tmp_path)


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_text_of_a_file_goes_with_the_question(mode: Mode) -> None:
    async with Picker(says("One."), says("Two.")).at_work() as student:
        if mode is Mode.ASSISTANT:
            await student.in_assistant_mode()
        await student.ask("Explain @notes/cells.md")
        await student.until(lambda: student.view.session.messages)
        assert student.view.session.messages[0].text == SENT
        assert student.text == ""
        await student.press("up")
        assert student.text == "Explain @notes/cells.md"  # it is read anew then


async def test_a_file_of_our_own_does_not_go_along(folder: Path) -> None:
    async with Picker(says("One.")).at_work() as student:
        student.view.files.private = [folder / "notes"]
        await student.ask("Explain @notes/cells.md")
        await student.until(lambda: student.view.session.messages)
        assert student.view.session.messages[0].text == "Explain @notes/cells.md"


async def test_the_meter_counts_the_files() -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @notes/cells.md ")
        await student.until(lambda: student.view.meter_line.reading is not None)
        await student.until(lambda: student.reading.draft == Count(len(SENT.split())))
        await student.type("now")
        await student.until(lambda: student.reading.draft == Count(len(SENT.split()) + 1))
        await student.press("ctrl+u")
        await student.until(lambda: student.reading.draft == Count(0))


async def test_what_the_meter_counts_is_what_is_sent() -> None:
    student = limited(says("Yes."), window=8000)
    async with student.at_work():
        await student.type("Explain @notes/cells.md")
        await student.until(lambda: "Goes along" in student.shown())
        await student.until(lambda: student.reading.draft.tokens > 10)
        assert student.view.files.whole(student.view.prompt.text) == SENT


async def test_a_file_that_is_gone_is_told_and_nothing_is_lost(folder: Path) -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @cel")
        await student.lists("notes/cells.md")
        await student.press("enter")
        (folder / "notes" / "cells.md").unlink()
        await student.press("enter")
        await student.until(lambda: "There is no file notes/cells.md" in student.told())
        assert student.text == "Explain @notes/cells.md "
        assert not student.view.session.messages


async def test_a_file_that_is_no_text_is_told_while_it_is_typed_and_when_it_is_sent() -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @slides.pdf please")
        await student.until(lambda: "slides.pdf is a PDF file" in student.shown())
        await student.press("enter")
        await student.until(lambda: "F5 adds it" in student.told())
        assert student.text == "Explain @slides.pdf please"
        assert not student.view.session.messages


async def test_a_file_that_changed_is_sent_as_it_is_and_told(folder: Path) -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @notes/cells.md")
        await student.goes_along("notes/cells.md")
        (folder / "notes" / "cells.md").write_text("Other.")
        await student.press("enter")
        await student.until(lambda: student.view.session.messages)
        assert "Other." in student.view.session.messages[0].text
        assert "has changed meanwhile" in student.told()


async def test_a_question_that_fails_comes_back_as_it_was_typed_and_can_be_asked_again() -> None:
    refused = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.")
    async with Picker([refused], says("Yes.")).at_work() as student:
        await student.ask("Explain @notes/cells.md")
        assert student.text == "Explain @notes/cells.md"
        await student.press("ctrl+r")
        await student.until(lambda: student.view.session.messages[-1].text == "Yes.")
        assert student.view.session.messages[0].text == SENT
        assert student.text == ""


async def test_a_question_that_is_edited_is_as_it_was_typed_and_its_files_as_they_are(
    folder: Path,
) -> None:
    async with Picker(says("One."), says("Two."), says("Three.")).at_work() as student:
        await student.ask("Explain @notes/cells.md")
        await student.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.type("\nand @slides.pdf")
        await student.press("f9")
        await student.until(lambda: "can't be put into a prompt" in student.told())
        assert student.text == "Explain @notes/cells.md\nand @slides.pdf"
        student.view.prompt.put("")
        (folder / "notes" / "cells.md").write_text("Other.")
        await student.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.type("\n@")
        await student.type('"notes/my essay.md"')
        await student.press("f9")
        await student.until(lambda: student.view.session.messages[-1].text == "Two.")
        asked = student.view.session.messages[-2].text
        assert asked.startswith('Explain @notes/cells.md\n@"notes/my essay.md"\n')
        assert "```md\nOther.\n```" in asked
        assert asked.endswith("```md\nAn essay.\n```")


async def test_a_question_whose_files_are_being_read_is_in_the_draft(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Picker().at_work() as student:
        gate = asyncio.Event()
        read = student.view.files.read_in

        async def slow(text: str) -> Any:
            await gate.wait()
            return await read(text)

        monkeypatch.setattr(student.view.files, "read_in", slow)
        session = student.view.session
        student.view.prompt.put("Explain @notes/cells.md")
        await student.press("enter")
        assert student.text == ""
        await student.view.flush_draft()
        assert session.head.draft == "Explain @notes/cells.md"
        await student.press("ctrl+n")
        await student.until(lambda: student.view.session is not session)
        gate.set()
        await student.until(lambda: not student.view.files.pending(session))
        assert session.head.draft == "Explain @notes/cells.md"
        assert not session.messages
        assert student.text == ""


async def test_a_fault_while_files_are_read_costs_no_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Picker().at_work() as student:

        async def broken(text: str) -> Any:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(student.view.files, "read_in", broken)
        student.view.prompt.put("what is @property?")
        await student.press("enter")
        await student.until(lambda: student.text == "what is @property?")
        assert student.view.files.pending(student.view.session) == ""


async def test_a_question_is_in_the_draft_before_its_files_are_begun_to_be_read() -> None:
    async with Picker().at_work() as student:
        view = student.view
        assert view.files.send("Explain @notes/cells.md")
        assert view.files.pending(view.session) == "Explain @notes/cells.md"
        await student.until(lambda: view.session.messages)
        assert view.files.pending(view.session) == ""


async def test_a_question_whose_files_are_gone_is_given_back_once_to_the_conversation_it_was_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Picker().at_work() as student:
        gate = asyncio.Event()
        read = student.view.files.read_in

        async def slow(text: str) -> Any:
            await gate.wait()
            return await read(text)

        monkeypatch.setattr(student.view.files, "read_in", slow)
        session = student.view.session
        student.view.prompt.put("Explain @notes/cells.md")
        await student.press("enter", *"now", "ctrl+n")
        await student.until(lambda: student.view.session is not session)
        gate.set()
        await student.until(lambda: not student.view.files.pending(session))
        await student.settle()
        assert session.head.draft == "Explain @notes/cells.md\nnow"
        assert student.text == ""
