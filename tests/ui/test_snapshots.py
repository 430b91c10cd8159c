"""What the screens look like: the characters on them, at the sizes that matter.

Colours are left out: they are the theme's, and Textual's SVG changes from one release to another.
Update with `pytest tests/ui/test_snapshots.py --snapshot-update`, and look at the difference.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Citation, FunctionCall, Hit
from studybuddy.domain.settings import Settings
from tests.support.run_scripts import Requires, RunsCode, Says, Searches
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import MemorySetup, Student

ANSWER = """\
A **hash table** finds a value by its *key*.

1. Hash the key.
2. Look in the slot.

```python
ages = {"Ada": 36}
```

| find | keep order |
| --- | --- |
| fast | no |

> Look it up by [name](https://example.org).
"""
SIZES = [(80, 24), (140, 40)]


def picture(student: Student) -> str:
    """The screen's text, with what depends on the clock made the same each time."""
    text = re.sub(r"Answered in \d+\.\d s( · \d+ tokens/s)?", "Answered in N s", student.shown())
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_conversation(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student().at_work(size) as student:
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_an_answer(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student(says(ANSWER)).at_work(size) as student:
        await student.ask("What is a hash table?")
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_a_failure(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    refused = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Press F12.")
    async with Student([refused]).at_work(size) as student:
        await student.ask("Hello?")
        await student.until(lambda: "draft" in student.shown())
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_run(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student(endpoint=None, setup=MemorySetup(found=())).at_work(size) as student:
        await student.until(lambda: "No model server runs" in student.shown())
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_help(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student().at_work(size) as student:
        await student.pilot.press("f1")
        await student.settle()
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_model_picker(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student().at_work(size) as student:
        await student.pilot.press("f4")
        await student.until(lambda: "1 model" in student.shown())
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_assistant_mode(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student().at_work(size) as student:
        await student.in_assistant_mode()
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_the_assistant_editor(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Student().at_work(size) as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "e")
        await student.until(lambda: "Edit Study Buddy" in student.shown())
        await student.counted()
        assert picture(student) == snapshot


def listed(student: Student, name: str) -> bool:
    return name in student.shown().partition("Add a file")[0]


@pytest.mark.parametrize("size", SIZES)
async def test_the_notes(
    size: tuple[int, int], snapshot: SnapshotAssertion, tmp_path: Path
) -> None:
    (tmp_path / "biology.md").write_text("Cells have walls.")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    student = Student()
    student.server.unreadable["scan.pdf"] = "There is no text in this PDF: it may be a scan."
    async with student.at_work(size):
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.until(lambda: "No notes yet" in student.shown())
        for name in ("biology.md", "scan.pdf"):
            student.app.screen.query_one("#path", Input).value = str(tmp_path / name)
            await student.pilot.press("enter")
            await student.until(partial(listed, student, name))
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_with_its_steps(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    wall = "Plant cells have a wall of cellulose."
    text = "Plant cells have a **wall**【1】; animal cells have none."
    citation = Citation(text.index("【"), text.index("】") + 1, "f", "biology.pdf", wall, page=3)
    server = ScriptedAssistants(
        [
            Searches((Hit("f", "biology.pdf", wall, 0.92), Hit("g", "notes.md", "None.", 0.4))),
            RunsCode("print(6 * 7)", "42\n"),
            Says(text, citations=(citation,)),
        ]
    )
    async with Student(server=server).at_work(size) as student:
        await student.in_assistant_mode()
        await student.ask("What has a wall?")
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "Ran code" in student.shown())
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_threads_under_way_one_waiting(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    question = {"question_text": "Why?", "question_type": "FREE_RESPONSE"}
    arguments = json.dumps({"title": "Cells", "questions": [question]})
    quiz = Requires((FunctionCall("call", "display_quiz", arguments),))
    gate = asyncio.Event()
    server = ScriptedAssistants(
        [gate, Says("Ready.")], [asyncio.Event()], [Says("Begun"), asyncio.Event()], [quiz]
    )
    still = Settings(reduced_motion=True)
    async with Student(server=server, settings=still).at_work(size) as student:
        await student.in_assistant_mode()
        for text in ("Done?", "Queued?", "Working?", "Waiting?"):
            student.view.prompt.put(text)
            await student.pilot.press("enter")
            await student.until(lambda: student.view.turn is not None)
            if text != "Waiting?":
                await student.pilot.press("ctrl+n")
        await student.until(lambda: "Why?" in student.shown())
        await student.pilot.press("escape", "ctrl+o")
        await student.until(lambda: "Waiting for you: a quiz" in student.shown())
        gate.set()
        await student.until(lambda: "✓ Done?" in student.shown())
        await student.counted()
        assert picture(student) == snapshot
