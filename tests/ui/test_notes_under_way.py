"""Notes that take their time: what is said of them, and what their screen costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.widgets import Input, OptionList

from studybuddy.domain.assistants import Note
from tests.support.run_scripts import Says, Script
from tests.support.scripted_assistants import ScriptedAssistants
from tests.ui.app_under_test import Student


class SlowReader(ScriptedAssistants):
    """Reads notes when the gate is open."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts)
        self.gate = asyncio.Event()

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        await self.gate.wait()
        return await super().add_note(assistant_id, path, on_progress)


async def add(student: Student, path: Path) -> None:
    await student.pilot.press("f5")
    await student.until(lambda: student.app.screen.query("#path"))
    student.app.screen.query_one("#path", Input).value = str(path)
    await student.pilot.press("enter")
    await student.until(lambda: not student.app.screen.query_one("#path", Input).value)


async def test_notes_that_are_still_read_are_told_beside_and_when_asking(tmp_path: Path) -> None:
    (tmp_path / "cells.md").write_text("Cells.")
    server = SlowReader([Says("Yes.")])
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await add(student, tmp_path / "cells.md")
        await student.pilot.press("escape")
        await student.until(lambda: "● Reading cells.md" in student.shown())
        await student.ask("Walls?")
        assert "still reading notes" in student.told()
        server.gate.set()
        await student.until(lambda: "● Reading" not in student.shown())


async def test_leaving_while_notes_are_read_asks_for_a_second_key(tmp_path: Path) -> None:
    (tmp_path / "cells.md").write_text("Cells.")
    async with Student(server=SlowReader()).at_work() as student:
        await student.in_assistant_mode()
        await add(student, tmp_path / "cells.md")
        await student.pilot.press("escape", "ctrl+q")
        await student.until(lambda: "Notes are still being read." in student.told())
        assert not student.app._exit
        await student.pilot.press("ctrl+q")
        assert student.app._exit


async def test_the_keys_and_the_edge_of_the_notes_stay_on_a_small_screen(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"note {number:02}.md").write_text("Cells.")
    server = ScriptedAssistants()
    async with Student(server=server).at_work((80, 24)) as student:
        await student.in_assistant_mode()
        await add(student, tmp_path)
        await student.until(lambda: "✓ note 00.md" in student.shown())
        assert "Esc closes" in student.shown()
        assert "╰" in student.shown().splitlines()[-3]


async def test_many_changes_are_drawn_as_one(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"note {number:02}.md").write_text("Cells.")
    server = ScriptedAssistants()
    async with Student(server=server).at_work((140, 40)) as student:
        await student.in_assistant_mode()
        await add(student, tmp_path)
        options = student.app.screen.query_one("#list", OptionList)
        await student.until(lambda: options.option_count == 40)
        assert server.requests.count("notes") < 10
