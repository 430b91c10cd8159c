"""Searching all conversations, and going to a hit."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import OptionList

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import Settings
from studybuddy.ui.screens import search
from tests.support.memory_search import MemorySearch
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, steady

LONG = "\n\n".join(f"Paragraph {n}." for n in range(60))


def student(*answers: str) -> Student:
    """A student whose conversations can be searched."""
    made = Student(*(says(answer) for answer in answers))
    made.app.services.search = lambda: MemorySearch(made.store)
    return made


async def find(s: Student, words: str) -> None:
    """Open the search and type words."""
    await s.pilot.press("ctrl+f")
    await s.until(lambda: "Find in all conversations" in s.shown())
    await s.pilot.press(*(character if character != " " else "space" for character in words))


async def test_a_hit_is_opened_in_its_conversation_and_marked() -> None:
    s = student("By respiration.", "It is conjugated.")
    async with s.at_work():
        await s.ask("How do cells get energy?")
        await s.pilot.press("ctrl+n")
        await s.ask("What is a verb?")
        await find(s, "respir")
        await s.until(lambda: "1 hit" in s.shown())
        await s.pilot.press("enter")
        await s.until(lambda: s.view.session.head.title == "How do cells get energy?")
        await s.until(lambda: s.view.transcript.chosen is not None)
        assert s.view.transcript.chosen is not None
        assert s.view.transcript.chosen.text == "By respiration."


async def test_a_hit_in_another_version_is_shown_in_that_version() -> None:
    s = student("By chemiosmosis.", "Like a tiny mill.")
    async with s.at_work():
        await s.ask("How is ATP made?")
        await s.pilot.press("ctrl+r")
        await s.until(lambda: "tiny mill" in s.shown())
        await s.until(lambda: not s.view.busy)
        await find(s, "chemiosmosis")
        await s.until(lambda: "1 hit" in s.shown())
        await s.pilot.press("enter")
        await s.until(lambda: "By chemiosmosis." in s.shown() and "1/2" in s.shown())


async def test_the_arrows_walk_through_hits_while_words_are_typed_on() -> None:
    s = student("Mitochondria.", "Mitosis.")
    async with s.at_work():
        await s.ask("First?")
        await s.pilot.press("ctrl+n")
        await s.ask("Second?")
        await find(s, "mito")
        await s.until(lambda: "2 hits" in s.shown())
        await s.pilot.press("down", *"s")
        await s.until(lambda: "1 hit" in s.shown())
        await s.pilot.press("enter")
        await s.until(lambda: s.view.session.head.title == "Second?")


async def test_the_cursor_stays_at_its_hit_while_messages_are_read_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "READ_ON", 0.01)
    s = student("Mitochondria.", "Mitosis.")
    found = MemorySearch(s.store)
    found.waiting = 9
    s.app.services.search = lambda: found
    async with s.at_work():
        await s.ask("First?")
        await s.pilot.press("ctrl+n")
        await s.ask("Second?")
        await find(s, "mito")
        await s.until(lambda: "2 hits" in s.shown())
        hits = s.app.screen.query_one("#hits", OptionList)
        before = hits.options[1].prompt
        await s.pilot.press("down")
        seen = hits.options[1]
        await s.until(lambda: hits.options[1] is not seen)  # it was looked for again
        assert hits.highlighted == 1
        assert hits.options[1].prompt == before


async def test_it_is_looked_for_again_by_one_timer_however_much_is_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "READ_ON", 60.0)
    s = student("Mitochondria.")
    found = MemorySearch(s.store)
    found.waiting = 9
    s.app.services.search = lambda: found
    async with s.at_work():
        await s.ask("First?")
        await find(s, "")
        for letter in "mito":
            await s.pilot.press(letter)
            await s.until(lambda: "1 hit" in s.shown())
            await s.settle()
        timers = [timer for timer in s.app.screen._timers if timer._interval == 60.0]
        assert len([timer for timer in timers if not timer._task.done()]) == 1  # type: ignore[union-attr]


async def test_what_was_looked_for_is_kept_also_where_nothing_was_opened() -> None:
    s = student("Mitochondria.")
    async with s.at_work():
        await s.ask("First?")
        await find(s, "mito")
        await s.until(lambda: "1 hit" in s.shown())
        await s.pilot.press("escape")
        await s.until(lambda: s.app.screen is s.app.chat)
        await s.pilot.press("ctrl+f")
        await s.until(lambda: "1 hit" in s.shown())


async def test_hits_have_numbers_where_a_screen_reader_reads_them() -> None:
    s = Student(says("Mitochondria."), says("Mitosis."), settings=Settings(screen_reader=True))
    s.app.services.search = lambda: MemorySearch(s.store)
    async with s.at_work():
        await s.ask("First?")
        await s.pilot.press("ctrl+n")
        await s.ask("Second?")
        await find(s, "mito")
        await s.until(lambda: "2 hits" in s.shown())
        assert "1. " in s.shown()
        assert "2. " in s.shown()


async def test_nothing_found_says_what_to_do_and_escape_leaves_everything_as_it_was() -> None:
    s = student("Yes.")
    async with s.at_work():
        await s.ask("First?")
        s.view.prompt.put("half a sent")
        await find(s, "zebra")
        await s.until(lambda: "Nothing was found." in s.shown())
        await s.pilot.press("enter", "escape")
        await s.until(lambda: s.app.screen is s.app.chat)
        assert s.view.prompt.text == "half a sent"


async def test_a_filter_narrows_the_hits_down() -> None:
    s = student("Yes.", "Yes.")
    async with s.at_work():
        await s.ask("Cells in biology?")
        await s.in_assistant_mode()
        await s.ask("Cells in prisons?")
        await find(s, "cells")
        await s.until(lambda: "2 hits" in s.shown())
        await s.pilot.press("tab", "enter", "down", "enter")
        await s.until(lambda: "1 hit" in s.shown())
        assert "Cells in biology?" in s.shown()


async def test_a_folder_with_brackets_in_its_name_is_a_filter_like_any_other() -> None:
    s = student("Yes.")
    async with s.at_work():
        await s.ask("Cells?")
        head = s.view.session.head
        await s.store.arrange(head.id, pinned=False, archived=False, folder="[/red] Biology [1]")
        await find(s, "cell")
        await s.until(lambda: "hit" in s.shown())
        await s.pilot.press("tab", "tab", "tab", "tab", "enter")
        await s.until(lambda: "[/red] Biology [1]" in s.shown())


async def test_a_disk_that_fails_is_told() -> None:
    s = student("Yes.")
    async with s.at_work():
        await s.ask("First?")
        await find(s, "fir")
        await s.until(lambda: "hit" in s.shown())
        s.store.failing = Problem(ProblemKind.STORAGE, "The disk is asleep.")
        await s.pilot.press("s")
        await s.until(lambda: "The disk is asleep." in s.shown())
        s.store.failing = None


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    s = student(f"Cells make ATP.\n\n{LONG}", "Prisons have cells, too.")
    async with s.at_work(size):
        await s.ask("How do cells get energy?")
        await s.pilot.press("ctrl+n")
        await s.ask("Where else are there cells?")
        await find(s, "cell")
        await s.until(lambda: " hits" in s.shown())
        assert steady(s) == snapshot
