"""Exporting and importing in the app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from studybuddy.domain.archives import Imported
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.archive import FileArchive
from studybuddy.ui import in_out, saving
from studybuddy.ui.screens import save_text
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, steady


def student(*answers: str, data: MemoryData | None = None) -> Student:
    """A student whose conversations can be exported."""
    made = Student(*(says(answer) for answer in answers or ("By ATP.",)), data=data)
    made.app.services.archive = lambda: FileArchive(made.store)
    return made


async def choose(s: Student, number: str, path: Path) -> None:
    """Export what has that number to a path."""
    await s.pilot.press("alt+x")
    await s.until(lambda: "What shall be exported?" in s.shown())
    await s.pilot.press(number)
    await s.until(lambda: "Enter saves" in s.shown())
    line = s.app.screen.query_one("PathInput")
    line.value = str(path)  # type: ignore[attr-defined]
    await s.pilot.press("enter")


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no key for one that is held."""
    monkeypatch.setattr(save_text, "REPEATED", 0.0)


async def test_the_conversation_is_exported_as_markdown(tmp_path: Path) -> None:
    async with student().at_work() as s:
        await s.ask("How do cells get energy?")
        path = tmp_path / "cells.md"
        await choose(s, "1", path)
        await s.until(lambda: "Exported" in s.told())
        text = path.read_text()
        assert text.startswith("# How do cells get energy?\n")
        assert "## You\n\nHow do cells get energy?" in text
        assert "\n\nBy ATP.\n" in text


async def test_a_file_that_is_there_is_replaced_only_when_it_is_asked_for_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cells.json"
    path.write_text("mine")
    async with student().at_work() as s:
        await s.ask("How do cells get energy?")
        await choose(s, "2", path)
        await s.until(lambda: "There is such a file." in s.shown())
        assert path.read_text() == "mine"
        await s.pilot.press("enter")
        await s.until(lambda: "Exported 1 conversation" in s.told())
        assert json.loads(path.read_text())["format"] == "studybuddy"


async def test_a_key_that_is_held_replaces_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(save_text, "REPEATED", 60.0)
    path = tmp_path / "cells.md"
    path.write_text("mine")
    async with student().at_work() as s:
        await s.ask("How do cells get energy?")
        await choose(s, "1", path)
        await s.until(lambda: "There is such a file." in s.shown())
        await s.pilot.press(*["enter"] * 5)
        await s.settle()
        assert path.read_text() == "mine"
        monkeypatch.setattr(save_text, "REPEATED", 0.0)  # it is let go of
        await s.pilot.press("enter")
        await s.until(lambda: "Exported" in s.told())
        assert path.read_text() != "mine"


async def test_what_is_being_written_is_written_once(tmp_path: Path) -> None:
    gate, written = asyncio.Event(), []

    async def write(typed: str, sure: bool) -> Path:
        written.append((typed, sure))
        await gate.wait()
        return Path(typed)

    async with student().at_work() as s:
        s.app.push_screen(save_text.SaveScreen("Where to?", "cells.md", write))
        await s.until(lambda: "Enter saves" in s.shown())
        await s.pilot.press("enter", "enter", "enter")
        gate.set()
        await s.until(lambda: s.app.screen is s.app.chat)
    assert written == [("cells.md", False)]


async def test_a_folder_with_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    async with student().at_work() as s:
        await s.ask("How do cells get energy?")
        await choose(s, "5", tmp_path / ("x" * 300))
        await s.until(lambda: "can't be written" in s.shown())


async def test_a_second_try_to_export_everything_counts_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter([True, False, True, True])  # the second file is the first that fails

    def failing(typed: str, text: str, *, sure: bool, private: bool) -> Path:
        if not next(tries):
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk is asleep."))
        return saving.save(typed, text, sure=sure, private=private)

    monkeypatch.setattr(in_out, "save", failing)
    async with student("One.", "Two.").at_work() as s:
        for question in ("Cells?", "Verbs?"):
            await s.pilot.press("ctrl+n")
            await s.ask(question)
        await choose(s, "5", tmp_path / "all")
        await s.until(lambda: "The disk is asleep." in s.shown())
        await s.pilot.press("enter")
        await s.until(lambda: "There is such a folder." in s.shown())
        await s.pilot.press("enter")
        await s.until(lambda: "Exported 2 conversations" in s.told())


