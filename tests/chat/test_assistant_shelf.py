"""The shelf of assistants: presets, copies, notes and folders."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from studybuddy.chat.assistant_shelf import AT_ONCE, AssistantShelf, FolderProgress, free_name
from studybuddy.chat.folders import LARGEST, folder_notes
from studybuddy.domain.assistants import AssistantSpec, Tool
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.study.presets import PRESETS, STUDY_BUDDY
from studybuddy.study.quiz import DISPLAY_QUIZ
from tests.support.scripted_assistants import DOWN, ScriptedAssistants


def shelf_on(server: ScriptedAssistants) -> AssistantShelf:
    async def connect() -> ScriptedAssistants:
        return server

    return AssistantShelf(connect)


@pytest.fixture
async def server() -> ScriptedAssistants:
    return ScriptedAssistants()


async def names(shelf: AssistantShelf) -> list[str]:
    return [assistant.spec.name for assistant in await shelf.list()]


async def test_an_empty_server_gets_the_presets_once(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    expected = [spec.name for spec in PRESETS]
    lists = await asyncio.gather(*(names(shelf) for _ in range(3)))
    assert lists == [expected] * 3
    assert await names(shelf_on(server)) == expected
    assert len(server.shelf) == len(PRESETS)


async def test_a_deleted_preset_stays_deleted(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    first = (await shelf.list())[0]
    await shelf.delete(first.id)
    assert first.spec.name not in await names(shelf)
    assert first.spec.name not in await names(shelf_on(server))


async def test_making_the_presets_goes_on_where_it_broke_off(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    server.failures["create_assistant"].append(DOWN)
    with pytest.raises(StudyBuddyError):
        await shelf.list()
    assert len(await shelf.list()) == len(PRESETS)


async def test_presets_come_first_and_ones_own_by_name(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    await shelf.list()
    for name in ("zoology", "Algebra"):
        await shelf.create(AssistantSpec(name))
    assert await names(shelf) == [*(spec.name for spec in PRESETS), "Algebra", "zoology"]


async def test_a_copy_is_ones_own_under_a_free_name(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    preset = (await shelf.list())[0]
    copies = [await shelf.duplicate(preset) for _ in range(2)]
    assert [copy.spec.name for copy in copies] == ["Study Buddy copy", "Study Buddy copy 2"]
    assert {copy.spec.preset for copy in copies} == {""}
    assert copies[0].spec.instructions == preset.spec.instructions


def test_a_free_name_is_never_taken() -> None:
    assert free_name("A", {"A", "A copy", "A copy 2"}) == "A copy 3"


async def test_an_assistant_is_found_by_id_then_by_name_and_the_first_for_none(
    server: ScriptedAssistants,
) -> None:
    shelf = shelf_on(server)
    tutor = (await shelf.list())[1]
    assert await shelf.resolve(tutor.id, "anything") == tutor
    assert await shelf.resolve("asst_gone", tutor.spec.name) == tutor
    assert await shelf.resolve("asst_gone", "gone too") is None
    first = await shelf.resolve("", "")
    assert first is not None
    assert first.spec == STUDY_BUDDY


def test_the_presets_have_their_tools() -> None:
    tools = {spec.name: spec.tools for spec in PRESETS}
    both = {Tool.FILE_SEARCH, Tool.CODE_INTERPRETER}
    assert tools == {
        "Study Buddy": both,
        "Math Tutor": {Tool.CODE_INTERPRETER},
        "PostgreSQL Expert": both,
    }
    assert STUDY_BUDDY.functions == (DISPLAY_QUIZ,)
    assert len({spec.preset for spec in PRESETS}) == len(PRESETS)


async def test_a_folders_notes_are_added_and_what_fails_is_told(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    for name in ("a.md", "deep/b.pdf", "deep/bad.pdf", "c.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text")
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    server.unreadable["bad.pdf"] = "It has no text."
    told: list[FolderProgress] = []
    report = await shelf.add_folder(assistant.id, tmp_path, told.append)
    assert [note.name for note in report.added] == ["a.md", "c.py", "b.pdf"]
    assert [(one.path.name, one.reason) for one in report.failed] == [
        ("bad.pdf", "It has no text.")
    ]
    assert told[-1].done == told[-1].total == 4
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert {note.name for note in await shelf.notes(assistant.id)} == {
        "a.md",
        "b.pdf",
        "bad.pdf",
        "c.py",
    }


async def test_a_file_that_is_there_already_is_not_sent_again(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    path = tmp_path / "cells.md"
    path.write_text("A cell is small.")
    os.utime(path, (1, 1))
    first = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    again = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    report = await shelf.add_folder(assistant.id, tmp_path, lambda progress: None)
    assert [first, first] == [again, *report.added]
    assert await shelf.notes(assistant.id) == [first]


async def test_a_file_that_was_changed_takes_the_place_of_its_older_self(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    path = tmp_path / "cells.md"
    path.write_text("A cell is small.")
    old = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    path.write_text("A cell is the smallest unit of life.")
    new = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    assert new.file_id != old.file_id
    assert await shelf.notes(assistant.id) == [new]


async def test_files_of_one_name_in_a_folder_are_all_kept(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    for week in ("week 1", "week 2"):
        (tmp_path / week).mkdir()
        (tmp_path / week / "notes.md").write_text(f"This was {week}, or a little later.")
        os.utime(tmp_path / week / "notes.md", (1, 1))
    for _ in range(2):
        report = await shelf.add_folder(assistant.id, tmp_path, lambda progress: None)
        assert len(report.added) == 2
    assert len(await shelf.notes(assistant.id)) == 2


async def test_a_file_of_the_same_name_from_elsewhere_is_added_beside(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    for folder, text in (("bio", "A cell is small."), ("chem", "An acid gives protons.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "notes.md").write_text(text)
        await shelf.add_note(assistant.id, tmp_path / folder / "notes.md", lambda sent, size: None)
    assert [note.name for note in await shelf.notes(assistant.id)] == ["notes.md", "notes.md"]


async def test_a_note_that_was_made_elsewhere_is_never_replaced(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    path = tmp_path / "cells.md"
    path.write_text("A cell is small.")
    theirs = await server.add_note(assistant.id, path, lambda sent, size: None)
    server.forget_source(assistant.id, theirs.file_id)
    path.write_text("A cell is the smallest unit of life.")
    ours = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    found = {note.file_id for note in await shelf.notes(assistant.id)}
    assert found == {theirs.file_id, ours.file_id}


async def test_a_file_that_came_back_as_it_was_long_ago_is_sent(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    path = tmp_path / "cells.md"
    path.write_text("A cell is small.")
    await shelf.add_note(assistant.id, path, lambda sent, size: None)
    path.write_text("A cell is large.")
    os.utime(path, (1, 1))
    new = await shelf.add_note(assistant.id, path, lambda sent, size: None)
    assert server.pages == {new.file_id: ["A cell is large."]}


async def test_a_folder_goes_on_after_a_request_that_failed(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    server.failures["add_note"].append(DOWN)
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    report = await shelf.add_folder(assistant.id, tmp_path, lambda progress: None)
    assert (len(report.added), [one.reason for one in report.failed]) == (2, [str(DOWN)])


async def test_only_so_many_files_are_sent_at_once(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text("text")
    under_way = most = 0
    all_there = asyncio.Event()

    class Slow(ScriptedAssistants):
        async def add_note(self, *args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            if under_way == AT_ONCE:
                all_there.set()
            await asyncio.wait_for(all_there.wait(), 20)
            note = await super().add_note(*args, **kwargs)
            under_way -= 1
            return note

    server = Slow()
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    await shelf.add_folder(assistant.id, tmp_path, lambda progress: None)
    assert most == AT_ONCE


async def test_a_folder_that_is_not_there_is_told(
    server: ScriptedAssistants, tmp_path: Path
) -> None:
    shelf = shelf_on(server)
    assistant = (await shelf.list())[0]
    with pytest.raises(StudyBuddyError, match="can't be read"):
        await shelf.add_folder(assistant.id, tmp_path / "none", lambda progress: None)


def test_hidden_foreign_empty_and_huge_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("notes.md", ".hidden.md", "film.mp4", ".git/a.md", "node_modules/b.md", "UP.PDF"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text")
    (tmp_path / "empty.txt").touch()
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(LARGEST + 1)
    (tmp_path / "link.md").symlink_to(tmp_path / "notes.md")
    found = folder_notes(tmp_path)
    assert [path.name for path in found.files] == ["UP.PDF", "notes.md"]
    assert {one.path.name: one.reason for one in found.passed_over} == {
        "empty.txt": "it is empty",
        "huge.txt": "it is larger than 50 MB",
    }


async def test_who_was_listed_is_known_without_asking_again(server: ScriptedAssistants) -> None:
    shelf = shelf_on(server)
    assert shelf.known("", "") is None
    first, second, *_ = await shelf.list()
    asked = len(server.requests)
    assert shelf.known(second.id) == second
    assert shelf.known("", "") == first
    assert len(server.requests) == asked
