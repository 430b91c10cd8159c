"""Exporting and importing in the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studybuddy.storage.archive import FileArchive
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