async def test_an_import_under_way_is_not_begun_again(tmp_path: Path) -> None:
    gate, read = asyncio.Event(), []

    class Slowly:
        async def read(self, path: Path, told: Callable[[int], None]) -> Imported:
            read.append(path)
            told(3)
            await gate.wait()
            return Imported(0, 0)

    async with student().at_work() as s:
        s.app.services.archive = Slowly  # type: ignore[assignment]
        s.app.chat.action_feature("import")
        await s.until(lambda: "Which file shall be imported?" in s.shown())
        await s.pilot.press(*"a.json".replace(".", "_"), "enter")
        await s.until(lambda: "3 conversations" in s.shown())
        await s.pilot.press("enter", "enter")
        await s.settle()
        gate.set()
        await s.until(lambda: "nothing was added" in s.told())
    assert len(read) == 1


async def test_a_file_to_import_with_a_name_that_is_too_long_is_told() -> None:
    async with student().at_work() as s:
        s.app.chat.action_feature("import")
        await s.until(lambda: "Which file shall be imported?" in s.shown())
        s.app.screen.query_one("PathInput").value = "x" * 300  # type: ignore[attr-defined]
        await s.pilot.press("enter")
        await s.until(lambda: "can't be read in" in s.shown())


async def test_everything_is_exported_as_a_file_for_each_conversation(tmp_path: Path) -> None:
    async with student("One.", "Two.", "Three.").at_work() as s:
        for question in ("Cells?", "Cells?", "Verbs?"):
            await s.pilot.press("ctrl+n")
            await s.ask(question)
        await choose(s, "5", tmp_path / "all")
        await s.until(lambda: "Exported 3 conversations" in s.told())
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {"cells.md", "cells-2.md", "verbs.md"}


async def test_what_was_exported_is_imported_somewhere_else(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    async with student().at_work() as s:
        await s.ask("How do cells get energy?")
        await choose(s, "4", path)
        await s.until(lambda: "Exported 1 conversation" in s.told())
    async with student(data=MemoryData()).at_work() as s:
        for told in ("Imported 1 conversation with 2 messages.", "nothing was added"):
            await s.app.chat.run_action("feature('import')")
            await s.until(lambda: "Which file shall be imported?" in s.shown())
            line = s.app.screen.query_one("PathInput")
            line.value = str(path)  # type: ignore[attr-defined]
            await s.pilot.press("enter")
            await s.until(lambda told=told: told in s.told())
        await s.until(lambda: "By ATP." in s.shown())


async def test_a_file_that_is_no_export_is_told_and_can_be_named_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Mitochondria")
    async with student().at_work() as s:
        await s.app.chat.run_action("feature('import')")
        await s.until(lambda: "Which file shall be imported?" in s.shown())
        line = s.app.screen.query_one("PathInput")
        for value, told in ((path, "can't be read in"), (tmp_path / "no.zip", "no.zip")):
            line.value = str(value)  # type: ignore[attr-defined]
            await s.pilot.press("enter")
            await s.until(lambda told=told: told in s.shown())
        await s.pilot.press("escape")
        await s.until(lambda: s.app.screen is s.app.chat)


async def test_before_anything_is_said_everything_alone_can_be_exported() -> None:
    async with student().at_work() as s:
        await s.pilot.press("alt+x")
        await s.until(lambda: "What shall be exported?" in s.shown())
        assert "1  Everything as JSON" in s.shown()
        assert "This conversation" not in s.shown()


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_the_choices_look_like(size: tuple[int, int], snapshot: object) -> None:
    async with student().at_work(size) as s:
        await s.ask("How do cells get energy?")
        await s.pilot.press("alt+x")
        await s.until(lambda: "What shall be exported?" in s.shown())
        assert steady(s) == snapshot
