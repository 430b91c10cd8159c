"""Conversations in order: renamed, pinned, put away, moved and deleted by key, and undone."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.messages import Conversation, Titled
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, steady

TITLES = ("Cells", "Verbs", "Loops")


def student(*, answers: int = 3) -> Student:
    """A student whose questions are answered with one word."""
    return Student(*(says("Yes.") for _ in range(answers)))


async def conversed(student: Student) -> None:
    """Have a conversation of each of the titles, and go to the list; the last is on screen."""
    for title in TITLES:
        await student.pilot.press("ctrl+n")
        await student.ask(title)
    await student.until(lambda: all(title in student.shown() for title in TITLES))
    await student.pilot.press("ctrl+o")
    await student.until(lambda: student.app.chat.sidebar.list.has_focus)


def heads(student: Student) -> dict[str, Conversation]:
    """The stored conversations by the titles they had first."""
    found = student.store.data.conversations.values()
    return dict(zip(TITLES, sorted(found, key=lambda head: head.created_at), strict=True))


def listed(student: Student) -> list[str]:
    """What the list shows from top to bottom, headings too."""
    return [str(option.prompt) for option in student.app.chat.sidebar.list.options]


async def test_a_conversation_is_renamed_in_the_list_and_no_model_renames_it() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down", "r")
        await s.until(lambda: "What shall it be called?" in s.shown())
        await s.pilot.press(*"Grammar", "enter")
        await s.until(lambda: "Grammar" in listed(s))
        assert heads(s)["Verbs"].title == "Grammar"
        assert heads(s)["Verbs"].titled is Titled.STUDENT
        assert s.app.chat.sidebar.list.has_focus


async def test_what_was_deleted_for_good_is_not_said_to_be_back() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down", "d")
        await s.until(lambda: "Deleted “Verbs”" in s.told())
        await s.store.delete(heads(s)["Verbs"].id)
        await s.pilot.press("u")
        await s.until(lambda: "“Verbs” was deleted for good meanwhile." in s.told())
        assert "is back" not in s.told()
        await s.pilot.press("u")
        await s.until(lambda: "nothing to undo" in s.told())


async def test_a_conversation_is_pinned_without_its_messages_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down")
        monkeypatch.setattr(s.store, "load", None)
        await s.pilot.press("asterisk")
        await s.until(lambda: listed(s)[:2] == ["Pinned", "Verbs"])
        monkeypatch.undo()


async def test_the_conversation_on_screen_is_renamed_from_the_prompt() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("f6", "alt+n")
        await s.until(lambda: "What shall it be called?" in s.shown())
        await s.pilot.press(*"Iteration", "enter")
        await s.until(lambda: s.view.session.head.title == "Iteration")


async def test_a_pinned_conversation_stands_above_newer_ones() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down", "down", "asterisk")
        await s.until(lambda: listed(s)[:2] == ["Pinned", "Cells"])
        await s.pilot.press("asterisk")
        await s.until(lambda: "Pinned" not in listed(s))


async def test_an_archived_one_is_out_of_the_list_and_comes_back() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down", "a")
        await s.until(lambda: "Verbs" not in listed(s))
        await s.pilot.press("f")
        await s.until(lambda: "Which conversations shall be listed?" in s.shown())
        await s.pilot.press("down", "enter")
        await s.until(lambda: listed(s)[:1] == ["Archived"] and "Verbs" in listed(s))
        await s.pilot.press("home", "a")
        await s.until(lambda: "Nothing is here." in listed(s))
        await s.pilot.press("f", "home", "enter")
        await s.until(lambda: "Verbs" in listed(s) and "Cells" in listed(s))


async def test_a_folder_is_made_by_moving_into_it_and_listed_by_itself() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("down", "m")
        await s.until(lambda: "Into which folder?" in s.shown())
        await s.pilot.press(*"French", "enter")
        await s.until(lambda: heads(s)["Verbs"].folder == "French")
        await s.pilot.press("f")
        await s.until(lambda: "Folder: French" in s.shown())
        await s.pilot.press("down", "enter")
        await s.until(lambda: listed(s)[0] == "French" and "Cells" not in listed(s))


async def test_a_deleted_conversation_is_gone_from_screen_and_list_and_comes_back_whole() -> None:
    async with student().at_work() as s:
        await conversed(s)
        before = await s.store.load(heads(s)["Loops"].id)
        assert before is not None
        await s.pilot.press("home", "delete")
        await s.until(lambda: "Loops" not in listed(s))
        assert s.view.session.head.title == "Verbs"
        assert "Deleted “Loops”" in s.told()
        await s.pilot.press("u")
        await s.until(lambda: "Loops" in listed(s))
        after = await s.store.load(before.head.id)
        assert after is not None
        assert after.messages == before.messages
        await s.until(lambda: s.view.session.head.title == "Loops")


async def test_the_last_conversation_that_is_deleted_leaves_a_new_one() -> None:
    async with student(answers=1).at_work() as s:
        await s.ask("Cells")
        await s.pilot.press("ctrl+o", "delete")
        await s.until(lambda: not s.view.session.messages)
        await s.pilot.press("alt+z")
        await s.until(lambda: bool(s.view.session.messages))


async def test_opening_a_deleted_conversation_brings_it_back() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("home", "delete")
        await s.until(lambda: "Loops" not in listed(s))
        await s.pilot.press("f", "end", "enter")
        await s.until(lambda: listed(s)[:1] == ["Deleted"] and "Loops" in listed(s))
        await s.pilot.press("home", "enter")
        await s.until(lambda: s.view.session.head.title == "Loops")
        assert heads(s)["Loops"].deleted_at is None


async def test_from_the_deleted_ones_it_is_deleted_for_good_after_a_question() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("home", "delete")
        await s.until(lambda: "Loops" not in listed(s))
        await s.pilot.press("f", "end", "enter")
        await s.until(lambda: "Loops" in listed(s))
        await s.pilot.press("home", "delete")
        await s.until(lambda: "for good?" in s.shown())
        await s.pilot.press("y")
        await s.until(lambda: "Nothing is here." in listed(s))
        assert len(s.store.data.conversations) == 2


async def test_in_an_empty_list_there_is_nothing_to_put_in_order() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("f", "end", "up", "enter")
        await s.until(lambda: listed(s)[:1] == ["Archived"])
        await s.pilot.press("d")
        await s.until(lambda: "Choose a conversation first." in s.told())
        assert all(head.deleted_at is None for head in s.store.data.conversations.values())
        await s.pilot.press("ctrl+n")
        await s.until(lambda: "Loops" in listed(s))


async def test_what_is_brought_back_from_the_list_leaves_the_keys_with_the_list() -> None:
    async with student().at_work() as s:
        await conversed(s)
        await s.pilot.press("home", "delete")
        await s.until(lambda: "Loops" not in listed(s))
        await s.pilot.press("u")
        await s.until(lambda: "Loops" in listed(s))
        await s.until(lambda: s.app.chat.sidebar.list.has_focus)


async def test_a_conversation_that_is_new_has_nothing_to_put_in_order() -> None:
    async with Student().at_work() as s:
        await s.pilot.press("alt+n")
        await s.until(lambda: "nothing is stored of it" in s.told())


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_choosing_a_folder_looks_like(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with student().at_work(size) as s:
        for title, folder in zip(TITLES, ("Biology", "French", ""), strict=True):
            await s.pilot.press("ctrl+n")
            await s.ask(title)
            head = s.view.session.head
            await s.store.arrange(head.id, pinned=False, archived=False, folder=folder)
        await s.pilot.press("ctrl+o", "m")
        await s.until(lambda: "Into which folder?" in s.shown())
        assert steady(s) == snapshot
