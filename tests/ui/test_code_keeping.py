"""Code and messages taken out of the conversation: into the prompt, to a file, to the clipboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input, Label

from studybuddy.ui.code_keeping import fenced, quoted
from studybuddy.ui.screens import save_text
from studybuddy.ui.screens.save_text import SaveScreen
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student
from tests.ui.test_snapshots import SIZES, picture

ANSWER = """\
Look:

```python title="ages.py"
ages = {"Ada": 36}
```

That is *it*.
"""


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no key for one that is held."""
    monkeypatch.setattr(save_text, "REPEATED", 0.0)


def saving(student: Student) -> bool:
    return isinstance(student.app.screen, SaveScreen)


def said(student: Student) -> str:
    return str(student.app.screen.query_one("#note", Label).render())


async def test_a_message_is_quoted_where_the_cursor_of_the_prompt_is() -> None:
    async with Student(says("One.\n\n- two")).at_work() as student:
        await student.ask("Count?")
        student.view.prompt.put("You said:")
        student.view.transcript.focus()
        await student.pilot.press("i")
        await student.until(lambda: student.view.prompt.has_focus)
        assert student.view.prompt.text == "You said:\n> One.\n>\n> - two\n"
        await student.type("Why?")
        assert student.view.prompt.text.endswith("- two\nWhy?")


async def test_a_code_block_goes_into_the_prompt_with_its_fence() -> None:
    async with Student(says(ANSWER)).at_work() as student:
        await student.ask("Ages?")
        student.view.transcript.focus()
        await student.pilot.press("left_square_bracket", "i")
        await student.until(lambda: student.view.prompt.has_focus)
        fence = '```python title="ages.py"\nages = {"Ada": 36}\n```\n'
        assert student.view.prompt.text == fence


def test_a_fence_is_longer_than_those_in_the_code() -> None:
    assert fenced("md", "```\nx\n```") == "````md\n```\nx\n```\n````"


def test_blank_lines_of_a_quotation_have_no_space_behind() -> None:
    assert quoted("a\n\nb\n") == "> a\n>\n> b"


async def test_code_is_saved_under_the_name_that_the_answer_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with Student(says(ANSWER)).at_work() as student:
        await student.ask("Ages?")
        student.view.transcript.focus()
        await student.pilot.press("s")
        await student.until(lambda: saving(student))
        assert student.app.screen.query_one(Input).value == "~/ages.py"
        await student.pilot.press("enter")
        await student.until(lambda: not saving(student))
        assert (tmp_path / "ages.py").read_text() == 'ages = {"Ada": 36}\n'
        assert "Saved 1 line to ~/ages.py" in student.told()
        assert student.view.transcript.has_focus


async def test_a_file_that_is_there_is_replaced_after_a_second_enter_and_folders_are_kept_in_mind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    there = tmp_path / "there" / "x.py"
    there.write_text("old")
    async with Student(says(ANSWER)).at_work() as student:
        await student.ask("Ages?")
        student.view.transcript.focus()
        await student.pilot.press("s")
        await student.until(lambda: saving(student))
        line = student.app.screen.query_one(Input)
        line.value = str(there)
        await student.pilot.press("enter")
        await student.until(lambda: "There is such a file" in said(student))
        assert there.read_text() == "old"
        line.value = str(tmp_path)
        await student.pilot.press("enter")
        await student.until(lambda: "is a folder" in said(student))
        line.value = str(there)
        await student.pilot.press("enter")
        await student.until(lambda: "There is such a file" in said(student))
        await student.pilot.press("enter")
        await student.until(lambda: not saving(student))
        assert there.read_text() == 'ages = {"Ada": 36}\n'
        await student.pilot.press("s")
        await student.until(lambda: saving(student))
        assert student.app.screen.query_one(Input).value.endswith("/there/ages.py")
        await student.pilot.press("escape")
        await student.until(lambda: not saving(student))


async def test_what_is_selected_is_copied_by_ctrl_c_and_that_is_told() -> None:
    async with Student(says(ANSWER)).at_work() as student:
        await student.ask("Ages?")
        transcript = student.view.transcript
        row = next(y for y, r in enumerate(transcript._rows) if "That is" in r.line.text)
        left = transcript._margin + 2
        await student.pilot.mouse_down(transcript, offset=(left, row))
        await student.pilot.hover(transcript, offset=(left + 6, row))
        await student.pilot.mouse_up(transcript, offset=(left + 6, row))
        assert student.view.prompt.has_focus
        await student.pilot.press("ctrl+c")
        await student.settle()
        assert student.app.clipboard == "That is"
        assert "Copied the selection" in student.told()


async def test_an_answer_is_copied_as_markdown_and_a_block_as_it_is() -> None:
    async with Student(says(ANSWER)).at_work() as student:
        await student.ask("Ages?")
        student.view.transcript.focus()
        await student.pilot.press("c")
        assert student.app.clipboard == ANSWER
        await student.pilot.press("left_square_bracket", "c")
        assert student.app.clipboard == 'ages = {"Ada": 36}'


@pytest.mark.parametrize("size", SIZES)
async def test_the_dialog_that_saves(
    size: tuple[int, int], snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studybuddy.ui.code_keeping.working_folder", lambda: Path("/students/ada"))
    async with Student(says(ANSWER)).at_work(size) as student:
        await student.ask("Ages?")
        student.view.transcript.focus()
        await student.pilot.press("s")
        await student.until(lambda: saving(student))
        await student.counted()
        assert picture(student) == snapshot
