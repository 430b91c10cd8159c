"""Asking again and differently, versions, deleting and undoing, by key."""

from __future__ import annotations

import asyncio

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import Key

from studybuddy.domain.events import TextDelta
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.variations import SIMPLER
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, steady


def texts(student: Student) -> list[str]:
    """The messages of the shown branch, as the transcript has them."""
    return [message.text for message in student.view.transcript.messages]


async def stored(student: Student) -> dict[str, Message]:
    """All messages of the conversation on disk."""
    return {m.id: m for m in await student.store.tree(student.view.session.head.id)}


async def over(student: Student) -> None:
    """Wait for the end of the turn, and for the transcript to be as it was left."""
    await student.until(lambda: student.view.turn is not None and student.view.turn.over)
    await student.settle()


async def differently(student: Student, choice: str) -> None:
    """Ask the last question again, in the way of that number."""
    await student.pilot.press("alt+r")
    await student.until(lambda: "How shall it be answered?" in student.shown())
    before = student.view.turn
    await student.pilot.press(choice)
    await student.until(lambda: student.view.turn is not before)
    await over(student)


async def test_a_simpler_answer_stands_beside_the_first_and_both_are_walked_to() -> None:
    student = Student(says("By chemiosmosis."), says("Like a tiny mill."))
    async with student.at_work():
        await student.ask("How is ATP made?")
        await differently(student, "1")
        assert texts(student) == ["How is ATP made?", "Like a tiny mill."]
        assert "2/2" in student.shown()
        assert "simpler" in student.shown()
        assert any(SIMPLER.instruction in t for _, t in student.provider.requests[-1].messages)
        await student.pilot.press("alt+left")
        await student.until(lambda: texts(student)[-1] == "By chemiosmosis.")
        assert "1/2" in student.shown()
        await student.pilot.press("alt+right")
        await student.until(lambda: texts(student)[-1] == "Like a tiny mill.")
        await student.pilot.press("alt+right")
        await student.until(lambda: "there is none after it" in student.told())


async def test_it_can_be_said_in_ones_own_words() -> None:
    student = Student(says("By chemiosmosis."), says("Por quimiosmosis."))
    async with student.at_work():
        await student.ask("How is ATP made?")
        await student.pilot.press("alt+r")
        await student.until(lambda: "How shall it be answered?" in student.shown())
        await student.pilot.press("tab", *"in Spanish".replace(" ", "_"), "enter")
        await student.until(lambda: texts(student)[-1] == "Por quimiosmosis.")
        asked = student.provider.requests[-1].messages
        assert any("in_Spanish" in text for _, text in asked)


async def test_another_model_answers_this_once() -> None:
    student = Student(says("By chemiosmosis."), says("I am another."))
    async with student.at_work():
        await student.ask("How is ATP made?")
        await student.pilot.press("alt+r", "6")
        await student.until(lambda: "Which model shall answer this once?" in student.shown())
        await student.pilot.press(*"other-model", "enter")
        await student.until(lambda: texts(student)[-1] == "I am another.")
        assert student.provider.requests[-1].model == "other-model"
        assert student.desk.endpoint is not None
        assert student.desk.endpoint.model != "other-model"


