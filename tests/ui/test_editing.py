"""The prompt in the student's own editor."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui import editing
from studybuddy.ui.editing import edit_prompt, edit_text, editor_command
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student


class Terminal:
    """As much of an app as has a terminal to give."""

    _driver = None

    def __init__(self) -> None:
        self.given = self.taken_back = False

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Give the terminal away."""
        self.given = True
        yield
        self.taken_back = True  # not in a `finally`, as in Textual

    @contextmanager
    def batch_update(self) -> Iterator[None]:
        """Draw nothing."""
        yield


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are; there is no editor yet."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    return folder


def editor(folder: Path, script: str) -> str:
    """An editor that does what a script says with `path`; how it is called."""
    file = folder.parent / "my editor.py"
    file.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\n{script}\n")
    return f'"{sys.executable}" "{file}" --wait'


def left(folder: Path) -> list[Path]:
    """What is left of temporary files; folders only where they are empty."""
    return [path for path in folder.rglob("*") if path.is_file() or not any(path.iterdir())]


async def edited(text: str) -> str:
    app: Any = Terminal()
    try:
        return await edit_text(app, text)
    finally:
        assert app.given == app.taken_back


async def test_the_text_comes_back_without_the_line_ends_at_its_end(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "path.write_text(path.read_text(encoding='utf-8') + ' — und mehr\\n\\n', 'utf-8')"
    monkeypatch.setenv("EDITOR", editor(files, script))
    assert await edited("Größe\n\tx") == "Größe\n\tx — und mehr"
    assert left(files) == []


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
async def test_the_file_is_its_owners_alone(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import stat; path.write_text(oct(path.stat().st_mode) + path.suffix)"
    monkeypatch.setenv("EDITOR", editor(files, script))
    assert await edited("") == f"{oct(stat.S_IFREG | 0o600)}.md"


async def test_visual_goes_before_editor_and_control_characters_are_made_visible(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", editor(files, "path.write_bytes(b'a\\x1b[2Jb\\r\\nc')"))
    monkeypatch.setenv("EDITOR", "false")
    assert await edited("x") == "a␛[2Jb\nc"


async def test_an_editor_that_fails_is_told_and_what_it_wrote_is_kept(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(files, "path.write_text('new'); sys.exit(3)"))
    with pytest.raises(StudyBuddyError) as failed:
        await edited("old")
    assert "ended with error 3; the prompt is as it was" in failed.value.problem.sentence
    [kept] = left(files)
    assert str(kept) in failed.value.problem.advice
    assert kept.read_text() == "new"


@pytest.mark.parametrize("script", ["sys.exit(1)", "path.unlink(); sys.exit(1)"])
async def test_nothing_is_kept_of_an_editor_that_wrote_nothing(
    script: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(files, script))
    with pytest.raises(StudyBuddyError):
        await edited("old")
    assert left(files) == []


async def test_what_can_not_be_read_is_told_and_kept(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(files, "path.write_bytes(b'\\xff\\x00')"))
    with pytest.raises(StudyBuddyError, match="What the editor wrote is no text"):
        await edited("old")
    assert [file.read_bytes() for file in left(files)] == [b"\xff\x00"]


async def test_an_editor_that_can_not_be_started_gives_the_terminal_back(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nothing")
    broken.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(broken))
    with pytest.raises(StudyBuddyError, match="The editor can't be opened"):
        await edited("old")
    assert left(files) == []


def test_editors_with_windows_are_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing.shutil, "which", lambda name: name)
    assert editor_command({"EDITOR": "code"}) == ["code", "--wait"]
    assert editor_command({"EDITOR": "/usr/bin/gvim"}) == ["/usr/bin/gvim", "-f"]
    assert editor_command({"EDITOR": "code -n -w"}) == ["code", "-n", "-w"]
    assert editor_command({"VISUAL": " ", "EDITOR": "vim -u NONE"}) == ["vim", "-u", "NONE"]


def test_without_a_variable_a_usual_editor_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"vi", "notepad"}
    monkeypatch.setattr(editing.shutil, "which", lambda name: name if name in there else None)
    assert editor_command({}) == ["notepad" if os.name == "nt" else "vi"]
    there.clear()
    with pytest.raises(StudyBuddyError, match="There is no editor here"):
        editor_command({})
    with pytest.raises(StudyBuddyError, match="not installed: emax -nw"):
        editor_command({"EDITOR": "emax -nw"})
    with pytest.raises(StudyBuddyError, match=r"\$VISUAL can't be read"):
        editor_command({"VISUAL": "'vim"})


async def test_where_there_is_no_terminal_to_give_that_is_told(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(files, ""))
    async with Student().at_work() as student:
        student.view.prompt.put("old")
        await student.pilot.press("alt+o")
        await student.until(lambda: "There is no terminal here" in student.told())
        assert student.view.prompt.text == "old"


async def test_what_comes_back_into_the_prompt_meanwhile_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Student().at_work() as student:
        prompt = student.view.prompt

        async def edit(app: object, text: str) -> str:
            assert text == "next"
            prompt.give_back("A question")
            return "next, longer"

        monkeypatch.setattr(editing, "edit_text", edit)
        prompt.put("next")
        await edit_prompt(student.app, student.view)
        assert prompt.text == "A question\nnext, longer"


async def test_what_was_written_goes_to_the_conversation_it_was_written_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Student(says("Yes.")).at_work() as student:
        await student.ask("First?")
        first = student.view.session
        student.view.prompt.put("next")

        async def edit(app: object, text: str) -> str:
            await student.app.chat._opener.new()
            student.view.prompt.put("of another one")
            return "next, longer"

        monkeypatch.setattr(editing, "edit_text", edit)
        await edit_prompt(student.app, student.view)
        assert student.view.prompt.text == "of another one"
        assert first.head.draft == "next, longer"
