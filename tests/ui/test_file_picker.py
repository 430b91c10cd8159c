"""Files that are chosen by an at sign, and go with the question."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual import events

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.usage import Count
from studybuddy.study import file_finding
from studybuddy.ui.widgets import file_picker
from studybuddy.ui.widgets.completion_list import CompletionList
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, limited
from tests.ui.test_snapshots import SIZES, picture

CELLS = "# Cells\n\nEvery plant cell has a wall.\n"
SENT = f"Explain @notes/cells.md\n\nFile notes/cells.md:\n```md\n{CELLS}```"


class Words:
    """Counts words, when it is told to."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def count(self, text: str, model: str) -> Count:
        """Tokens of a text."""
        assert self.gate.wait(10)
        return Count(len(text.split()))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "cells.md").write_text(CELLS)
    (tmp_path / "notes" / "my essay.md").write_text("An essay.")
    (tmp_path / "slides.pdf").write_bytes(b"%PDF-1.7")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Picker(Student):
    """A student with files."""

    def __init__(self, *scripts: Any) -> None:
        super().__init__(*scripts)
        self.words = Words()
        self.desk.accounts.counter = self.words  # type: ignore[assignment]

    @property
    def text(self) -> str:
        return self.view.prompt.text

    @property
    def listed(self) -> list[str]:
        lists = self.app.screen.query(CompletionList)
        if not lists or not lists.first().display:
            return []
        return [entry.label for entry in lists.first()._entries]

    async def lists(self, *names: str) -> None:
        """Wait until these are offered, the first of them first."""
        await self.until(lambda: self.listed[: len(names)] == list(names))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def goes_along(self, name: str) -> None:
        """Wait until a file is said to go along."""
        await self.until(lambda: f"Goes along: {name}" in self.shown())


async def test_an_at_sign_offers_files_and_enter_puts_the_name_in() -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @")
        await student.lists("slides.pdf", "notes/", "notes/cells.md")
        await student.type("cel")
        await student.lists("notes/cells.md")
        await student.press("enter")
        assert student.text == "Explain @notes/cells.md "
        assert student.listed == []
        await student.goes_along("notes/cells.md (8 tokens)")


async def test_the_chosen_file_has_its_size_and_its_tokens_estimated_until_they_are_counted() -> (
    None
):
    async with Picker().at_work() as student:
        student.words.gate.clear()
        await student.type("@cel")
        await student.until(lambda: "38 B · ≈9 tokens" in student.shown())
        student.words.gate.set()
        await student.until(lambda: "38 B · 8 tokens" in student.shown())


async def test_a_name_with_blanks_is_quoted_and_can_be_typed_so() -> None:
    async with Picker().at_work() as student:
        await student.type("@essay")
        await student.lists("notes/my essay.md")
        await student.press("tab")
        assert student.text == '@"notes/my essay.md" '
        student.view.prompt.put("")
        await student.type('See @"my es')
        await student.lists("notes/my essay.md")
        await student.press("enter")
        assert student.text == 'See @"notes/my essay.md" '
        await student.goes_along("notes/my essay.md (2 tokens)")


async def test_a_folder_is_gone_into_and_paths_that_lead_out_are_followed(folder: Path) -> None:
    (folder.parent / "beside.md").write_text("Beside.")
    async with Picker().at_work() as student:
        await student.type("@no")
        await student.until(lambda: "notes/" in student.listed)
        await student.press("tab")
        assert student.text == "@notes/"
        await student.until(lambda: "notes/cells.md" in student.listed)
        student.view.prompt.put("")
        await student.type("@../bes")
        await student.lists("../beside.md")
        await student.press("enter")
        await student.goes_along("../beside.md")


async def test_enter_waits_for_the_search_and_sends_where_nothing_is_clearly_meant() -> None:
    async with Picker().at_work() as student:
        await student.pilot.press(*"@cel", "enter")
        await student.until(lambda: student.text == "@notes/cells.md ")
        student.view.prompt.put("")
        await student.pilot.press("@", *"nobody", "enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.session.messages[0].text == "@nobody"


async def test_enter_sends_where_the_whole_name_is_typed() -> None:
    async with Picker().at_work() as student:
        await student.type("Explain @notes/cells.md")
        await student.lists("notes/cells.md")
        await student.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.session.messages[0].text == SENT


@pytest.mark.parametrize(
    "text", ["me@notes/cells.md", "```python\n@notes/cells.md", "a@", "`@notes/cells.md`"]
)
async def test_an_address_and_code_open_nothing_and_are_sent_as_they_are(text: str) -> None:
    async with Picker().at_work() as student:
        await student.type(text)
        await student.settle()
        assert student.listed == []
        await student.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.session.messages[0].text == text


async def test_a_paste_opens_nothing() -> None:
    async with Picker().at_work() as student:
        student.view.prompt.post_message(events.Paste("@notes/cells.md\n" * 300))
        await student.settle()
        assert student.listed == []


async def test_escape_closes_the_list_and_leaves_the_text() -> None:
    async with Picker().at_work() as student:
        await student.type("@cel")
        await student.lists("notes/cells.md")
        await student.press("escape")
        assert (student.listed, student.text) == ([], "@cel")
        await student.type("ls")
        await student.settle()
        assert student.listed == []


async def test_a_command_begins_it_at_the_cursor() -> None:
    async with Picker().at_work() as student:
        student.view.prompt.put("Explain")
        student.view.prompt.pick()
        await student.lists("slides.pdf")
        assert student.text == "Explain @"


async def test_a_big_tree_is_offered_before_all_of_it_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    inside: Callable[[Path], list[str]] = file_finding._inside

    def slow(folder: Path) -> list[str]:
        if folder.name == "notes":
            assert gate.wait(10)
        return inside(folder)

    monkeypatch.setattr(file_finding, "_inside", slow)
    monkeypatch.setattr(file_picker, "_LOOK_AGAIN", 0.01)
    async with Picker().at_work() as student:
        await student.type("@")
        await student.lists("slides.pdf", "notes/")
        gate.set()
        await student.lists("slides.pdf", "notes/", "notes/cells.md")


# Sending


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


async def test_a_question_that_is_edited_keeps_its_files_and_takes_others(folder: Path) -> None:
    async with Picker(says("One."), says("Two."), says("Three.")).at_work() as student:
        await student.ask("Explain @notes/cells.md")
        await student.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.type("\nand @slides.pdf")
        await student.press("f9")
        await student.until(lambda: "can't be put into a prompt" in student.told())
        assert student.text == f"{SENT}\nand @slides.pdf"
        student.view.prompt.put("")
        (folder / "notes" / "cells.md").write_text("Other.")
        await student.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.type("\n@")
        await student.type('"notes/my essay.md"')
        await student.press("f9")
        await student.until(lambda: student.view.session.messages[-1].text == "Two.")
        asked = student.view.session.messages[-2].text
        assert asked.startswith(f"{SENT}\n")
        assert asked.endswith("```md\nAn essay.\n```")
        assert "Other." not in asked


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


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_files(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Picker().at_work(size) as student:
        await student.type("See @notes/cells.md and @es")
        await student.lists("notes/my essay.md")
        await student.goes_along("notes/cells.md")
        await student.until(lambda: "9 B · 2 tokens" in student.shown())
        await student.until(lambda: "draft 16" in student.shown())
        assert picture(student) == snapshot