async def test_an_earlier_question_is_edited_and_what_followed_it_is_one_key_away() -> None:
    student = Student(says("One."), says("Two."), says("Another one."))
    async with student.at_work():
        await student.ask("First?")
        await student.ask("Second?")
        await student.pilot.press("f6", "up", "up", "up", "up")
        assert student.view.transcript.chosen is not None
        assert student.view.transcript.chosen.text == "First?"
        await student.pilot.press("e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.pilot.press(*"Really", "enter")
        await student.until(lambda: texts(student)[-1] == "Another one.")
        assert texts(student) == ["First?Really", "Another one."]
        assert len(await stored(student)) == 6
        await student.settle()
        await student.pilot.press("g", "left")
        await student.until(lambda: texts(student) == ["First?", "One.", "Second?", "Two."])


async def test_editing_that_is_left_changes_nothing() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        await student.pilot.press("alt+e")
        await student.until(lambda: "Ask it in other words" in student.shown())
        await student.pilot.press("x", "escape", "escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert texts(student) == ["First?", "One."]
        assert len(student.provider.requests) == 1


async def test_a_cut_answer_goes_on_where_it_ended() -> None:
    student = Student(says("One, two,", "length"), says(" three."))
    async with student.at_work():
        await student.ask("Count.")
        await student.pilot.press("alt+c")
        await student.until(lambda: "One, two, three." in texts(student)[-1])
        await over(student)
        assert "2/2" in student.shown()
        await student.pilot.press("alt+left")
        await student.until(lambda: texts(student)[-1] == "One, two,")


async def test_a_whole_answer_does_not_go_on() -> None:
    async with Student(says("Done.")).at_work() as student:
        await student.ask("Count.")
        await student.pilot.press("alt+c")
        await student.until(lambda: "there is nothing to go on with" in student.told())
        assert len(student.provider.requests) == 1


async def test_what_is_deleted_comes_back_where_it_was() -> None:
    student = Student(says("One."), says("Two."))
    async with student.at_work():
        await student.ask("First?")
        await student.ask("Second?")
        await student.pilot.press("f6", "up", "up", "up", "up", "delete")
        await student.until(lambda: texts(student) == ["Second?", "Two."])
        assert "brings it back" in student.told()
        assert len(await stored(student)) == 4
        await student.pilot.press("u")
        await student.until(lambda: texts(student) == ["First?", "One.", "Second?", "Two."])
        await student.pilot.press("u")
        await student.until(lambda: "nothing to undo" in student.told())


async def test_a_deleted_answer_is_not_sent_any_more() -> None:
    student = Student(says("Wrong."), says("Two."))
    async with student.at_work():
        await student.ask("First?")
        await student.pilot.press("f6", "up", "d")
        await student.until(lambda: texts(student) == ["First?"])
        await student.pilot.press("f6")
        await student.ask("Second?")
        assert all(text != "Wrong." for _, text in student.provider.requests[-1].messages)


async def test_where_nothing_comes_of_a_second_try_the_first_answer_is_shown() -> None:
    trouble = Problem(ProblemKind.BAD_REQUEST, "It does not want to.")
    student = Student(says("One."), [trouble])
    async with student.at_work():
        await student.ask("First?")
        await differently(student, "5")
        assert texts(student) == ["First?", "One."]
        assert "It does not want to." in student.shown()
        assert "What was answered before is shown again." in student.shown()
        assert student.view.prompt.text == ""


async def test_nothing_is_walked_or_deleted_while_an_answer_comes() -> None:
    gate = asyncio.Event()
    student = Student(says("One."), [TextDelta("Slow"), gate, *says(" down.")])
    async with student.at_work():
        await student.ask("First?")
        student.view.prompt.put("Second?")
        await student.pilot.press("enter")
        await student.until(lambda: "Slow" in student.shown())
        await student.pilot.press("f6", "up", "up", "d", "e", "alt+left", "alt+r")
        await student.settle()
        assert student.app.screen is student.app.chat
        gate.set()
        await over(student)
        assert texts(student) == ["First?", "One.", "Second?", "Slow down."]


def alt(letter: str) -> Key:
    """Alt and a letter, as terminals without the kitty protocol send them."""
    return Key(f"alt+{letter}", letter)


async def test_a_key_with_alt_is_no_letter_and_says_why_it_does_nothing() -> None:
    gate = asyncio.Event()
    student = Student([TextDelta("Slow"), gate, *says(" down.")])
    async with student.at_work():
        student.app.post_message(alt("e"))
        await student.until(lambda: "Nothing was said here yet." in student.told())
        student.view.prompt.put("First?")
        await student.pilot.press("enter")
        await student.until(lambda: "Slow" in student.shown())
        student.app.post_message(alt("r"))
        await student.until(lambda: "An answer is being written" in student.told())
        assert student.view.prompt.text == ""
        gate.set()
        await over(student)
        student.app.post_message(alt("r"))
        await student.until(lambda: "How shall it be answered?" in student.shown())


async def test_nothing_said_yet_leaves_nothing_to_rework() -> None:
    async with Student().at_work() as student:
        await student.pilot.press("alt+r", "alt+e", "alt+c", "alt+left", "alt+d", "alt+z")
        await student.settle()
        assert student.app.screen is student.app.chat


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_two_versions_are_read_side_by_side(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    student = Student(says("It is made by **chemiosmosis**."), says("Like a tiny mill."))
    async with student.at_work(size):
        await student.ask("How is ATP made?")
        await differently(student, "1")
        await student.pilot.press("alt+d")
        await student.until(lambda: "Version 1 of 2" in student.shown())
        assert "chemiosmosis" in student.shown()
        assert "Like a tiny mill." in student.shown()
        assert steady(student) == snapshot
        await student.pilot.press("tab", "enter")
        await student.until(
            lambda: (
                texts(student)[-1] == "It is made by chemiosmosis."
                or "**chemiosmosis**" in texts(student)[-1]
            )
        )


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_the_ways_to_answer_look_like(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    async with Student(says("One.")).at_work(size) as student:
        await student.ask("First?")
        await student.pilot.press("alt+r")
        await student.until(lambda: "How shall it be answered?" in student.shown())
        assert steady(student) == snapshot


async def test_long_versions_are_read_from_their_beginning() -> None:
    long = "\n\n".join(f"Paragraph {number}." for number in range(60))
    student = Student(says(f"First. {long}"), says(f"Second. {long}"))
    async with student.at_work((80, 24)):
        await student.ask("Tell me all.")
        await differently(student, "5")
        await student.pilot.press("alt+d")
        await student.until(lambda: "First." in student.shown() and "Second." in student.shown())


async def test_in_assistant_mode_it_works_alike() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.ask("First?")
        first = texts(student)[-1]
        await differently(student, "1")
        assert [m.role for m in student.view.transcript.messages] == [Role.USER, Role.ASSISTANT]
        assert "2/2" in student.shown()
        await student.pilot.press("alt+left")
        await student.until(lambda: "1/2" in student.shown())
        assert texts(student)[-1] == first
