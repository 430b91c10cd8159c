"""Files that are chosen by an at sign."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual import events

from studybuddy.study import file_finding
from studybuddy.ui.widgets import file_picker
from tests.ui.file_student import SENT, Picker, fill
from tests.ui.test_snapshots import SIZES, picture


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return fill(tmp_path)


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


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_files(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Picker().at_work(size) as student:
        await student.type("See @notes/cells.md and @es")
        await student.lists("notes/my essay.md")
        await student.goes_along("notes/cells.md")
        await student.until(lambda: "9 B · 2 tokens" in student.shown())
        await student.until(lambda: "draft 16" in student.shown())
        assert picture(student) == snapshot
